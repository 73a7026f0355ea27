import { compare } from '../compare.js';
import { c, script } from '../contender.js';
import { peers } from '../figure.js';
import { locate } from '../locate.js';
import { atLeast, describeAll } from '../targets.js';

const targets = [atLeast(2, 'child_process'), atLeast(4, 'execa')];

/** @type {import('../figure.js').Figure} */
export const many = {
  name: 'many',
  title: '1,000 `echo hi` at once, all captured',
  target: describeAll(targets),
  how:
    'All are started in one turn of the event loop and awaited together; runs per second until the ' +
    'last result is there. C makes the same system calls: the most that the kernel allows.',

  async run({ quick, programs, progress }) {
    const count = quick ? 200 : 1000;
    const contenders = [
      ...['spillway', ...peers].map((name) => script('many', name, { count })),
      c(programs.spawnloop, ['together', String(count), locate('echo'), 'hi']),
    ];
    const comparison = await compare(contenders, { rounds: quick ? 2 : 7, progress });
    return [{ label: '1,000 at once', unit: 'runs/s', contenders: comparison.row('perSecond'), targets }];
  },
};
