import { createPipe, WriteEnd } from '../../pipe/index.js';
import { duplicate } from '../../system/index.js';
import { readWord } from '../bench/index.js';
import type { Experiment } from '../experiment.js';

export const endOfFile: Experiment = {
  name: 'end-of-file',
  group: 'reading',
  question: 'When does a reader see the end?',
  steps: [
    'open the write end twice, write, and close it once',
    'read what is there, and once more',
    'close the second, and read three times',
  ],
  expected: 'The rest first, then 0, as soon as the last descriptor of the write end is closed, not before.',
  source: 'POSIX read(); pipe(7): "If all file descriptors referring to the write end … have been closed"',
  relied: 'the end of output, of channels, and of every loop over lines',
  follows: 'A background process that has inherited stdout keeps the end from coming: a reader waits for it.',
  perform(notes) {
    const { reader, writer } = createPipe();
    const second = new WriteEnd(duplicate(writer.descriptor, 3, 'opening the write end twice'));
    writer.write(Buffer.from('rest'));
    writer.close();
    notes.check('read, one of two writers gone', '4 bytes', readWord(reader.read()));
    notes.check('read again, the other one silent', 'EAGAIN', readWord(reader.read()));
    second.write(Buffer.from('rest'));
    second.close();
    notes.check('read, all writers gone', '4 bytes', readWord(reader.read()));
    notes.check('read again', '0 (end of file)', readWord(reader.read()));
    notes.check('and again', '0 (end of file)', readWord(reader.read()));
    reader.close();
  },
};
