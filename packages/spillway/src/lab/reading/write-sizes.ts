import { createPipe, PIPE_BUF, type Pipe } from '../../pipe/index.js';
import { start } from '../../run/index.js';
import { drain, fill, need, sleepOf, turn, writeWord } from '../bench/index.js';
import type { Experiment } from '../experiment.js';

export const writeSizes: Experiment = {
  name: 'write-sizes',
  group: 'reading',
  question: 'How much does a write take, with and without O_NONBLOCK, up to PIPE_BUF bytes and above?',
  steps: [
    'fill a pipe but for one page, and write PIPE_BUF + 1 bytes and more with O_NONBLOCK',
    'fill it but for less than PIPE_BUF bytes, and write PIPE_BUF bytes with O_NONBLOCK',
    'have dd write both sizes without O_NONBLOCK to a pipe that is full, and read it',
  ],
  expected:
    'Blocking: all. O_NONBLOCK and n ≤ PIPE_BUF: all or EAGAIN. O_NONBLOCK and n > PIPE_BUF: as much as ' +
    'fits, or EAGAIN when nothing does.',
  source: 'POSIX write(); pipe(7), "PIPE_BUF", the four cases',
  relied: 'frames of channels, and `writeAtomic`: PIPE_BUF bytes are written as a whole or not at all',
  follows:
    'After a short write the rest is still to be written; up to PIPE_BUF bytes there is no short write.',
  async perform(notes) {
    const many = 3 * PIPE_BUF;
    const partial = withRoom(PIPE_BUF);
    const wrote = partial.writer.write(Buffer.alloc(many));
    notes.check(`O_NONBLOCK, ${many} bytes, room for ${PIPE_BUF}`, `${PIPE_BUF} bytes`, writeWord(wrote));
    notes.check(
      `O_NONBLOCK, ${many} bytes, no room`,
      'EAGAIN',
      writeWord(partial.writer.write(Buffer.alloc(many))),
    );
    close(partial);
    const roomy = withRoom(PIPE_BUF);
    const all = writeWord(roomy.writer.write(Buffer.alloc(PIPE_BUF)));
    notes.check(`O_NONBLOCK, ${PIPE_BUF} bytes, room for them`, `${PIPE_BUF} bytes`, all);
    notes.check(
      `O_NONBLOCK, ${PIPE_BUF} bytes, no room`,
      'EAGAIN',
      writeWord(roomy.writer.write(Buffer.alloc(PIPE_BUF))),
    );
    close(roomy);
    // The last page has 96 bytes, into which a later small write may go; a whole PIPE_BUF does not fit.
    const narrow = withRoom(PIPE_BUF);
    narrow.writer.write(Buffer.alloc(96));
    const none = writeWord(narrow.writer.write(Buffer.alloc(PIPE_BUF)));
    notes.check(`O_NONBLOCK, ${PIPE_BUF} bytes, room for ${PIPE_BUF - 96}`, 'EAGAIN', none);
    const small = writeWord(narrow.writer.write(Buffer.alloc(100)));
    notes.check('O_NONBLOCK, 100 bytes, the same room', '100 bytes', small, { isAside: true });
    close(narrow);
    await waiting(PIPE_BUF);
    await waiting(many);

    async function waiting(size: number): Promise<void> {
      need('dd');
      const { reader, writer } = createPipe();
      const before = fill(writer, PIPE_BUF);
      const args = ['if=/dev/zero', `bs=${size}`, 'count=1'];
      await using dd = start('dd', args, { stdout: writer.descriptor, stderr: 'ignore', check: false });
      writer.close();
      await notes.attempt(`blocking, ${size} bytes, no room`, 'sleeps in write', async () => {
        const call = await sleepOf(dd.pid, ['write']);
        notes.check(`blocking, ${size} bytes, no room`, 'sleeps in write', `sleeps in ${call}`);
      });
      let total = 0;
      while (dd.running) {
        total += drain(reader);
        await turn();
      }
      total += drain(reader);
      notes.check(`blocking, ${size} bytes, once it is read`, `${size} bytes`, `${total - before} bytes`);
      reader.close();
    }
  },
};

/** A pipe that has room for this many bytes: it was full, and pages were read. */
function withRoom(bytes: number): Pipe {
  const pipe = createPipe({ maxRead: bytes });
  fill(pipe.writer, PIPE_BUF);
  pipe.reader.read();
  return pipe;
}

function close({ reader, writer }: Pipe): void {
  reader.close();
  writer.close();
}
