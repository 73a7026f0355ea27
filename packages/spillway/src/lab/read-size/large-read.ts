import { createPipe } from '../../pipe/index.js';
import { fill, readWord, resultOf } from '../bench/index.js';
import type { Experiment } from '../experiment.js';

export const largeRead: Experiment = {
  name: 'large-read',
  group: 'read-size',
  question: 'What does a read give that asks for far more than a pipe can hold?',
  steps: [
    'read 4 MiB with O_NONBLOCK from a pipe that is empty, has 100 bytes, and is full',
    'the same with the cap of 64 KiB that the library sets',
  ],
  expected: 'What is there, never more than the capacity, and EAGAIN when it is empty; not EINVAL.',
  source: 'POSIX read(); gipc issue 13 for EINVAL on macOS; Python gh-121313 for the cap',
  relied: 'each read of output asks for 64 KiB, which empties a pipe of the default capacity',
  follows: 'A buffer larger than the pipe brings nothing, unless the pipe is enlarged as well.',
  perform(notes) {
    const many = 4_194_304;
    for (const maxRead of [many, 65_536]) {
      const { reader, writer } = createPipe({ maxRead });
      const into = Buffer.alloc(many);
      const read = () => resultOf(() => readWord(reader.read(into)));
      const how = maxRead === many ? '4 MiB' : 'capped at 64 KiB';
      notes.check(`${how}, empty`, 'EAGAIN', read());
      writer.write(Buffer.alloc(100));
      notes.check(`${how}, 100 bytes there`, '100 bytes', read());
      const held = fill(writer, 4096);
      notes.check(`${how}, full`, `${Math.min(held, maxRead)} bytes`, read());
      writer.close();
      reader.close();
    }
  },
};
