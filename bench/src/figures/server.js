import { compare } from '../compare.js';
import { script } from '../contender.js';
import { peers } from '../figure.js';
import { describeAll, noMoreThan } from '../targets.js';

const targets = [noMoreThan(1.5, '×')];

/** @type {import('../figure.js').Figure} */
export const server = {
  name: 'server',
  title: 'pings to an HTTP server that makes 50 runs a second',
  target: `p99 ${describeAll(targets)} the one without runs`,
  how:
    'Another process sends pings over loopback, one after the other on one connection, first while the ' +
    'server only answers, then while it also runs `echo hi` fifty times a second, captured. The 99th ' +
    'percentile of each.',

  async run({ quick, progress }) {
    const options = { perSecond: 50, pings: quick ? 1000 : 8000 };
    const contenders = ['spillway', ...peers].map((name) => script('server', name, options));
    const comparison = await compare(contenders, { rounds: quick ? 1 : 5, progress });
    return [
      { label: 'p99 without runs', unit: 'ms', contenders: comparison.row('withoutMs'), targets: [] },
      {
        label: 'p99 beside them',
        unit: 'ms',
        contenders: comparison.row('besideMs'),
        targets: [],
        plot: { file: 'server', title: 'Ping to a server that makes 50 runs a second, p99', better: 'less' },
      },
      { label: 'beside, compared with without', unit: '×', contenders: comparison.row('times'), targets },
    ];
  },
};
