/**
 * Removes `process.stderr`; messages go to descriptor 2 itself.
 *
 * Node reads `process.stderr` whenever it closes a socket (net.js, `Socket.prototype._destroy`), and sockets
 * carry the command's output; newer versions also read it when `node:util` is imported. The first read
 * creates the stream, which makes a pipe non-blocking for every process that shares it.
 */
import { ownProperties } from '../base/index.js';
import { say } from './messages.js';

export function withholdStderr(): void {
  Object.defineProperty(process, 'stderr', ownProperties({ value: undefined, configurable: true }));
  // Node's own listener for warnings writes to it. Without that listener none are wanted (NODE_NO_WARNINGS).
  if (process.listenerCount('warning') === 0) return;
  process.removeAllListeners('warning');
  process.on('warning', ({ message }) => say(`warning: ${message}`));
}
