/**
 * A worker as a process of its own. Its argument is JSON: the options of `runWorker`, and `supervised`. It
 * writes what it tells as lines of JSON; SIGTERM ends it in order.
 */
import { fileURLToPath } from 'node:url';
import { runWorker, supervise } from '../../dist/worker/index.js';

const { supervised, ...options } = JSON.parse(process.argv[2]);
const end = new AbortController();
process.on('SIGTERM', () => end.abort());
const print = (event) => console.log(JSON.stringify({ ...event, pid: process.pid }));

if (supervised) {
  const argv = [process.execPath, fileURLToPath(import.meta.url), JSON.stringify(options)];
  const tell = (text) => print({ type: 'supervisor', text });
  const kill = new AbortController().signal;
  process.exitCode = await supervise({ argv, leaseMs: options.leaseMs, tell, end: end.signal, kill });
} else {
  try {
    await runWorker({ ...options, log: print, signal: end.signal });
  } catch ({ code, message }) {
    print({ type: 'failed', code, message });
    process.exitCode = 1;
  }
}
