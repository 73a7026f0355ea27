/**
 * What reads and writes pipes on Bun and Deno, here on Node: it relies on no part of libuv. How it behaves on
 * those is tried by scripts/platforms.
 */
import { openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WatchedReading, WatchedWriting } from '../../src/system/descriptor/watched.js';
import { bytesAvailable, closeDescriptor, createPipe, readSome, writeSome } from '../../src/system/index.js';
import { obstacleOf } from '../../src/system/libc/runtime.js';
import { checkForLeaks, scratchDirectory, until } from '../helpers/leaks.js';

checkForLeaks();

const text = (value: string) => Buffer.from(value);

/** Reads into `chunks`; says no to each one for which `goesOn` does. */
function reading(fd: number, goesOn: (chunk: string) => boolean = () => true) {
  const state = { chunks: [] as string[], ended: 0 };
  const buffer = Buffer.alloc(65_536);
  const reader = new WatchedReading(fd, {
    buffer,
    callback: (count) => {
      const chunk = buffer.toString('latin1', 0, count);
      state.chunks.push(chunk);
      return goesOn(chunk);
    },
    ended: () => {
      state.ended++;
      reader.destroy();
    },
  });
  return { state, reader };
}

describe('A watched pipe', () => {
  it('gives what comes, and then the end, once', async () => {
    const { read, write } = createPipe('testing');
    const { state } = reading(read);
    for (const piece of ['one', 'two']) {
      writeSome(write, text(piece), 3);
      await until(() => state.chunks.at(-1) === piece);
    }
    writeSome(write, text('last'), 4);
    closeDescriptor(write);
    await until(() => state.ended > 0);
    expect(state).toEqual({ chunks: ['one', 'two', 'last'], ended: 1 });
  });

  it('leaves the bytes in the pipe while it is paused', async () => {
    const { read, write } = createPipe('testing');
    const { state, reader } = reading(read, (chunk) => chunk !== 'stop');
    writeSome(write, text('stop'), 4);
    await until(() => state.chunks.length === 1);
    writeSome(write, text('more'), 4);
    // The event loop turns some times.
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 5));
    expect([state.chunks, bytesAvailable(read)]).toEqual([['stop'], 4]);
    reader.resume();
    await until(() => state.chunks.length === 2);
    closeDescriptor(write);
    await until(() => state.ended === 1);
  });

  it('is one of many, each of which gets its own', async () => {
    const many = Array.from({ length: 200 }, () => createPipe('testing'));
    const states = many.map(({ read }) => reading(read).state);
    for (const [i, { write }] of many.entries()) {
      writeSome(write, text(`${i}`), `${i}`.length);
      closeDescriptor(write);
    }
    await until(() => states.every(({ ended }) => ended === 1));
    expect(states.map(({ chunks }) => chunks.join())).toEqual(many.map((_, i) => `${i}`));
  });

  it('is looked at from time to time where epoll takes it not, as a file', async () => {
    const path = join(scratchDirectory(), 'file');
    writeFileSync(path, 'in a file');
    const { state } = reading(openSync(path, 'r'));
    await until(() => state.ended === 1);
    expect(state.chunks).toEqual(['in a file']);
  });

  it('can be closed by what it calls', async () => {
    const pipes = [createPipe('testing'), createPipe('testing')] as const;
    const readers: WatchedReading[] = [];
    let calls = 0;
    for (const { read, write } of pipes) {
      const buffer = Buffer.alloc(16);
      const callback = () => {
        calls++;
        for (const one of readers) one.destroy();
        return true;
      };
      readers.push(new WatchedReading(read, { buffer, callback, ended: () => {} }));
      writeSome(write, text('x'), 1);
    }
    await until(() => calls > 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(calls).toBe(1);
    for (const { write } of pipes) closeDescriptor(write);
  });
});

describe('A watched write end', () => {
  it('takes more than the pipe holds, as it is read, and closes it at its end', async () => {
    const { read, write } = createPipe('testing');
    const stream = new WatchedWriting(write);
    const whole = Buffer.from(Array.from({ length: 500_000 }, (_, i) => i % 251));
    stream.end(whole);
    await until(() => bytesAvailable(read) === 65_536);
    expect(stream.unsentBytes).toBe(500_000 - 65_536);
    const parts: Buffer[] = [];
    await until(() => {
      for (const buffer = Buffer.alloc(65_536); ; ) {
        const count = bytesAvailable(read) > 0 ? readSome(read, buffer, buffer.length) : 0;
        if (count === 0) break;
        parts.push(Buffer.from(buffer.subarray(0, count)));
      }
      return stream.closed;
    });
    expect(Buffer.concat(parts).equals(whole)).toBe(true);
    expect(readSome(read, Buffer.alloc(1), 1)).toBe(0);
    closeDescriptor(read);
  });

  it('fails with EPIPE as node:fs does, once no reader is left', async () => {
    const { read, write } = createPipe('testing');
    const stream = new WatchedWriting(write);
    const errors: unknown[] = [];
    stream.on('error', (error) => errors.push(error));
    stream.write(Buffer.alloc(200_000));
    await until(() => bytesAvailable(read) === 65_536);
    closeDescriptor(read);
    await until(() => stream.closed);
    expect(errors).toEqual([expect.objectContaining({ code: 'EPIPE', syscall: 'write' })]);
  });

  it('tells the write that was under way when it is destroyed', async () => {
    const { read, write } = createPipe('testing');
    const stream = new WatchedWriting(write);
    const told: unknown[] = [];
    stream.write(Buffer.alloc(200_000), (error) => told.push((error as NodeJS.ErrnoException | null)?.code));
    await until(() => bytesAvailable(read) === 65_536);
    stream.destroy();
    await until(() => told.length === 1 && stream.closed);
    expect(told).toEqual(['ECANCELED']);
    closeDescriptor(read);
  });
});

describe('A runtime', () => {
  it.each([
    ['node', '20.19.0', 'darwin', undefined],
    ['bun', '1.4.0', 'linux', undefined],
    ['bun', '2.0.1', 'linux', undefined],
    ['deno', '2.8.0', 'linux', undefined],
    ['bun', '1.3.14', 'linux', 'Bun 1.3.14 is too old: it takes Bun 1.4 or later'],
    ['deno', '1.46.3', 'linux', 'Deno 1.46.3 is too old: it takes Deno 2.8 or later'],
    ['deno', '2.9.6', 'darwin', 'Deno was tried on Linux alone'],
  ] as const)('%s %s on %s is trusted, or the reason is told', (name, version, system, obstacle) => {
    expect(obstacleOf(name, version, system)).toBe(obstacle);
  });
});
