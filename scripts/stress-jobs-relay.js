/** Stands between some workers and the database: it can stall all that goes through, and cut it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The name that PostgreSQL's clients look for in a directory. */
const SOCKET = '.s.PGSQL.5432';

export class Relay {
  directory = mkdtempSync(join(tmpdir(), 'spillway-relay-'));
  #to;
  #server = createServer((client) => this.#relay(client));
  #pairs = new Set();
  #isStalled = false;

  /** @param {string} directory of the server's socket */
  constructor(directory) {
    this.#to = join(directory, SOCKET);
  }

  async listen() {
    await new Promise((resolve) => this.#server.listen(join(this.directory, SOCKET), resolve));
    return this;
  }

  /** As when a cable is out: nothing comes through, and nothing tells so. What was sent comes later. */
  async stall(ms) {
    this.#isStalled = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
    await new Promise((resolve) => setTimeout(resolve, ms));
    this.#isStalled = false;
    for (const pair of this.#pairs) for (const socket of pair) socket.resume();
  }

  /** Ends all connections, at whatever they are. */
  cut() {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  async close() {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.directory, { recursive: true, force: true });
  }

  #relay(client) {
    const server = connect(this.#to);
    const pair = [client, server];
    this.#pairs.add(pair);
    client.pipe(server);
    server.pipe(client);
    if (this.#isStalled) for (const socket of pair) socket.pause();
    for (const socket of pair) {
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#pairs.delete(pair);
        for (const one of pair) one.destroy();
      });
    }
  }
}
