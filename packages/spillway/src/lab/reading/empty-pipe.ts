import { createPipe } from '../../pipe/index.js';
import { start } from '../../run/index.js';
import { need, readWord, sleepOf } from '../bench/index.js';
import type { Experiment } from '../experiment.js';

export const emptyPipe: Experiment = {
  name: 'empty-pipe',
  group: 'reading',
  question: 'What does a read of an empty pipe do while a writer has it open?',
  steps: [
    'make a pipe and keep its write end open',
    'read with O_NONBLOCK',
    'have cat read it without O_NONBLOCK, and look at what cat does',
    'write one byte, and close the write end',
  ],
  expected: 'EAGAIN with O_NONBLOCK; otherwise read waits until a byte comes.',
  source: 'POSIX read(); pipe(7), "I/O on pipes and FIFOs"',
  relied: 'readers of output, and channels: a read that would wait returns to the event loop',
  follows: 'A program that reads with O_NONBLOCK waits with poll, never in a loop of reads.',
  async perform(notes) {
    {
      const { reader, writer } = createPipe();
      notes.check('read, O_NONBLOCK', 'EAGAIN', readWord(reader.read()));
      writer.write(Buffer.from('x'));
      notes.check('read of more than is there', '1 bytes', readWord(reader.read(Buffer.alloc(4096))));
      reader.close();
      writer.close();
    }
    need('cat');
    const { reader, writer } = createPipe();
    await using cat = start('cat', [], { stdin: reader.descriptor, stdout: 'capture', check: false });
    reader.close();
    await notes.attempt('read, blocking', 'sleeps in read', async () => {
      const call = await sleepOf(cat.pid, ['read', 'splice', 'copy_file_range']);
      notes.check('read, blocking', ['sleeps in read', 'sleeps in splice'], `sleeps in ${call}`);
    });
    writer.write(Buffer.from('x'));
    writer.close();
    notes.check('the same read, once a byte has come', 'x', (await cat.result).stdout);
  },
};
