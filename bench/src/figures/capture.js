import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import os from 'node:os';
import { promisify } from 'node:util';
import { compare } from '../compare.js';
import { script } from '../contender.js';
import { Skipped } from '../figure.js';
import { describeAll, noMoreThan } from '../targets.js';

const targets = [noMoreThan(110, 'MB')];

/** @type {import('../figure.js').Figure} */
export const capture = {
  name: 'capture',
  title: '4 GB captured with the default memory bound',
  target: `peak resident memory ${describeAll(targets)}, nothing lost`,
  how:
    'VmHWM of the process that captured the output and read it back; the SHA-1 of the bytes it read ' +
    'must equal that of the same output through `sha1sum`. The peers have no figure: they hold ' +
    'captured output in memory, as a string, which is at most 512 MiB long.',

  async run({ quick, programs, progress }) {
    const bytes = quick ? 256 * 2 ** 20 : 4 * 2 ** 30;
    await requireDisk(bytes);
    const { producer } = programs;
    const sha1 = await sha1Of(producer, bytes);
    const contenders = [script('capture', 'spillway', { producer, bytes, sha1 })];
    const comparison = await compare(contenders, { rounds: quick ? 1 : 3, progress });
    return [
      { label: 'peak memory', unit: 'MB', contenders: comparison.row('peakMB'), targets },
      {
        label: 'speed',
        unit: 'GB/s',
        contenders: comparison.row('gigabytesPerSecond'),
        targets: [],
      },
    ];
  },
};

/** @param {number} bytes */
async function requireDisk(bytes) {
  const { bavail, bsize } = await statfs(os.tmpdir());
  const needed = bytes * 1.1;
  if (bavail * bsize >= needed) return;
  throw new Skipped(
    `needs ${(needed / 1e9).toFixed(1)} GB in ${os.tmpdir()}, which has ${(bavail * bsize) / 1e9} GB`,
  );
}

/**
 * With the shell and coreutils: no measured code takes part.
 *
 * @param {string} producer
 * @param {number} bytes
 */
async function sha1Of(producer, bytes) {
  const { stdout } = await promisify(execFile)('sh', [
    '-c',
    '"$0" "$1" data | sha1sum',
    producer,
    String(bytes),
  ]);
  return stdout.split(' ')[0];
}
