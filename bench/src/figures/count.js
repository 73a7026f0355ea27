import { compare } from '../compare.js';
import { c, script } from '../contender.js';
import { atLeast, describeAll } from '../targets.js';

const targets = [atLeast(0.9, 'C')];

/** @type {import('../figure.js').Figure} */
export const count = {
  name: 'count',
  title: '4 GB read and counted',
  target: describeAll(targets),
  how:
    'After 8 MB to warm up, from before the start of the producer until after its end; the consumer ' +
    "gets every chunk. C reads with a buffer of 64 KiB. child_process and execa use the stream's " +
    "`data` event, their fastest way; tinyexec's stream is child_process's own.",

  async run({ quick, programs, progress }) {
    const { producer, reader } = programs;
    const bytes = quick ? 512 * 2 ** 20 : 4 * 2 ** 30;
    const names = ['spillway', 'spillway for await', 'child_process', 'execa'];
    const contenders = [
      ...names.map((name) => script('count', name, { producer, bytes })),
      c(reader, ['bytes', producer, String(bytes), 'data'], { bytes }),
    ];
    const comparison = await compare(contenders, { rounds: quick ? 2 : 7, progress });
    /** @param {string} way */
    const row = (way) => comparison.row('gigabytesPerSecond', { spillway: way });
    return [
      { label: 'by a callback', unit: 'GB/s', contenders: row('spillway'), targets },
      { label: 'by for await', unit: 'GB/s', contenders: row('spillway for await'), targets },
    ];
  },
};
