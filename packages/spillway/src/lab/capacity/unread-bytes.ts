import { createPipe } from '../../pipe/index.js';
import type { Experiment } from '../experiment.js';

export const unreadBytes: Experiment = {
  name: 'unread-bytes',
  group: 'capacity',
  question: 'Does the kernel tell exactly how much is unread?',
  steps: [
    'write pieces of several sizes, and ask (FIONREAD) after each',
    'read some, ask again, close the writer',
  ],
  expected: 'The exact number of bytes, at any moment, with and without a writer.',
  source: 'pipe(7), "I/O on pipes and FIFOs"; FIONREAD in ioctl(2)',
  relied: 'the exit of a child: what it wrote is read to the last byte, without waiting for end-of-file',
  follows: 'How full a pipe is can be seen from outside; the doctor shows it.',
  perform(notes) {
    const { reader, writer } = createPipe();
    let written = 0;
    notes.check('nothing written', 0, reader.available);
    for (const size of [1, 100, 4096, 5000, 20_000]) {
      writer.write(Buffer.alloc(size));
      written += size;
      notes.check(`after ${size} more`, written, reader.available);
    }
    reader.read(Buffer.alloc(7000));
    notes.check('after a read of 7,000', written - 7000, reader.available);
    writer.close();
    notes.check('after the writer has closed', written - 7000, reader.available);
    reader.close();
  },
};
