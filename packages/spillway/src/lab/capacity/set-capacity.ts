import { readFileSync } from 'node:fs';
import { createPipe, type ReadEnd } from '../../pipe/index.js';
import { pageBytes } from '../../system/index.js';
import { requireSettable, resultOf, withoutPrivilege } from '../bench/index.js';
import type { Experiment } from '../experiment.js';
import { figure } from '../notes.js';

const LIMIT = '/proc/sys/fs/pipe-max-size';

export const setCapacity: Experiment = {
  name: 'set-capacity',
  group: 'capacity',
  question: 'What capacity does a pipe get when it is asked for one?',
  steps: [
    'ask for one byte, for one more than a page, for 100,000 bytes',
    'ask for pipe-max-size and for more, with and without root’s privileges',
    'ask for less than is in the pipe',
  ],
  expected:
    'Rounded up to a power of two of pages; EPERM above pipe-max-size without CAP_SYS_RESOURCE; EBUSY ' +
    'below what is in the pipe.',
  source: 'fcntl(2), F_SETPIPE_SZ; pipe(7), "/proc/sys/fs/pipe-max-size"',
  relied: 'the option `pipeCapacity`, and pipes that are enlarged once much has gone through them',
  follows: 'A larger pipe delays a deadlock and does not prevent it: see the experiment pipesize.',
  async perform(notes) {
    requireSettable();
    const page = pageBytes();
    const tried = (bytes: number) => withPipe((end) => resultOf(() => end.setCapacity(bytes)));
    notes.check('1 byte', page, tried(1));
    notes.check('a page and one byte', 2 * page, tried(page + 1));
    notes.check('100,000 bytes', 131_072, tried(100_000));
    const limit = limitOf();
    const above = limit * 2;
    notes.check(`pipe-max-size, ${figure(limit)} bytes`, limit, tried(limit));
    await notes.attempt(`${figure(above)} bytes, without privilege`, 'EPERM', () => {
      const seen = withoutPrivilege(() => tried(above));
      notes.check(`${figure(above)} bytes, without privilege`, 'EPERM', seen);
    });
    const withPrivilege = tried(above);
    const what = `${figure(above)} bytes, with CAP_SYS_RESOURCE`;
    // Root in a container is not always root to the kernel.
    if (withPrivilege === 'EPERM')
      notes.cannot(what, above, 'this process does not have CAP_SYS_RESOURCE in the first user namespace');
    else notes.check(what, above, withPrivilege);
    const { reader, writer } = createPipe();
    writer.write(Buffer.alloc(2 * page));
    notes.check(
      'one page, with two pages in the pipe',
      'EBUSY',
      resultOf(() => reader.setCapacity(page)),
    );
    notes.check(
      'two pages, with two pages in it',
      2 * page,
      resultOf(() => reader.setCapacity(2 * page)),
    );
    reader.close();
    writer.close();
  },
};

function withPipe<T>(act: (end: ReadEnd) => T): T {
  const { reader, writer } = createPipe();
  try {
    return act(reader);
  } finally {
    reader.close();
    writer.close();
  }
}

function limitOf(): number {
  try {
    return Number(readFileSync(LIMIT, 'utf8'));
  } catch {
    // The default; without /proc it cannot be read.
    return 1_048_576;
  }
}
