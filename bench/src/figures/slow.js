import { compare } from '../compare.js';
import { script } from '../contender.js';
import { peers } from '../figure.js';
import { describe, noMoreThan } from '../targets.js';

const flat = [noMoreThan(8, 'MB')];
const atOnce = [noMoreThan(100, 'ms')];

/** @type {import('../figure.js').Figure} */
export const slow = {
  name: 'slow',
  title: 'a consumer that takes 1 ms a line from `yes`',
  target: `growth ${flat.map(describe)}; child gone ${atOnce.map(describe)} after \`break\``,
  how:
    'Resident memory is sampled every 250 ms for 10 s; growth is the highest sample after the first 2 ' +
    's less the first of them. Then the loop ends by `break`, and the time runs until no process has ' +
    'the pid. Where `break` leaves the child alive (child_process, tinyexec), it is killed by hand in ' +
    'the same turn.',

  async run({ quick, progress }) {
    const contenders = ['spillway', ...peers].map((name) =>
      script('slow', name, { seconds: quick ? 4 : 10 }),
    );
    const comparison = await compare(contenders, { rounds: quick ? 1 : 2, progress });
    return [
      { label: 'memory growth', unit: 'MB', contenders: comparison.row('growthMB'), targets: flat },
      {
        label: 'break until gone',
        unit: 'ms',
        contenders: comparison.row('goneMs'),
        targets: atOnce,
      },
    ];
  },
};
