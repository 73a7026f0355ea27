import { compare } from '../compare.js';
import { script } from '../contender.js';
import { peers } from '../figure.js';
import { atMost, describeAll, noMoreThan } from '../targets.js';

const cheap = [atMost(0.1, 'child_process')];
const short = [noMoreThan(20, 'ms')];

/** @type {import('../figure.js').Figure} */
export const together = {
  name: 'together',
  title: 'event loop blocked by 1,000 `echo hi` at once, all captured',
  target: `in the calls ${describeAll(cheap)}; longest block ${describeAll(short)}`,
  how:
    'All are started in one turn of the event loop. "In the calls" is the time until all calls have ' +
    'returned, divided by their number; "in all" is the time for which the event loop was busy until ' +
    'the last result, reading and reaping included, divided in the same way. The longest block is the ' +
    "longer of what a timer of 1 ms and Node's monitorEventLoopDelay saw.",
  missed: 'The longest block is the turn in which the program makes its 1,000 calls, of 0.02 ms each.',

  async run({ quick, progress }) {
    const count = quick ? 200 : 1000;
    const contenders = ['spillway', ...peers].map((name) => script('together', name, { count }));
    const comparison = await compare(contenders, { rounds: quick ? 2 : 7, progress });
    return [
      { label: 'in the calls, a start', unit: 'ms', contenders: comparison.row('callsMs'), targets: cheap },
      { label: 'in all, a start', unit: 'ms', contenders: comparison.row('busyMs'), targets: [] },
      {
        label: 'longest block',
        unit: 'ms',
        contenders: comparison.row('longestMs'),
        targets: short,
        plot: {
          file: 'together',
          title: 'Event loop blocked by 1,000 starts at once, longest',
          better: 'less',
        },
      },
    ];
  },
};
