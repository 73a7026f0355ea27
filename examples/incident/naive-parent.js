/**
 * The same mistake in Node: wait for the child's exit, listen to its output afterwards.
 *
 * Prints which process it started, and how that one ended.
 */
import { spawn } from 'node:child_process';

const [command, ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: 'pipe' });
console.log('started', child.pid);

child.once('exit', (exitCode) => {
  // Not a tick later: right after this event Node discards output that has no listener.
  let bytes = 0;
  child.stdout.on('data', (chunk) => {
    bytes += chunk.length;
  });
  child.once('close', () => console.log('ended', exitCode, bytes));
});
