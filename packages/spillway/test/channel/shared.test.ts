/** Several processes that write into one pipe. */
import { describe, expect, it } from 'vitest';
import {
  ChannelBusyError,
  ChannelClosedError,
  ChannelEndedError,
  ChannelTimeoutError,
  MessageLostError,
  MessageTooLargeError,
  OptionError,
  PeerGoneError,
  SharedReader,
  SharedWriter,
  sharedPipe,
} from '../../src/channel.js';
import { type Child, run, start } from '../../src/index.js';
import { failureOf, programOf, startPeer } from '../helpers/channels.js';
import { checkForLeaks, openDescriptors, until } from '../helpers/leaks.js';
import { ticksOf, untilItWaits } from '../helpers/processes.js';

checkForLeaks();

const MIB = 1024 * 1024;

/** Sends messages of 1 KiB and 100 KiB in turn; each says whose it is and which. */
const sender = (who: number, count: number) => `
  const log = inherited('log');
  for (let i = 0; i < ${count}; i++) {
    const body = Buffer.alloc(i % 2 === 0 ? 1024 : 102_400, 16 * ${who} + (i % 16));
    body.writeUInt32BE(${who}, 0);
    body.writeUInt32BE(i, 4);
    await log.send(body);
  }
  await log.end();
`;

/** What is wrong with a message of such a sender, the next of whom is to be this one. */
function problemOf(message: Buffer, index: number): string | undefined {
  const [who, i] = [message.readUInt32BE(0), message.readUInt32BE(4)];
  if (i !== index) return `${who}: ${i} in the place of ${index}`;
  if (message.length !== (i % 2 === 0 ? 1024 : 102_400)) return `${who}: ${i} has ${message.length} bytes`;
  const rest = message.subarray(8);
  return rest.equals(Buffer.alloc(rest.length, 16 * who + (i % 16))) ? undefined : `${who}: ${i} is mixed`;
}

/** Passes a writer of its own on to each. */
function startSenders(writer: SharedWriter<Uint8Array | string>, count: number, each: number): Child[] {
  return Array.from({ length: count }, (_, who) =>
    startPeer(sender(who, each), { log: writer.share() }, { stderr: 'inherit' }),
  );
}

describe('8 processes on one pipe', () => {
  it('mix messages of 1 and 100 KiB, each whole and in order, and the last one ends the pipe', async () => {
    const { reader, writer } = sharedPipe({ codec: 'raw' });
    const each = 200;
    const senders = startSenders(writer, 8, each);
    await writer.end();
    const next = Array.from({ length: 8 }, () => 0);
    const problems: string[] = [];
    for await (const message of reader) {
      const who = message.readUInt32BE(0);
      const problem = problemOf(message, next[who] as number);
      if (problem) problems.push(problem);
      next[who] = (next[who] as number) + 1;
    }
    expect(problems).toEqual([]);
    expect(next).toEqual(next.map(() => each));
    await expect(reader.receive()).rejects.toThrow(ChannelEndedError);
    for (const child of senders) await child.result;
  });
});

describe('A shared writer', () => {
  it('learns its kind and its codec, and can share itself', async () => {
    const { reader, writer } = sharedPipe<unknown[]>();
    const inner = programOf(`
      const [, word] = process.env.SPILLWAY_CHANNELS.split(':');
      await inherited('out').send(['grandchild', word]);
    `);
    const child = startPeer(
      `
      const log = inherited('log');
      await log.send(['child', log.constructor.name, log === inherited('log')]);
      await run(process.execPath, [${JSON.stringify(inner)}], { channels: { out: log.share() } });
      await log.send(['child again']);
      await log.end();
      `,
      { log: writer },
    );
    const messages: unknown[] = [];
    for await (const message of reader) messages.push(message);
    expect(await child.result).toMatchObject({ ok: true, stderr: '' });
    expect(messages).toEqual([
      ['child', 'SharedWriter', true],
      ['grandchild', 'shared/json'],
      ['child again'],
    ]);
  });

  it('reaches all programs that a shell starts, each with an identity of its own', async () => {
    const { reader, writer } = sharedPipe<number>();
    const program = programOf(`
      const log = inherited('log');
      for (let i = 0; i < 100; i++) await log.send(i);
      await log.end();
    `);
    const node = `"${process.execPath}" "${program}"`;
    const child = start('sh', ['-c', `${node} & ${node}; wait`], { channels: { log: writer } });
    let sum = 0;
    let count = 0;
    for await (const number of reader) {
      sum += number;
      count++;
    }
    expect({ sum, count }).toEqual({ sum: 2 * 4950, count: 200 });
    await child.result;
  });

  it('of this process may be one of several', async () => {
    const { reader, writer } = sharedPipe<string>();
    using other = writer.share();
    await Promise.all([writer.send('a'), other.send('b')]);
    expect(new Set([await reader.receive(), await reader.receive()])).toEqual(new Set(['a', 'b']));
    await writer.end();
    await other.send('c');
    expect(await reader.receive()).toBe('c');
    await other.end();
    await expect(reader.receive()).rejects.toThrow(ChannelEndedError);
  });

  it('refuses to be used once it is passed on, ended or closed, and may be closed', async () => {
    const { reader, writer } = sharedPipe();
    await run('true', { channels: { log: writer } });
    expect(await failureOf(writer.send(1))).toMatchObject({ name: 'ChannelClosedError', state: 'passed on' });
    expect(() => writer.share()).toThrow(ChannelClosedError);
    writer.close();
    await expect(reader.receive()).rejects.toThrow(ChannelEndedError);
  });

  it('gets PeerGoneError when the reader has gone', async () => {
    const { reader, writer } = sharedPipe();
    using other = writer.share();
    reader.close();
    expect(await failureOf(writer.send(1))).toBeInstanceOf(PeerGoneError);
    expect(await failureOf(writer.end())).toBeInstanceOf(PeerGoneError);
    expect(() => writer.share()).toThrow(PeerGoneError);
    // One more can be made, and finds it out as well.
    using third = other.share();
    expect(await failureOf(third.send(1))).toBeInstanceOf(PeerGoneError);
    const waiting = other.send('x'.repeat(200_000));
    expect(await failureOf(waiting)).toBeInstanceOf(PeerGoneError);
  });

  it('cannot be passed on while messages wait in it, which are written all the same', async () => {
    const { reader, writer } = sharedPipe({ codec: 'raw' });
    const sending = writer.send(Buffer.alloc(MIB, 7));
    const refused = await failureOf(run('true', { channels: { log: writer } }));
    expect(refused).toMatchObject({ name: 'OptionError', cause: expect.any(ChannelBusyError) });
    const small = Array.from({ length: 10 }, (_, index) => writer.send(`small ${index}`));
    const ending = writer.end();
    const lengths: number[] = [];
    for await (const message of reader) lengths.push(message.length);
    await Promise.all([sending, ending, ...small]);
    expect(lengths).toEqual([MIB, ...small.map(() => 7)]);
  });

  it('has a limit on its messages, and goes on after it', async () => {
    const { reader, writer } = sharedPipe<string>({ limit: 10 });
    expect(await failureOf(writer.send('far too long'))).toBeInstanceOf(MessageTooLargeError);
    await writer.send('short');
    expect(await reader.receive()).toBe('short');
    writer.close();
    reader.close();
  });
});

describe('A full shared pipe', () => {
  it('holds its senders up, and their memory does not grow', async () => {
    const { reader, writer } = sharedPipe({ codec: 'raw', capacity: 65536 });
    let accepted = 0;
    const sending = (async () => {
      for (let i = 0; i < 1000; i++) {
        await writer.send(Buffer.alloc(1000, i));
        accepted++;
      }
      await writer.end();
    })();
    await until(() => accepted > 60);
    const before = accepted;
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(accepted).toBe(before);
    // The pipe's worth, and as much again that waits here.
    expect(accepted).toBeLessThan(140);
    let next = 0;
    for await (const message of reader) expect(message[0]).toBe(next++ % 256);
    expect(next).toBe(1000);
    await sending;
  });

  it('makes send() with a timeout take its half-written message back, and the writer goes on', async () => {
    const { reader, writer } = sharedPipe<string>({ capacity: 65536 });
    const late = failureOf(writer.send('l'.repeat(300_000), { timeout: 20 }));
    const behind = writer.send('behind');
    const controller = new AbortController();
    const given = failureOf(writer.send('g'.repeat(100_000), { signal: controller.signal }));
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await given).toBe(reason);
    const error = await late;
    expect(error).toBeInstanceOf(ChannelTimeoutError);
    expect(error).toMatchObject({ operation: 'send', delivery: 'withdrawn', timeoutMs: 20 });
    const large = writer.send('m'.repeat(200_000), { timeout: '20s' });
    expect(await reader.receive()).toBe('behind');
    expect(await reader.receive()).toHaveLength(200_000);
    await Promise.all([behind, large]);
    await writer.send('last');
    await writer.end();
    expect(await reader.receive()).toBe('last');
    await expect(reader.receive()).rejects.toThrow(ChannelEndedError);
  });

  it('costs a waiting writer no processor time', async () => {
    const { reader, writer } = sharedPipe({ codec: 'raw' });
    const child = startPeer(
      `
      const log = inherited('log');
      await log.send(Buffer.alloc(400_000));
      process.stdout.write('written');
      await log.end();
      `,
      { log: writer },
    );
    await untilItWaits(child.pid as number);
    const before = ticksOf(child.pid as number);
    await untilItWaits(child.pid as number);
    expect(ticksOf(child.pid as number) - before).toBeLessThanOrEqual(1);
    expect((await reader.receive()).length).toBe(400_000);
    expect(await child.result).toMatchObject({ stdout: 'written', stderr: '' });
    reader.close();
  });
});

describe('The death of a writer in the middle of a message', () => {
  const CUT = `
    const log = inherited('log');
    await log.send('before');
    await log.send('x'.repeat(5_000_000));
  `;

  it('is reported while the others go on, and the remains of the message are dropped', async () => {
    const { reader, writer } = sharedPipe<string>();
    const child = startPeer(CUT, { log: writer.share() });
    expect(await reader.receive()).toBe('before');
    await untilItWaits(child.pid as number);
    child.kill('SIGKILL');
    const lost = await failureOf(reader.receive());
    expect(lost).toBeInstanceOf(MessageLostError);
    expect(lost).toMatchObject({ reason: 'writer died', pid: child.pid, expectedBytes: 5_000_002 });
    await writer.send('after');
    expect(await reader.receive()).toBe('after');
    await writer.end();
    await expect(reader.receive()).rejects.toThrow(ChannelEndedError);
    await child.result;
  });

  it('is reported at the end of the pipe when it was the last writer', async () => {
    const { reader, writer } = sharedPipe<string>();
    const child = startPeer(CUT, { log: writer });
    expect(await reader.receive()).toBe('before');
    await untilItWaits(child.pid as number);
    child.kill('SIGKILL');
    await child.result;
    expect(await failureOf(reader.receive())).toMatchObject({
      name: 'MessageLostError',
      reason: expect.stringMatching(/channel ended|writer died/),
    });
    await expect(reader.receive()).rejects.toThrow(ChannelEndedError);
  });

  it('ends one loop over the messages with an error, and the next loop goes on', async () => {
    const { reader, writer } = sharedPipe<string>({ pendingLimit: 100_000 });
    const sent = [writer.send('a'), writer.send('b'.repeat(200_000)), writer.send('c'), writer.end()];
    const taken: string[] = [];
    const loop = async () => {
      for await (const message of reader) taken.push(message);
    };
    expect(await failureOf(loop())).toMatchObject({
      name: 'MessageLostError',
      reason: 'memory',
      expectedBytes: 200_002,
    });
    await loop();
    expect(taken).toEqual(['a', 'c']);
    await Promise.all(sent);
  });
});

it('A shared writer that is closed in the middle of a message takes it back', async () => {
  const { reader, writer } = sharedPipe<string>({ capacity: 65536 });
  using other = writer.share();
  const cut = failureOf(writer.send('x'.repeat(300_000)));
  writer.close();
  expect(await cut).toBeInstanceOf(ChannelClosedError);
  const after = other.send('after');
  expect(await reader.receive()).toBe('after');
  await after;
  await other.end();
  expect(await failureOf(reader.receive())).toMatchObject({ reason: 'channel ended', pid: process.pid });
  await expect(reader.receive()).rejects.toThrow(ChannelEndedError);
});

it('A shared reader learns its kind in the child to which it is passed on', async () => {
  const { reader, writer } = sharedPipe<string>();
  const child = startPeer(
    `
    const jobs = inherited('jobs', { pendingLimit: 1_000_000 });
    for await (const message of jobs) console.log(message.length);
    `,
    { jobs: reader },
  );
  await writer.send('x'.repeat(100_000));
  await writer.send('y');
  await writer.end();
  expect(await child.result).toMatchObject({ stdout: '100000\n1', stderr: '' });
});

it('sharedPipe() refuses wrong options', () => {
  for (const options of [{ pendingLimit: -1 }, { limit: 'much' }, { codec: 'xml' }, { atomic: true }])
    expect(() => sharedPipe(options as never)).toThrow(OptionError);
});

it('1,000 shared writers leave no descriptor', async () => {
  const before = openDescriptors().size;
  const { reader, writer } = sharedPipe<number>();
  for (let i = 0; i < 1000; i++) {
    using one = writer.share();
    void one.send(i);
    expect(await reader.receive()).toBe(i);
  }
  writer.close();
  expect(reader).toBeInstanceOf(SharedReader);
  expect(writer).toBeInstanceOf(SharedWriter);
  reader.close();
  expect(openDescriptors().size).toBe(before);
});
