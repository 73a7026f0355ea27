import { compare } from '../compare.js';
import { c, script } from '../contender.js';
import { peers } from '../figure.js';
import { locate } from '../locate.js';
import { onNode24, runtimesFromNpm, scriptOn } from '../peers/runtimes.js';
import { atLeast, describeAll } from '../targets.js';

const bun = 'Bun.spawn';
const targets = [atLeast(1.1, bun), atLeast(2.5, 'child_process'), atLeast(0.8, 'C')];
const beside10 = [atLeast(5, 'execa 10')];

/** @type {import('../figure.js').Figure} */
export const many = {
  name: 'many',
  title: '1,000 `echo hi` at once, all captured',
  target: describeAll(targets, beside10),
  how:
    'All are started in one turn of the event loop and awaited together; runs per second until the ' +
    'last result is there. C makes the same system calls: the most that the kernel allows. execa 10 needs ' +
    'Node 22: in the row for Node 24 it stands in the column of execa, and all but C run on that.',
  missed:
    'A run takes 0.4 ms of processor time here beside the work of the kernel, on two cores that the ' +
    'children share: C has no promises, no result and no look for what the command has left behind.',

  async run({ quick, programs, progress }) {
    const count = quick ? 200 : 1000;
    const runtimes = await runtimesFromNpm(progress);
    const newer = onNode24(runtimes.node24);
    const contenders = [
      ...['spillway', ...peers].map((name) => script('many', name, { count })),
      scriptOn(runtimes.bun, bun, 'many', bun, { count }),
      ...newer.contenders('many', { count }),
      c(programs.spawnloop, ['together', String(count), locate('echo'), 'hi']),
    ];
    const comparison = await compare(contenders, { rounds: quick ? 2 : 7, progress });
    /** @type {(label: string, names: Record<string, string>) => import('../figure.js').Measurement} */
    const measurement = (label, names) => ({
      label,
      unit: 'runs/s',
      contenders: comparison.row('perSecond', names),
      targets: [],
    });
    return [
      { ...measurement('1,000 at once', { [bun]: bun }), targets },
      { ...measurement('the same on Node 24', newer.columns), targets: beside10 },
    ];
  },
};
