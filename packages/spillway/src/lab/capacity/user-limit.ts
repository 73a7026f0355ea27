import { readFileSync } from 'node:fs';
import { createPipe, type Pipe } from '../../pipe/index.js';
import { pageBytes } from '../../system/index.js';
import { becomeOverflowUser, resultOf } from '../bench/index.js';
import type { Experiment } from '../experiment.js';
import { CannotRun } from '../notes.js';

const SOFT_LIMIT = '/proc/sys/fs/pipe-user-pages-soft';
const MOST_PIPES = 400;

export const userLimit: Experiment = {
  name: 'user-limit',
  group: 'capacity',
  question: 'What does a user get who already has very many pipes?',
  steps: [
    'become a user without privileges',
    'make pipes of 1 MiB until the user has pipe-user-pages-soft pages in all of them',
    'make one more, and ask for 1 MiB for it',
  ],
  expected: 'A pipe of two pages (of one before Linux 5.14), and EPERM for more.',
  source: 'pipe(7), "/proc/sys/fs/pipe-user-pages-soft" (since Linux 4.5)',
  follows: 'With a thousand children and more, pipes may hold 8 KiB: nothing may rely on 64 KiB being there.',
  perform(notes) {
    const limit = softLimit();
    if (limit === 0) throw new CannotRun(`${SOFT_LIMIT} is 0: there is no limit here`);
    // As an ordinary user this would give the user's other programs small pipes meanwhile.
    becomeOverflowUser('other programs of this user would get small pipes meanwhile');
    const pipes: Pipe[] = [];
    try {
      for (;;) {
        const pipe = createPipe();
        pipes.push(pipe);
        const { capacity = 0 } = pipe.reader;
        if (capacity < 16 * pageBytes()) {
          notes.check('the next pipe', ['8,192', '4,096'], capacity);
          notes.check(
            '1 MiB for it',
            'EPERM',
            resultOf(() => pipe.reader.setCapacity(1_048_576)),
          );
          notes.figure('the limit, in pages', limit);
          notes.figure('pipes until then', pipes.length - 1);
          return;
        }
        if (pipes.length === MOST_PIPES) throw new CannotRun(`no limit is felt with ${MOST_PIPES} pipes`);
        resultOf(() => pipe.reader.setCapacity(1_048_576));
      }
    } finally {
      for (const { reader, writer } of pipes) {
        reader.close();
        writer.close();
      }
    }
  },
};

function softLimit(): number {
  try {
    return Number(readFileSync(SOFT_LIMIT, 'utf8'));
  } catch (error) {
    throw new CannotRun(`the limit cannot be read: ${(error as Error).message}`);
  }
}
