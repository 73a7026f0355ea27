import os from 'node:os';
import { compare } from '../compare.js';
import { script } from '../contender.js';
import { peers, Skipped } from '../figure.js';
import { atMost, describe } from '../targets.js';

/** @typedef {import('../figure.js').Figure} Figure */

const small = [atMost(0.1, 'child_process')];
const large = [atMost(0.005, 'child_process')];

/** @type {Figure} */
export const block = {
  name: 'block',
  title: 'event loop blocked by one start, both streams captured',
  target: `small parent ${small.map(describe)}; 4 GB parent ${large.map(describe)}`,
  how:
    '`sleep 0.02` is started with both streams captured, each start alone. "In the call" is the time ' +
    'until the call returns, which the targets are for; "in all, 8 ms later" is the time for which ' +
    'the event loop was busy since, less the time that an idle loop takes, so that postponed work ' +
    'counts too. The 4 GB are buffers with every page touched.',
  missed:
    'In a small parent the kernel takes little, and V8 still interprets: in a program that has made a ' +
    'thousand calls, each blocks for 0.06 ms.',

  async run(context) {
    const parents = context.quick
      ? [{ parent: 'small parent', gigabytes: 0, rounds: 2, starts: 20, targets: small }]
      : [
          { parent: 'small parent', gigabytes: 0, rounds: 5, starts: 60, targets: small },
          { parent: '4 GB parent', gigabytes: 4, rounds: 5, starts: 20, targets: large },
        ];
    const measurements = [];
    for (const { parent, gigabytes, rounds, starts, targets } of parents) {
      requireMemory(gigabytes);
      const contenders = ['spillway', ...peers].map((name) => script('block', name, { gigabytes, starts }));
      const comparison = await compare(contenders, { rounds, progress: context.progress });
      measurements.push(
        {
          label: `${parent}, in the call`,
          unit: 'ms',
          contenders: comparison.row('call'),
          targets,
          plot: {
            file: `block-${parent.replaceAll(' ', '-')}`,
            title: `Event loop blocked by one start, ${parent}`,
            better: /** @type {const} */ ('less'),
          },
        },
        {
          label: `${parent}, in all, 8 ms later`,
          unit: 'ms',
          contenders: comparison.row('busy'),
          targets: [],
        },
      );
    }
    return measurements;
  },
};

/** @param {number} gigabytes */
function requireMemory(gigabytes) {
  const available = process.availableMemory?.() ?? os.freemem();
  const needed = gigabytes * 1.3 * 2 ** 30;
  if (available >= needed) return;
  throw new Skipped(
    `needs ${(needed / 1e9).toFixed(1)} GB of memory, and ${(available / 1e9).toFixed(1)} GB are free`,
  );
}
