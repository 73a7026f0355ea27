import { monotonicMs } from '../../base/index.js';
import { createPipe } from '../../pipe/index.js';
import { start } from '../../run/index.js';
import { need } from '../bench/index.js';
import type { Experiment } from '../experiment.js';

const TIMES = 2000;

export const roundTrip: Experiment = {
  name: 'round-trip',
  group: 'cost',
  question: 'How long does a byte take to another process and back?',
  steps: [`send cat one byte and wait for it, ${TIMES} times, on two blocking pipes`],
  expected: 'Each byte comes back: two changes of process, some microseconds each.',
  source: 'pipe(7); the time is that of this machine',
  follows: 'Few large messages cost less than many small ones: each wakes another process.',
  async perform(notes) {
    need('cat');
    const there = createPipe({ blocking: true });
    const back = createPipe({ blocking: true });
    const child = start('cat', [], {
      stdin: there.reader.descriptor,
      stdout: back.writer.descriptor,
      check: false,
    });
    there.reader.close();
    back.writer.close();
    const byte = Buffer.from('x');
    const into = Buffer.alloc(1);
    let came = 0;
    let least = Number.POSITIVE_INFINITY;
    const began = monotonicMs();
    for (let time = 0; time < TIMES; time++) {
      const sent = monotonicMs();
      there.writer.write(byte);
      const outcome = back.reader.read(into);
      if (outcome.kind === 'bytes') came += outcome.bytes.length;
      least = Math.min(least, monotonicMs() - sent);
    }
    const mean = (monotonicMs() - began) / TIMES;
    there.writer.close();
    await child.result;
    back.reader.close();
    notes.check('bytes that came back', TIMES, came);
    notes.figure('microseconds for there and back, on average', mean * 1000);
    notes.figure('microseconds, the shortest', least * 1000);
  },
};
