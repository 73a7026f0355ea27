/**
 * Node looks at `process.stderr` whenever it closes a socket, and one is what the command's output is read with (net.js,
 * `Socket.prototype._destroy`); newer versions do when `node:util` is imported, too. The first look makes the stream, and so a pipe
 * non-blocking, for everybody who shares it. From here on there is no such stream; messages go to the descriptor.
 */
export function withholdStderr(): void {
  Object.defineProperty(process, 'stderr', { value: undefined, configurable: true });
}
