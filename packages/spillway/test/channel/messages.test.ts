/** Messages between two ends: order, codecs, waiting, the end. */
import { describe, expect, it } from 'vitest';
import {
  type Channel,
  ChannelClosedError,
  ChannelEndedError,
  ChannelError,
  ChannelTimeoutError,
  type Codec,
  CodecError,
  duplex,
  MessageTooLargeError,
  OptionError,
  PeerGoneError,
  pipe,
} from '../../src/channel.js';
import { failureOf, startPeer } from '../helpers/channels.js';
import { checkForLeaks, openDescriptors } from '../helpers/leaks.js';

checkForLeaks();

const MIB = 1024 * 1024;

describe('A channel carries', () => {
  it('JSON in any script by default', async () => {
    await using both = channel();
    const messages = [
      null,
      0,
      'text',
      'hällo €',
      '𝒳',
      { a: [1, { b: 2 }] },
      [],
      '',
      'x'.repeat(100_000),
      '€'.repeat(30_000),
    ];
    for (const message of messages) void both.writer.send(message);
    for (const message of messages) expect(await both.reader.receive()).toEqual(message);
  });

  it('raw bytes, which the receiver may keep', async () => {
    await using both = channel({ codec: 'raw' });
    const sent = [
      Buffer.alloc(0),
      Buffer.from([1]),
      Buffer.alloc(20_000, 2),
      Buffer.alloc(3 * MIB, 3),
      Buffer.from('end'),
    ];
    const received: Buffer[] = [];
    const receiving = (async () => {
      for (const _ of sent) received.push(await both.reader.receive());
    })();
    for (const bytes of sent) await both.writer.send(bytes);
    await receiving;
    expect(received.map((bytes, index) => bytes.equals(sent[index] as Buffer))).toEqual(sent.map(() => true));
    // A part of something larger, wherever it lies in memory.
    const whole = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251));
    for (const [from, to] of [
      [1, 20],
      [33, 70_001],
    ] as const) {
      void both.writer.send(whole.subarray(from, to));
      expect((await both.reader.receive()).equals(whole.subarray(from, to))).toBe(true);
    }
    void both.writer.send('text is sent as UTF-8: €');
    expect((await both.reader.receive()).toString()).toBe('text is sent as UTF-8: €');
  });

  it('with codec v8 what JSON cannot write', async () => {
    await using both = channel({ codec: 'v8' });
    const message = {
      when: new Date(5),
      map: new Map([[1, new Set([2n])]]),
      bytes: Buffer.from('abc'),
      none: undefined,
    };
    void both.writer.send(message);
    expect(await both.reader.receive()).toEqual({ ...message, bytes: expect.anything() });
  });

  it('what a codec of the caller makes of bytes or text', async () => {
    const codec: Codec<number, string> = {
      encode: (n) => (n % 2 === 0 ? `number ${n}` : Buffer.from(`bytes ${n}`)),
      decode: (bytes) => bytes.toString().toUpperCase(),
    };
    await using both = pipeOf(pipe({ codec }));
    for (let n = 0; n < 4; n++) void both.writer.send(n);
    expect([await both.reader.receive(), await both.reader.receive(), await both.reader.receive()]).toEqual([
      'NUMBER 0',
      'BYTES 1',
      'NUMBER 2',
    ]);
  });
});

describe('A codec that fails', () => {
  it('to encode makes send() reject, and the channel goes on', async () => {
    await using both = channel();
    void both.writer.send('before');
    const error = await failureOf(both.writer.send(1n));
    expect(error).toBeInstanceOf(CodecError);
    expect(error.message).toMatch(/could not be encoded \(codec: json\), and was not sent: .*BigInt/);
    await expect(both.writer.send(undefined)).rejects.toThrow('undefined has no JSON');
    void both.writer.send('after');
    expect([await both.reader.receive(), await both.reader.receive()]).toEqual(['before', 'after']);
  });

  it('to decode makes receive() reject with the bytes, and the next messages arrive', async () => {
    const codec: Codec<string, unknown> = {
      encode: (text) => text,
      decode: (bytes) => JSON.parse(`${bytes}`),
    };
    await using both = pipeOf(pipe({ codec }));
    for (const text of ['1', '{broken', '3', '[also', '"5"']) void both.writer.send(text);
    const { reader } = both;
    expect(await reader.receive()).toBe(1);
    const error = await failureOf(reader.receive());
    expect(error).toBeInstanceOf(CodecError);
    expect(error).toMatchObject({ body: Buffer.from('{broken'), cause: expect.any(SyntaxError) });
    expect(error.message).toMatch(
      'a message of 7 bytes could not be decoded (codec: custom), and is passed over',
    );
    expect(await reader.receive()).toBe(3);
    // In a loop it is thrown; the next loop goes on behind it.
    const taken: unknown[] = [];
    await both.writer.end();
    const loop = async () => {
      for await (const message of reader) taken.push(message);
    };
    await expect(loop()).rejects.toThrow(CodecError);
    await loop();
    expect(taken).toEqual(['5']);
  });

  it('reports bytes that are no JSON, and bytes that are no UTF-8', async () => {
    const [ours, theirs] = duplex({ codec: 'raw' });
    using end = ours;
    const child = startPeer(
      `
      const rpc = inherited('rpc', { codec: 'json' });
      const failed = (e) => rpc.send({ error: e.name, body: e.body.toString('hex') });
      for (let i = 0; i < 4; i++)
        await rpc.receive().then((m) => rpc.send({ ok: m }), failed);
      `,
      { rpc: theirs },
    );
    for (const bytes of ['{"a":1}', '{"a"', Buffer.from([0x22, 0xff, 0x22]), '"ü"']) void end.send(bytes);
    const answers: unknown[] = [];
    for await (const bytes of end) answers.push(JSON.parse(bytes.toString()));
    expect(answers).toEqual([
      { ok: { a: 1 } },
      { error: 'CodecError', body: '7b2261' + '22' },
      { error: 'CodecError', body: '22ff22' },
      { ok: 'ü' },
    ]);
    expect((await child.result).ok).toBe(true);
  });

  it('may itself call receive(), which waits for its turn', async () => {
    const asked: Promise<unknown>[] = [];
    const codec: Codec<string, string> = {
      encode: (text) => text,
      decode: (bytes) => {
        if (asked.length < 2) asked.push(both.reader.receive());
        return bytes.toString();
      },
    };
    const both = pipe({ codec });
    for (const text of ['a', 'b', 'c', 'd']) void both.writer.send(text);
    await both.writer.end();
    const rest: string[] = [];
    for await (const text of both.reader) rest.push(text);
    const all = [...rest, ...(await Promise.all(asked))].sort();
    expect(all).toEqual(['a', 'b', 'c', 'd']);
    both.reader.close();
  });
});

describe('Concurrent operations', () => {
  it('of send() and receive() on one end keep their order and never mix', async () => {
    await using both = channel();
    const count = 3000;
    const size = (i: number) => (i % 50 === 0 ? 40_000 : i % 7 === 0 ? 3000 : 10);
    const receives = Array.from({ length: count }, () => both.reader.receive());
    const sends = Array.from({ length: count }, (_, i) => {
      const options = i % 3 === 0 ? { timeout: '30s' } : undefined;
      return both.writer.send({ i, text: 'x'.repeat(size(i)) }, options);
    });
    const received = (await Promise.all(receives)) as { i: number; text: string }[];
    await Promise.all(sends);
    expect(received.map(({ i }) => i)).toEqual(received.map((_, i) => i));
    expect(received.every(({ i, text }) => text.length === size(i))).toBe(true);
  });

  it('on several channels of one process do not mix', async () => {
    const all = Array.from({ length: 20 }, () => pipe<string>());
    await Promise.all(
      all.map(async ({ reader, writer }, n) => {
        const sending = (async () => {
          for (let i = 0; i < 200; i++) await writer.send(`${n}:${i}:${'y'.repeat(i * 20)}`);
          await writer.end();
        })();
        let i = 0;
        for await (const text of reader) expect(text.startsWith(`${n}:${i++}:`)).toBe(true);
        expect(i).toBe(200);
        await sending;
        reader.close();
      }),
    );
  });

  it('let both sides send 10 MB before either reads', async () => {
    const [ours, theirs] = duplex({ codec: 'raw' });
    const child = startPeer(
      `
      const rpc = inherited('rpc');
      const big = Buffer.alloc(10_000_000, 'b');
      await rpc.send(big);
      await rpc.send(big);
      let bytes = 0;
      for (let i = 0; i < 2; i++) bytes += (await rpc.receive()).length;
      await rpc.send(String(bytes));
      await rpc.end();
      `,
      { rpc: theirs },
    );
    await using end = ours;
    const big = Buffer.alloc(10_000_000, 'a');
    await end.send(big);
    await end.send(big);
    const got = [await end.receive(), await end.receive(), await end.receive()];
    expect(got.map((bytes) => bytes.length)).toEqual([10_000_000, 10_000_000, 8]);
    expect(got[0]?.every((byte) => byte === 0x62)).toBe(true);
    expect(got[2]?.toString()).toBe('20000000');
    expect((await child.result).ok).toBe(true);
  });

  it('work between two ends in one process', async () => {
    const [a, b] = duplex({ codec: 'raw' });
    const big = Buffer.alloc(10_000_000, 1);
    await Promise.all([a.send(big), b.send(big)]);
    expect((await a.receive()).length + (await b.receive()).length).toBe(20_000_000);
    a.close();
    b.close();
  });
});

describe('The end of a channel', () => {
  it('is found after the last message', async () => {
    const { reader, writer } = pipe();
    using _reader = reader;
    void writer.send(1);
    void writer.send(2);
    await writer.end();
    expect([await reader.receive(), await reader.receive()]).toEqual([1, 2]);
    for (let i = 0; i < 2; i++) {
      const error = await failureOf(reader.receive());
      expect(error).toBeInstanceOf(ChannelEndedError);
      expect(error).toBeInstanceOf(ChannelError);
      expect(error.code).toBe('ERR_CHANNEL_ENDED');
    }
    for await (const _ of reader) expect.unreachable();
  });

  it('in one direction leaves the other open', async () => {
    const [a, b] = duplex<string>();
    await a.send('question');
    await a.end();
    const questions: string[] = [];
    for await (const question of b) questions.push(question);
    await b.send('answer');
    await b.end();
    expect([questions, await a.receive()]).toEqual([['question'], 'answer']);
    await expect(a.send('more')).rejects.toThrow('this end of the channel was ended here');
    a.close();
    b.close();
  });

  it('may be asked for twice, and so may close()', async () => {
    const before = openDescriptors();
    const { reader, writer } = pipe();
    expect(writer.end()).toBe(writer.end());
    await writer.end();
    writer.close();
    await writer.end();
    await writer[Symbol.asyncDispose]();
    reader.close();
    reader.close();
    reader[Symbol.dispose]();
    await expect(reader.receive()).rejects.toThrow(ChannelClosedError);
    await expect(writer.send(1)).rejects.toThrow(ChannelClosedError);
    const [a, b] = duplex();
    a.close();
    a.close();
    await a.end();
    await expect(a.receive()).rejects.toThrow('was closed here');
    await b[Symbol.asyncDispose]().catch(() => {});
    b.close();
    expect(openDescriptors()).toEqual(before);
  });

  it('by using sends what the pipe takes, and by await using everything', async () => {
    const { reader, writer } = pipe();
    {
      using scoped = writer;
      for (let i = 0; i < 10; i++) void scoped.send(i);
    }
    const got: unknown[] = [];
    for await (const message of reader) got.push(message);
    expect(got).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    reader.close();

    const other = pipe({ codec: 'raw' });
    const receiving = (async () => {
      using scoped = other.reader;
      let bytes = 0;
      for await (const message of scoped) bytes += message.length;
      return bytes;
    })();
    {
      await using scoped = other.writer;
      for (let i = 0; i < 100; i++) void scoped.send(Buffer.alloc(100_000));
    }
    expect(await receiving).toBe(10_000_000);
  });

  it('does not come when a loop over the channel is left', async () => {
    await using both = channel();
    for (let i = 0; i < 5; i++) void both.writer.send(i);
    for await (const message of both.reader) if (message === 1) break;
    expect(await both.reader.receive()).toBe(2);
    for await (const message of both.reader) {
      expect(message).toBe(3);
      break;
    }
  });

  it('by close() on the reader rejects a pending receive(), and ends a loop without an error', async () => {
    const { reader, writer } = pipe();
    const waiting = failureOf(reader.receive());
    const looping = (async () => {
      for await (const _ of reader) expect.unreachable();
      return 'over';
    })();
    reader.close();
    expect(await waiting).toBeInstanceOf(ChannelClosedError);
    expect(await looping).toBe('over');
    await expect(writer.send(1)).rejects.toThrow(PeerGoneError);
    writer.close();
  });
});

describe('batches()', () => {
  it('yields all messages in order, many at a time', async () => {
    const { reader, writer } = pipe<number>();
    const sending = (async () => {
      for (let i = 0; i < 50_000; i++) await writer.send(i);
      await writer.end();
    })();
    let next = 0;
    let batches = 0;
    for await (const batch of reader.batches()) {
      expect(batch.length).toBeGreaterThan(0);
      expect(batch[0]).toBe(next);
      next += batch.length;
      batches++;
    }
    expect(next).toBe(50_000);
    expect(batches).toBeLessThan(5000);
    await sending;
    reader.close();
  });

  it('stops before a message that cannot be decoded, throws its error, and goes on after it', async () => {
    const codec: Codec<string, unknown> = {
      encode: (text) => text,
      decode: (bytes) => JSON.parse(`${bytes}`),
    };
    const { reader, writer } = pipe({ codec });
    for (const text of ['1', '2', 'x', '4']) void writer.send(text);
    await writer.end();
    const taken: unknown[] = [];
    let errors = 0;
    for (let isOver = false; !isOver; ) {
      try {
        for await (const batch of reader.batches()) taken.push(...batch);
        isOver = true;
      } catch (error) {
        expect(error).toBeInstanceOf(CodecError);
        errors++;
      }
    }
    expect([taken, errors]).toEqual([[1, 2, 4], 1]);
    reader.close();
  });
});

describe('The message limit', () => {
  it('makes send() reject, and the channel goes on', async () => {
    await using both = channel({ limit: 10 });
    const error = await failureOf(both.writer.send('x'.repeat(9)));
    expect(error).toBeInstanceOf(MessageTooLargeError);
    expect(error).toMatchObject({ bytes: 11, limitBytes: 10 });
    expect(error.message).toMatch('the message has 11 bytes, and was not sent: the limit is 10');
    // Bytes count, not characters.
    await expect(both.writer.send('€€€')).rejects.toThrow(MessageTooLargeError);
    await both.writer.send('x'.repeat(8));
    expect(await both.reader.receive()).toBe('xxxxxxxx');
  });

  it('is 64 MiB by default', async () => {
    await using both = channel({ codec: 'raw' });
    await expect(both.writer.send(Buffer.alloc(64 * MIB + 1))).rejects.toThrow('the limit is 67108864');
    const receiving = both.reader.receive();
    await both.writer.send(Buffer.alloc(64 * MIB));
    expect((await receiving).length).toBe(64 * MIB);
  });
});

describe('OptionError', () => {
  it.each([
    [{ codec: 'xml' }, 'codec', "'xml'", "'json', 'raw', 'v8', or { encode, decode }"],
    [{ codec: { encode: () => '' } }, 'codec', 'encode', '{ encode, decode }'],
    [{ limit: -1 }, 'limit', '-1', 'from 0 to 4294967295'],
    [{ limit: 2 ** 32 }, 'limit', '4294967296', 'to 4294967295'],
    [{ capacity: 0 }, 'capacity', '0', 'from 1'],
    [{ kodek: 'json' }, 'options', "'kodek'", 'codec, limit, capacity'],
  ])('is thrown for the channel options %o', (options, option, given, allowed) => {
    for (const make of [() => pipe(options as never), () => duplex(options as never)]) {
      expect(make).toThrow(OptionError);
      expect(make).toThrow(expect.objectContaining({ option }));
      expect(make).toThrow(given);
      expect(make).toThrow(allowed);
    }
  });

  it.each([
    [{ timeout: -1 }, 'timeout', '-1'],
    [{ timeout: '5 parsecs' }, 'timeout', 'parsecs'],
    [{ signal: 'SIGTERM' }, 'signal', 'SIGTERM'],
    [{ tiemout: 1 }, 'options', 'tiemout'],
  ])('is thrown for the send and receive options %o', async (options, option, given) => {
    const { reader, writer } = pipe();
    using _reader = reader;
    using _writer = writer;
    for (const call of [() => writer.send(1, options as never), () => reader.receive(options as never)]) {
      const error = await failureOf(call());
      expect(error).toBeInstanceOf(OptionError);
      expect(error).toMatchObject({ option });
      expect(error.message).toMatch(given);
    }
  });

  it('The option capacity sets the size of each pipe, also of those made later', async () => {
    const [a, b] = duplex({ codec: 'raw', capacity: 4096 });
    const sending = (async () => {
      for (let i = 0; i < 40; i++) await a.send(Buffer.alloc(100_000));
      await a.end();
    })();
    let bytes = 0;
    for await (const message of b) bytes += message.length;
    await sending;
    expect(bytes).toBe(4_000_000);
    a.close();
    b.close();
  });
});

it('1,000 channels leave no descriptor when they are opened, used and closed', async () => {
  const before = openDescriptors();
  for (let round = 0; round < 10; round++) {
    const all = Array.from({ length: 100 }, () => duplex<number>());
    await Promise.all(
      all.map(async ([a, b], i) => {
        // Some wait for a message before it comes, some after.
        const early = i % 2 === 0 ? b.receive() : undefined;
        await a.send(i);
        expect(await (early ?? b.receive())).toBe(i);
        if (i % 3 === 0) await a.end();
        a.close();
        if (i % 3 === 0) await expect(b.receive()).rejects.toThrow(ChannelEndedError);
        b.close();
      }),
    );
  }
  expect(openDescriptors()).toEqual(before);
});

it('receive() with a timeout of 0 takes what is there and does not wait', async () => {
  await using both = channel();
  await expect(both.reader.receive({ timeout: 0 })).rejects.toThrow(ChannelTimeoutError);
  for (let i = 0; i < 1000; i++) {
    void both.writer.send(i);
    await new Promise((resolve) => setImmediate(resolve));
    expect(await both.reader.receive({ timeout: 0 })).toBe(i);
  }
});

interface Both<O extends { reader: unknown; writer: unknown }> extends AsyncDisposable {
  readonly reader: O['reader'];
  readonly writer: O['writer'];
}

/** Both ends of a channel, closed at the end of the scope. */
function pipeOf<O extends { reader: Disposable; writer: Disposable }>(both: O): Both<O> {
  return {
    reader: both.reader,
    writer: both.writer,
    async [Symbol.asyncDispose]() {
      both.reader[Symbol.dispose]();
      both.writer[Symbol.dispose]();
    },
  };
}

function channel(options: { codec: 'raw' }): Both<Channel<Uint8Array | string, Buffer>>;
function channel(options?: { codec?: 'json' | 'v8'; limit?: number }): Both<Channel<unknown>>;
function channel(options: object = {}): unknown {
  return pipeOf(pipe(options));
}
