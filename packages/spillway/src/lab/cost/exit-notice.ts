import { monotonicMs } from '../../base/index.js';
import { start } from '../../run/index.js';
import { need } from '../bench/index.js';
import type { Experiment } from '../experiment.js';

const TIMES = 20;

export const exitNotice: Experiment = {
  name: 'exit-notice',
  group: 'cost',
  question: 'How long after its end is a child known to have ended?',
  steps: [`end sleep by SIGKILL, and wait for its result, ${TIMES} times`],
  expected: 'Each end is noticed by SIGCHLD or a pidfd, without polling.',
  source: 'signal(7), SIGCHLD; pidfd_open(2)',
  relied: 'results come as soon as the child has exited',
  follows: 'A loop that asks every 100 ms learns of an exit 50 ms late on average, and wakes up for nothing.',
  async perform(notes) {
    need('sleep');
    const times: number[] = [];
    const ends = new Set<string>();
    for (let time = 0; time < TIMES; time++) {
      const child = start('sleep', ['1000'], { check: false });
      const began = monotonicMs();
      child.kill('SIGKILL');
      const { signal } = await child.result;
      times.push(monotonicMs() - began);
      ends.add(signal ?? 'none');
    }
    notes.check('what ended them', 'SIGKILL', [...ends].join(', '));
    times.sort((a, b) => a - b);
    notes.figure('ms from the signal to the result, the median', times[TIMES / 2] ?? 0);
    notes.figure('ms, the shortest', times[0] ?? 0);
  },
};
