import { createPipe, PIPE_BUF } from '../../pipe/index.js';
import { start } from '../../run/index.js';
import { drain, fill, need, readWord, sleepOf, turn, writeWord } from '../bench/index.js';
import type { Experiment } from '../experiment.js';

export const fullPipe: Experiment = {
  name: 'full-pipe',
  group: 'reading',
  question: 'What does a write to a full pipe do while a reader has it open?',
  steps: [
    'write with O_NONBLOCK until a write fails',
    'have head write one byte more than the pipe holds, without O_NONBLOCK, and look at what head does',
    'read, and see head go on',
  ],
  expected: 'EAGAIN and nothing written with O_NONBLOCK; otherwise write waits until there is room.',
  source: 'POSIX write(); pipe(7), "I/O on pipes and FIFOs"',
  relied: 'stdin of children: a write that would wait returns to the event loop',
  follows: 'A child whose output is not read stops in write. This is the first half of every deadlock.',
  async perform(notes) {
    let capacity: number;
    {
      const { reader, writer } = createPipe();
      capacity = fill(writer, PIPE_BUF);
      notes.check('write, O_NONBLOCK', 'EAGAIN', writeWord(writer.write(Buffer.alloc(1))));
      notes.check('bytes of the failed write in the pipe', 0, reader.available - capacity);
      notes.check('read back', capacity, drain(reader));
      reader.close();
      writer.close();
    }
    need('head');
    const { reader, writer } = createPipe();
    await using head = start('head', ['-c', String(capacity + 1), '/dev/zero'], {
      stdout: writer.descriptor,
      check: false,
    });
    writer.close();
    await notes.attempt('write, blocking', 'sleeps in write', async () => {
      notes.check('write, blocking', 'sleeps in write', `sleeps in ${await sleepOf(head.pid, ['write'])}`);
      notes.check('bytes in the pipe meanwhile', capacity, reader.available);
    });
    let total = 0;
    while (head.running || reader.available > 0) {
      total += drain(reader);
      await turn();
    }
    total += drain(reader);
    notes.check('bytes in all, once they are read', capacity + 1, total);
    notes.check('and then', '0 (end of file)', readWord(reader.read()));
    notes.check('the exit of head', 0, (await head.result).exitCode ?? 'none');
    reader.close();
  },
};
