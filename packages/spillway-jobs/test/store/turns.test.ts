/** Turns of clients at an engine that tells when it is asked, and breaks down when the test wants it. */

import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Frames, STARTUP } from '../../src/store/embedded/frames.js';
import { SocketServer } from '../../src/store/embedded/server.js';
import { type Client, type Engine, Turns } from '../../src/store/embedded/turns.js';

const READY = (state: string) => Buffer.from(`Z\0\0\0\x05${state}`, 'latin1');

class FakeEngine implements Engine {
  readonly asked: string[] = [];
  /** What each message is answered with. */
  answer: (text: string) => Buffer | Promise<Buffer> = () => READY('I');

  async execProtocolRawStream(message: Uint8Array, options: { onRawData: (data: Uint8Array) => void }) {
    const text = Buffer.from(message).toString('latin1');
    this.asked.push(text);
    options.onRawData(await this.answer(text));
  }

  runExclusive<T>(body: () => Promise<T>): Promise<T> {
    return body();
  }
}

class FakeClient implements Client {
  received = '';
  isEvicted = false;
  answer(bytes: Buffer): void {
    this.received += bytes.toString('latin1');
  }
  evict(): void {
    this.isEvicted = true;
  }
}

const of = (...texts: string[]) => texts.map((text) => Buffer.from(text));
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('turns', () => {
  it('keep the messages of a unit together, and clients in order', async () => {
    const engine = new FakeEngine();
    engine.answer = async (text) => {
      await settled();
      return /3$/.test(text) ? READY('I') : Buffer.from('1');
    };
    const turns = new Turns(engine, () => {});
    const clients = [new FakeClient(), new FakeClient()];
    for (const [index, client] of clients.entries())
      for (const round of ['a', 'b'])
        turns.add(client, of(...[1, 2, 3].map((part) => `${index}${round}${part}`)));
    await expect.poll(() => engine.asked.length).toBe(12);
    expect(engine.asked.join(' ')).toBe('0a1 0a2 0a3 0b1 0b2 0b3 1a1 1a2 1a3 1b1 1b2 1b3');
    await expect.poll(() => clients.some((client) => turns.isBusy(client))).toBe(false);
    expect(clients[0]?.received).toBe(clients[1]?.received);
  });

  it('let none between the statements of a transaction', async () => {
    const engine = new FakeEngine();
    engine.answer = (text) => READY(text === 'begin' ? 'T' : 'I');
    const turns = new Turns(engine, () => {});
    const [one, two] = [new FakeClient(), new FakeClient()];
    turns.add(one, of('begin'));
    turns.add(two, of('other'));
    await settled();
    expect(engine.asked).toEqual(['begin']);
    turns.add(one, of('commit'));
    await expect.poll(() => engine.asked).toEqual(['begin', 'commit', 'other']);
  });

  it.each(['while it waits', 'while its statement runs'])(
    'undo the transaction of a client that leaves %s, before another is served',
    async (when) => {
      const engine = new FakeEngine();
      let go: (() => void) | undefined;
      engine.answer = async (text) => {
        if (text === 'begin' && when !== 'while it waits')
          await new Promise<void>((resolve) => {
            go = resolve;
          });
        return READY(text === 'begin' ? 'T' : 'I');
      };
      const turns = new Turns(engine, () => {});
      const [one, two] = [new FakeClient(), new FakeClient()];
      turns.add(one, of('begin'));
      if (when === 'while it waits') await settled();
      else turns.add(one, of('never asked'));
      turns.add(two, of('other'));
      turns.leave(one);
      go?.();
      await expect.poll(() => engine.asked.at(-1)).toBe('other');
      expect(engine.asked.slice(-3)).toEqual(['S\0\0\0\x04', 'Q\0\0\0\rrollback\0', 'other']);
      expect(engine.asked).not.toContain('never asked');
      expect(turns.isBusy(one)).toBe(false);
    },
  );

  it('end when the engine breaks down: all connections are cut, and the caller is told', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'spillway-jobs-'));
    const path = join(directory, 's');
    const engine = new FakeEngine();
    engine.answer = () => Promise.reject(new Error('memory access out of bounds'));
    const faults: unknown[] = [];
    const server = new SocketServer(engine, path, (error) => faults.push(error));
    await server.listen();
    try {
      const sockets = [connect(path), connect(path)];
      let open = 2;
      for (const socket of sockets) {
        socket.on('error', () => {});
        socket.on('data', () => {});
        socket.on('close', () => open--);
        const startup = Buffer.alloc(9);
        startup.writeUInt32BE(9, 0);
        startup.writeUInt32BE(STARTUP, 4);
        socket.write(startup);
      }
      const query = Buffer.from('Q\0\0\0\x0bselect\0', 'latin1');
      sockets[0]?.write(query);
      await expect.poll(() => open).toBe(0);
      expect(faults).toMatchObject([{ message: 'memory access out of bounds' }]);
    } finally {
      await server.close();
      rmSync(directory, { recursive: true });
    }
  });
});

describe('frames', () => {
  it('are the same however they are cut', () => {
    const body = (length: number) => {
      const bytes = Buffer.alloc(5 + length, length);
      bytes.write('Q', 0);
      bytes.writeUInt32BE(4 + length, 1);
      return bytes;
    };
    const startup = Buffer.alloc(20, 1);
    startup.writeUInt32BE(20, 0);
    const whole = [startup, ...[0, 1, 3, 300, 0, 0, 70].map(body)];
    const all = Buffer.concat(whole);
    for (const size of [1, 2, 3, 5, 7, 64, 1000]) {
      const frames = new Frames();
      const found: Buffer[] = [];
      for (let at = 0; at < all.length; at += size) {
        frames.add(all.subarray(at, at + size));
        for (let next = frames.next(); next; next = frames.next()) {
          found.push(Buffer.from(next));
          if (found.length === 1) frames.begin();
        }
      }
      expect(found).toEqual(whole);
    }
  });

  it('refuse a length that no message has', () => {
    const frames = new Frames();
    frames.add(Buffer.from([0, 0, 0, 3, 0, 0, 0, 0]));
    expect(() => frames.next()).toThrow(/3 bytes/);
  });
});
