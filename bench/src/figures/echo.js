import { compare } from '../compare.js';
import { c, script } from '../contender.js';
import { peers } from '../figure.js';
import { locate } from '../locate.js';
import { runtimesFromNpm, scriptOn } from '../peers/runtimes.js';
import { atMost, describeAll } from '../targets.js';

const bun = 'Bun.spawn';
const targets = [atMost(1.1, bun), atMost(0.5, 'child_process'), atMost(1.35, 'C')];

/** @type {import('../figure.js').Figure} */
export const echo = {
  name: 'echo',
  title: "run('echo', ['hi']), from call to result",
  target: describeAll(targets),
  how:
    '300 runs in each round, one after the other, after 100 to warm up. The targets are for the ' +
    "median call, which other programs' work disturbs least; the mean includes every collection of " +
    'garbage. C makes the same system calls in a loop.',
  missed: 'A start off the event loop costs two wake-ups of threads, there and back.',

  async run({ quick, programs, progress }) {
    const count = quick ? 60 : 300;
    const runtimes = await runtimesFromNpm(progress);
    const contenders = [
      ...['spillway', ...peers].map((name) => script('echo', name, { count })),
      scriptOn(runtimes.bun, bun, 'echo', bun, { count }),
      c(programs.spawnloop, ['each', String(count), locate('echo'), 'hi']),
    ];
    const comparison = await compare(contenders, { rounds: quick ? 2 : 9, progress });
    /** @param {string} key */
    const row = (key) => comparison.row(key, { [bun]: bun });
    return [
      { label: 'median of the calls', unit: 'µs', contenders: row('median'), targets },
      { label: 'mean of the calls', unit: 'µs', contenders: row('mean'), targets: [] },
    ];
  },
};
