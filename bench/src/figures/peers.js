import { compare } from '../compare.js';
import { locate } from '../locate.js';
import { listPeers } from '../peers/list.js';

/**
 * @typedef {import('../figure.js').Context} Context
 * @typedef {import('../figure.js').Measurement} Measurement
 * @typedef {import('../peers/list.js').Work} Work
 */

const lineBytes = 80;

/** @type {import('../figure.js').Figure} */
export const peers = {
  name: 'peers',
  title: 'the same four pieces of work by every peer, in every language',
  target: 'none; `echo`, `many`, `lines` and `batches` have them',
  how:
    'As `echo`, `many`, `count` and `lines`, each peer as its documentation advises. execa 10 needs Node ' +
    '22, and runs on Node 24 with Spillway and child_process beside it; those three are compared with each ' +
    'other. zx runs its commands by bash, and keeps all output, also what it streams. asyncio gives lines ' +
    'as bytes, which are decoded here. Ruby takes Open3 for one, Process.spawn for 1,000 (threads with ' +
    'Open3 are far slower), and IO.popen for streams. C reads lines by getline(3).',

  async run(context) {
    const all = await listPeers(context.progress);
    const rows = all.map(({ name, what, own }) => ({ name, what, own }));
    /** @type {Measurement[]} */
    const measurements = [];
    for (const work of works(context)) {
      const comparison = await compare(
        all.map((peer) => peer.contend(work)),
        { rounds: context.quick ? 1 : 3, progress: (text) => context.progress(`${work.label}: ${text}`) },
      );
      const contenders = comparison.cells(
        rows.map(({ name }) => name),
        work.key,
      );
      const { label, unit, better } = work;
      const plot = { file: `peers-${work.name}`, title: label.replaceAll('`', ''), better };
      measurements.push({ label, unit, contenders, targets: [], rows, plot });
    }
    return measurements;
  },
};

/** @param {Context} context @returns {Work[]} */
function works({ quick, programs: { producer, reader, spawnloop } }) {
  const runs = quick ? 30 : 300;
  const together = quick ? 100 : 1000;
  const bytes = quick ? 64 * 2 ** 20 : 4 * 2 ** 30;
  const bytesOfLines = quick ? 16_000_000 : 400_000_000;
  const lines = bytesOfLines / lineBytes;
  const echo = [locate('echo'), 'hi'];
  return [
    {
      label: '`echo hi`, one by one',
      unit: 'µs',
      better: 'less',
      key: 'median',
      name: 'echo',
      options: { count: runs },
      args: [String(runs)],
      c: { file: spawnloop, args: ['each', String(runs), ...echo] },
    },
    {
      label: '1,000 `echo hi` at once',
      unit: 'runs/s',
      better: 'more',
      key: 'perSecond',
      name: 'many',
      options: { count: together },
      args: [String(together)],
      c: { file: spawnloop, args: ['together', String(together), ...echo] },
    },
    {
      label: '4 GB read and counted',
      unit: 'GB/s',
      better: 'more',
      key: 'gigabytesPerSecond',
      name: 'count',
      options: { producer, bytes },
      args: [String(bytes), producer],
      c: { file: reader, args: ['bytes', producer, String(bytes), 'data'], expected: { bytes } },
    },
    {
      label: '400 MB of 80-byte lines',
      unit: 'GB/s',
      better: 'more',
      key: 'gigabytesPerSecond',
      name: 'lines',
      options: { producer, bytes: bytesOfLines, lineBytes },
      args: [String(bytesOfLines), producer],
      c: {
        file: reader,
        args: ['lines', producer, String(bytesOfLines), 'lines'],
        expected: { lines, characters: bytesOfLines - lines },
      },
    },
  ];
}
