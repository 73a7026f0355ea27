import { connect, createServer } from 'node:net';

/**
 * A line between a client and a server on loopback: each byte takes `delayMs`, and both directions together
 * carry `bytesPerSecond`.
 *
 * @param {{ port: number, delayMs: number, bytesPerSecond: number }} options
 * @returns {Promise<{ port: number, close: () => Promise<void> }>}
 */
export async function openLink({ port, delayMs, bytesPerSecond }) {
  let freeAt = 0;
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set();

  /**
   * @param {import('node:net').Socket} from
   * @param {import('node:net').Socket} to
   */
  const pass = (from, to) => {
    /** @type {Buffer[]} */
    const chunks = [];
    let waiting = 0;
    let isEnded = false;
    const endIfEmpty = () => {
      if (isEnded && chunks.length === 0 && !to.destroyed) to.end();
    };
    from.on('data', (/** @type {Buffer} */ chunk) => {
      const now = performance.now();
      freeAt = Math.max(freeAt, now) + (chunk.length / bytesPerSecond) * 1000;
      chunks.push(chunk);
      waiting += chunk.length;
      if (waiting > MOST_ON_THE_LINE) from.pause();
      setTimeout(
        () => {
          // The oldest: two timers may fire in another order than they were set.
          const next = /** @type {Buffer} */ (chunks.shift());
          waiting -= next.length;
          if (!to.destroyed) to.write(next);
          if (waiting <= MOST_ON_THE_LINE) from.resume();
          endIfEmpty();
        },
        freeAt - now + delayMs,
      );
    });
    from.on('end', () => {
      isEnded = true;
      endIfEmpty();
    });
    from.on('error', () => to.destroy());
  };

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    for (const socket of [client, far]) {
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    }
    pass(client, far);
    pass(far, client);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port: own } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    port: own,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** As a line of that delay and rate holds, and some more. */
const MOST_ON_THE_LINE = 1_000_000;
