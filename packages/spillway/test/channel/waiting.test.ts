/** How long send and receive may take, what is left then, and back-pressure. */
import { describe, expect, it } from 'vitest';
import {
  ChannelEndedError,
  type ChannelReader,
  ChannelTimeoutError,
  type ChannelWriter,
  inherited,
  PeerGoneError,
  pipe,
} from '../../src/channel.js';
import type { ByteStream } from '../../src/index.js';
import { createPipe } from '../../src/pipe.js';
import { failureOf, startPeer } from '../helpers/channels.js';
import { checkForLeaks, until } from '../helpers/leaks.js';

checkForLeaks();

const KIB = 1024;

describe('A receive() that is given up', () => {
  it('in the middle of a message loses nothing: the next one gets it whole', async () => {
    const { reader, write, end } = rawReader();
    const frame = Buffer.concat([Buffer.from([0, 3, 0x0d, 0x40]), Buffer.alloc(200_000, 'm')]);
    // The header in two parts, the body in three, with a receive in each gap.
    for (const [from, to] of [
      [0, 2],
      [2, 10],
      [10, 70_000],
      [70_000, 199_999],
    ] as const) {
      const waiting = failureOf(reader.receive({ timeout: 30 }));
      await write(frame.subarray(from, to));
      const error = await waiting;
      expect(error).toBeInstanceOf(ChannelTimeoutError);
      expect(error).toMatchObject({ operation: 'receive', timeoutMs: 30, delivery: 'under way' });
      expect(error.message).toBe(
        'receive timed out after 30 ms: a message has begun to come; the next receive gets it whole',
      );
    }
    const waiting = reader.receive();
    await write(frame.subarray(199_999));
    expect((await waiting).equals(Buffer.alloc(200_000, 'm'))).toBe(true);
    end();
    reader.close();
  });

  it('before a byte has come loses nothing', async () => {
    const { reader, writer } = pipe();
    const error = await failureOf(reader.receive({ timeout: 20 }));
    expect(error).toMatchObject({ delivery: 'none', code: 'ERR_CHANNEL_TIMEOUT' });
    expect(error.message).toBe('receive timed out after 20 ms: no message came');
    void writer.send('late');
    expect(await reader.receive({ timeout: '10s' })).toBe('late');
    reader.close();
    writer.close();
  });

  it('by a signal rejects with its reason, and the next in line are served', async () => {
    const { reader, writer } = pipe();
    const controller = new AbortController();
    const first = failureOf(reader.receive({ signal: controller.signal }));
    const second = reader.receive();
    const third = failureOf(reader.receive({ signal: controller.signal, timeout: '1h' }));
    const fourth = reader.receive({ timeout: '1h' });
    const reason = new Error('enough');
    controller.abort(reason);
    expect([await first, await third]).toEqual([reason, reason]);
    expect(await failureOf(reader.receive({ signal: controller.signal }))).toBe(reason);
    void writer.send(2);
    void writer.send(4);
    expect([await second, await fourth]).toEqual([2, 4]);
    reader.close();
    writer.close();
  });

  it('by its timeout counts from the call, not from the last byte', async () => {
    const { reader, write, end } = rawReader();
    await write(Buffer.from([0, 0, 0, 100]));
    const waiting = failureOf(reader.receive({ timeout: 200 }));
    const began = performance.now();
    // A byte now and then must not put it off.
    let isOver = false;
    const dripping = (async () => {
      for (let i = 0; i < 99 && !isOver; i++) {
        await write(Buffer.from('.'));
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    })();
    expect(await waiting).toBeInstanceOf(ChannelTimeoutError);
    isOver = true;
    expect(performance.now() - began).toBeLessThan(900);
    await dripping;
    end();
    reader.close();
  });
});

describe('A send() that is given up', () => {
  it('before it is written leaves no byte of itself, and the channel goes on', async () => {
    const { reader, writer } = pipe<{ i: number; text: string }>();
    const text = 'x'.repeat(1000);
    let sent = 0;
    // The pipe is not read: it is full when a send is pending after some turns of the event loop.
    for (let isFull = false; !isFull; ) {
      isFull = true;
      void writer.send({ i: sent++, text }).then(() => {
        isFull = false;
      });
      for (let turn = 0; turn < 5 && isFull; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
    const error = await failureOf(writer.send({ i: -1, text }, { timeout: 20 }));
    expect(error).toBeInstanceOf(ChannelTimeoutError);
    expect(error).toMatchObject({ operation: 'send', delivery: 'withdrawn' });
    expect(error.message).toMatch(
      'send timed out after 20 ms: the other side does not read; nothing of the message',
    );
    const controller = new AbortController();
    const aborted = failureOf(writer.send({ i: -2, text }, { signal: controller.signal }));
    const patient = writer.send({ i: sent++, text }, { timeout: '1h' });
    const behind = writer.send({ i: sent++, text });
    controller.abort(new Error('no more'));
    expect((await aborted).message).toBe('no more');
    for (let i = 0; i < sent; i++) expect(await reader.receive()).toEqual({ i, text });
    await patient;
    await behind;
    await writer.end();
    await expect(reader.receive()).rejects.toThrow('has ended the channel');
    reader.close();
  });

  it('leaves end() in line behind the others', async () => {
    const { reader, writer } = pipe({ codec: 'raw', capacity: 4096 });
    const sends = [writer.send(Buffer.alloc(300_000))];
    for (let i = 0; i < 20; i++) sends.push(writer.send(`${i}`, i % 2 === 0 ? { timeout: '1h' } : undefined));
    const ending = writer.end();
    expect((await reader.receive()).length).toBe(300_000);
    for (let i = 0; i < 20; i++) expect((await reader.receive()).toString()).toBe(String(i));
    await Promise.all([...sends, ending]);
    expect(await failureOf(reader.receive())).toBeInstanceOf(ChannelEndedError);
    reader.close();
  });

  it('when a part of a large message is written, is completed from a copy', async () => {
    const { reader, writer } = pipe({ codec: 'raw' });
    const bytes = Buffer.alloc(1_000_000, 'a');
    const error = await failureOf(writer.send(bytes, { timeout: 30 }));
    expect(error).toMatchObject({ delivery: 'under way' });
    expect(error.message).toMatch('a part of the message is written, and the rest follows');
    // They are ours again.
    bytes.fill('b');
    const next = writer.send('next');
    expect((await reader.receive()).equals(Buffer.alloc(1_000_000, 'a'))).toBe(true);
    expect((await reader.receive()).toString()).toBe('next');
    await next;
    reader.close();
    writer.close();
  });

  it('with a timeout of 0 is sent when there is room, and withdrawn otherwise', async () => {
    const { reader, writer } = pipe({ codec: 'raw', capacity: 4096 });
    await writer.send('small', { timeout: 0 });
    await failureOf(writer.send(Buffer.alloc(500 * KIB), { timeout: 0 }));
    await failureOf(writer.send('x', { timeout: 0 }));
    expect((await reader.receive()).toString()).toBe('small');
    expect((await reader.receive()).length).toBe(500 * KIB);
    void writer.send('y');
    expect((await reader.receive()).toString()).toBe('y');
    reader.close();
    writer.close();
  });

  it('because its channel is closed rejects with ChannelClosedError', async () => {
    const { reader, writer } = pipe({ codec: 'raw' });
    const large = failureOf(writer.send(Buffer.alloc(1_000_000)));
    const waits = failureOf(writer.send('x', { timeout: '1h' }));
    writer.close();
    expect((await large).message).toMatch('was closed here');
    expect((await waits).message).toMatch('was closed here');
    reader.close();
  });
});

describe('Back-pressure', () => {
  it('holds senders while the channel is not read, in little memory, and ends when it is', async () => {
    const { reader, writer } = pipe();
    const child = startPeer(
      `
      const jobs = inherited('jobs');
      await jobs.receive();
      console.log('stopped');
      process.kill(process.pid, 'SIGSTOP');
      let count = 1;
      for await (const job of jobs) count++;
      console.log(count);
      `,
      { jobs: reader },
      { stdout: 'stream' },
    );
    const lines = (child.stdout as ByteStream).lines();
    let sent = 0;
    await writer.send({ i: sent++, text: 'x'.repeat(100) });
    expect((await lines.next()).value).toBe('stopped');
    const before = process.memoryUsage();
    const stop = 200_000;
    const sending = (async () => {
      while (sent < stop) await writer.send({ i: sent++, text: 'x'.repeat(100) });
      await writer.end();
    })();
    // It stands still when the pipe and what may wait here are full.
    let last = -1;
    let same = 0;
    await until(() => {
      same = sent === last ? same + 1 : 0;
      last = sent;
      return same > 20;
    });
    expect(sent).toBeLessThan(20_000);
    const now = process.memoryUsage();
    expect(now.arrayBuffers + now.external - before.arrayBuffers - before.external).toBeLessThan(
      8 * KIB * KIB,
    );
    child.kill('SIGCONT');
    await sending;
    expect((await lines.next()).value).toBe(String(stop));
    await child.result;
  });

  it('reaches the writer when the reader takes messages slowly', async () => {
    const { reader, writer } = pipe({ codec: 'raw' });
    let sent = 0;
    let isOver = false;
    const sending = (async () => {
      while (!isOver) {
        await writer.send(Buffer.alloc(10 * KIB));
        sent++;
      }
      await writer.end();
    })();
    for (let i = 0; i < 20; i++) {
      await reader.receive();
      await new Promise((resolve) => setTimeout(resolve, 5));
      // What the pipe holds, and what waits on either side.
      expect((sent - i) * 10).toBeLessThan(64 + 3 * 64 + 40);
    }
    isOver = true;
    for await (const _ of reader);
    await sending;
    reader.close();
  });

  it('holds sends with and without a timeout, in their order', async () => {
    const { reader, writer } = pipe<number[]>({ capacity: 4096 });
    const sending = (async () => {
      for (let i = 0; i < 2000; i++)
        await writer.send(Array(100).fill(i), i % 2 === 0 ? { timeout: '1h' } : {});
      await writer.end();
    })();
    let i = 0;
    for await (const [n] of reader) expect(n).toBe(i++);
    expect(i).toBe(2000);
    await sending;
    reader.close();
  });

  it('lets timers run though neither side ever waits', async () => {
    const { reader, writer } = pipe<number>();
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    // Time of its own: on a machine with other work 300 ms of the clock may be one turn of the loop.
    const began = process.cpuUsage();
    const used = () => process.cpuUsage(began).user / 1000;
    const sending = (async () => {
      for (let i = 0; used() < 300; i++) await writer.send(i);
      await writer.end();
    })();
    for await (const _ of reader);
    await sending;
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(10);
    reader.close();
  });
});

/** A reader of raw messages, and the other end of its pipe, to write anything to. */
function rawReader() {
  const { reader, writer } = createPipe();
  // An end of a channel on a pipe of our own, as a child has it.
  const name = `raw${Math.random().toString(36).slice(2)}`;
  const fd = reader.release();
  const before = process.env.SPILLWAY_CHANNELS;
  process.env.SPILLWAY_CHANNELS = `${name}=${fd}r:raw`;
  const end = inherited<ChannelReader<Buffer>>(name);
  if (before === undefined) delete process.env.SPILLWAY_CHANNELS;
  else process.env.SPILLWAY_CHANNELS = before;
  const write = async (bytes: Buffer) => {
    for (let rest = bytes; rest.length > 0; ) {
      const outcome = writer.write(rest);
      if (outcome.kind === 'bytes') rest = rest.subarray(outcome.count);
      else await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  return { reader: end, write, end: () => writer.close() };
}

it('A channel whose reader is closed rejects every pending send with PeerGoneError', async () => {
  const { reader, writer } = pipe({ codec: 'raw' });
  const typed: ChannelWriter<Uint8Array | string> = writer;
  const large = failureOf(typed.send(Buffer.alloc(1_000_000)));
  const bounded = failureOf(typed.send('x', { timeout: '1h' }));
  const unbounded = failureOf(typed.send('y'));
  reader.close();
  for (const failure of [large, bounded, unbounded]) expect(await failure).toBeInstanceOf(PeerGoneError);
  expect(await failureOf(typed.send('z'))).toBeInstanceOf(PeerGoneError);
  expect(await failureOf(typed.end())).toBeInstanceOf(PeerGoneError);
  typed.close();
});
