/** Serves the embedded database on a UNIX socket, to every program of this user that speaks PostgreSQL. */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { Frames, GSS_REQUEST, SSL_REQUEST, STARTUP } from './frames.js';
import { type Client, type Engine, Turns } from './turns.js';

/** For what is under way when the server is closed. */
const MOST_CLOSING_MS = 3000;

export class SocketServer {
  readonly #path: string;
  readonly #turns: Turns;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();

  /** `onFault`: the database has broken down; all connections have been cut. */
  constructor(engine: Engine, path: string, onFault: (error: unknown) => void) {
    this.#path = path;
    this.#turns = new Turns(engine, (error) => {
      for (const connection of this.#connections) connection.evict();
      onFault(error);
    });
    this.#server = createServer((socket) => {
      const connection = new Connection(socket, this.#turns, () => this.#connections.delete(connection));
      this.#connections.add(connection);
    });
  }

  /** Its caller holds the lock: a socket that is there is a dead server's. */
  async listen(): Promise<void> {
    rmSync(this.#path, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#path, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#server.on('error', () => {});
    chmodSync(this.#path, 0o600);
  }

  /** Takes no more connections, lets transactions come to their end for a while, and cuts the rest. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const until = performance.now() + MOST_CLOSING_MS;
    while (this.#connections.size > 0) {
      const isLate = performance.now() > until;
      for (const connection of this.#connections)
        if (isLate || !this.#turns.isBusy(connection)) connection.evict();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await closed;
  }
}

const QUERY = 0x51;
const SYNC = 0x53;
const FLUSH = 0x48;
const TERMINATE = 0x58;

class Connection implements Client {
  readonly #socket: Socket;
  readonly #turns: Turns;
  readonly #frames = new Frames();
  /** Messages since the last Sync. */
  #unit: Buffer[] = [];
  #isStarted = false;

  constructor(socket: Socket, turns: Turns, onClose: () => void) {
    this.#socket = socket;
    this.#turns = turns;
    socket.on('data', (chunk: Buffer) => {
      try {
        this.#receive(chunk);
      } catch {
        this.evict();
      }
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      turns.leave(this);
      onClose();
    });
  }

  answer(bytes: Buffer): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  evict(): void {
    this.#turns.leave(this);
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#frames.add(chunk);
    for (let message = this.#frames.next(); message; message = this.#frames.next()) {
      if (this.#isStarted) this.#take(message);
      else this.#begin(message.readUInt32BE(4));
    }
  }

  #begin(code: number): void {
    if (code === SSL_REQUEST || code === GSS_REQUEST) this.answer(Buffer.from('N'));
    else if (code === STARTUP) {
      this.#isStarted = true;
      this.#frames.begin();
      this.answer(GREETING);
    } else this.evict();
  }

  #take(message: Buffer): void {
    const type = message[0];
    if (type === TERMINATE) {
      this.#socket.end();
      return;
    }
    this.#unit.push(message);
    if (type !== QUERY && type !== SYNC && type !== FLUSH) return;
    this.#turns.add(this, this.#unit);
    this.#unit = [];
  }
}

/** AuthenticationOk, what clients want to know, and ReadyForQuery: the socket's mode has let this user in. */
const GREETING = Buffer.concat([
  typed('R', Buffer.from([0, 0, 0, 0])),
  ...Object.entries({
    client_encoding: 'UTF8',
    DateStyle: 'ISO, MDY',
    integer_datetimes: 'on',
    server_encoding: 'UTF8',
    server_version: '18.0',
    standard_conforming_strings: 'on',
  }).map(([name, value]) => typed('S', Buffer.from(`${name}\0${value}\0`))),
  typed('Z', Buffer.from('I')),
]);

function typed(type: string, body: Buffer): Buffer {
  const bytes = Buffer.alloc(5 + body.length);
  bytes.write(type, 0, 'latin1');
  bytes.writeUInt32BE(4 + body.length, 1);
  body.copy(bytes, 5);
  return bytes;
}
