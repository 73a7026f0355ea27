import { createPipe } from '../../pipe/index.js';
import { run } from '../../run/index.js';
import { need, writeWord } from '../bench/index.js';
import type { Experiment } from '../experiment.js';

/** cat has SIGPIPE ignored, and says what write tells it. */
const IGNORED = 'trap "" PIPE; exec cat /dev/zero';

export const noReader: Experiment = {
  name: 'no-reader',
  group: 'reading',
  question: 'What happens to a writer whose readers are all gone?',
  steps: [
    'close the read end of a pipe',
    'write in this process, where Node ignores SIGPIPE',
    'have cat write to it, with SIGPIPE at its default and ignored',
  ],
  expected: 'SIGPIPE, which ends it by default; EPIPE from write where the signal is ignored.',
  source: 'POSIX write(), EPIPE; pipe(7); signal(7)',
  relied: 'a child that has closed its stdin is no error; children get SIGPIPE at its default',
  follows: '`yes | head -1` ends because of it. A child that inherits "ignored" goes on without a reader.',
  async perform(notes) {
    {
      const { reader, writer } = createPipe();
      writer.write(Buffer.from('unread'));
      reader.close();
      notes.check('write, SIGPIPE ignored', 'EPIPE', writeWord(writer.write(Buffer.from('x'))));
      writer.close();
    }
    need('sh', 'cat');
    const end = async (file: string, args: readonly string[]) => {
      const { reader, writer } = createPipe();
      reader.close();
      const stdout = writer.descriptor;
      const { signal, exitCode } = await run(file, args, { stdout, check: false });
      writer.close();
      return signal ?? `exits with ${exitCode === 0 ? 0 : 'an error'}`;
    };
    notes.check('cat, SIGPIPE at its default', 'SIGPIPE', await end('cat', ['/dev/zero']));
    notes.check('cat, SIGPIPE ignored', 'exits with an error', await end('sh', ['-c', IGNORED]));
  },
};
