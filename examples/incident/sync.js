/** The same files by `spillway sync`, whose rsync is killed twice on the way. */
import { join } from 'node:path';
import { sync } from 'spillway/sync';
import { rsyncsTo } from './proc.js';
import { measureCopy } from './tree.js';

/** rsync alone would be done before it could be killed. */
const SECONDS_TO_COPY = 3;
const CUTS = [0.3, 0.6];

/**
 * @param {string} cwd
 * @param {string} destination
 * @param {import('./tree.js').Plan} planned
 * @param {{ signal: AbortSignal, onProgress: (bytes: number) => void }} options
 */
export async function runSync(cwd, destination, planned, { signal, onProgress }) {
  const job = sync(`${join(cwd, 'source')}/`, join(cwd, destination), {
    bwlimit: Math.max(64 * 1024, planned.bytes / SECONDS_TO_COPY),
    retries: 5,
    retryDelay: '100ms',
    lock: false,
    signal,
  });
  const cuts = [...CUTS];
  let bytes = 0;
  for await (const event of job) {
    if (event.type !== 'progress') continue;
    bytes = Math.max(bytes, event.bytes);
    onProgress(bytes);
    if (cuts[0] === undefined || bytes < cuts[0] * planned.bytes || !killRsync(join(cwd, destination)))
      continue;
    cuts.shift();
  }
  const report = await job.report;
  return {
    report,
    killed: CUTS.length - cuts.length,
    copy: await measureCopy(join(cwd, destination), planned),
    left: rsyncsTo(join(cwd, destination)),
  };
}

/**
 * The one that writes: the last that was started.
 *
 * @param {string} destination
 */
function killRsync(destination) {
  const pid = rsyncsTo(destination).at(-1);
  if (pid === undefined) return false;
  process.kill(pid, 'SIGKILL');
  return true;
}
