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
}
