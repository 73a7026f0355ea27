import { compare } from '../compare.js';
import { script } from '../contender.js';
import { peers } from '../figure.js';

/** @type {import('../figure.js').Figure} */
export const sync = {
  name: 'sync',
  title: "runSync('echo', ['hi']), from call to result",
  target: 'none',
  how:
    '300 calls in each round, one after the other, after 100 to warm up, beside spawnSync, ' +
    'execaSync and xSync. The design sets no target.',

  async run({ quick, progress }) {
    const count = quick ? 60 : 300;
    const contenders = ['spillway', ...peers].map((name) => script('sync', name, { count }));
    const comparison = await compare(contenders, { rounds: quick ? 2 : 9, progress });
    return [
      { label: 'median of the calls', unit: 'µs', contenders: comparison.row('median'), targets: [] },
      { label: 'mean of the calls', unit: 'µs', contenders: comparison.row('mean'), targets: [] },
    ];
  },
};
