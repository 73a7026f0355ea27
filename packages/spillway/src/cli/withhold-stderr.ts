/**
 * Removes `process.stderr`; messages go to descriptor 2 itself.
 *
 * Node reads `process.stderr` whenever it closes a socket (net.js, `Socket.prototype._destroy`), and sockets
 * carry the command's output; newer versions also read it when `node:util` is imported. The first read
 * creates the stream, which makes a pipe non-blocking for every process that shares it. So this file imports
 * nothing.
 */
export function withholdStderr(): void {
  const nothing = { __proto__: null, value: undefined, configurable: true };
  Object.defineProperty(process, 'stderr', nothing as PropertyDescriptor);
  // Node's own listener for warnings writes to it. Without that listener none are wanted (NODE_NO_WARNINGS).
  if (process.listenerCount('warning') === 0) return;
  process.removeAllListeners('warning');
  process.on('warning', async ({ message }) => (await import('./messages.js')).say(`warning: ${message}`));
}
