/** Frames, wherever the stream of bytes is cut, and what is none. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codecFrom, Undecodable } from '../../src/channel/framing/codec.js';
import {
  BadFrameError,
  MessageTooLargeError,
  TruncatedMessageError,
} from '../../src/channel/framing/errors.js';
import { FrameBatch } from '../../src/channel/framing/frame-batch.js';
import { FrameParser } from '../../src/channel/framing/frame-parser.js';
import { expectAllBytes, expectBytes } from '../helpers/bytes.js';

const MIB = 1024 * 1024;

/** A parser that gathers what comes out of it as the codec has it. */
function parserFor(codecName: unknown, limit: number) {
  const codec = codecFrom(codecName);
  const messages: unknown[] = [];
  const parser = new FrameParser(limit, {
    inside: (chunk, bounds, count) => codec.decodeInside(chunk, bounds, count, messages),
    assembled: (body) => messages.push(codec.decode(body)),
  });
  return { parser, messages };
}

function framesOf(bodies: readonly (Uint8Array | string)[]): Buffer {
  return Buffer.concat(
    bodies.flatMap((body) => {
      const bytes = Buffer.from(body as Uint8Array);
      const header = Buffer.alloc(4);
      header.writeUInt32BE(bytes.length);
      return [header, bytes];
    }),
  );
}

/** Cuts the bytes at these places, each taken modulo their number. */
function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...cuts].map((from, index) => Buffer.from(bytes.subarray(from, cuts[index] ?? bytes.length)));
}

/** Pushes, or reads to the target where there is one, as a source does. */
function feed(parser: FrameParser, chunk: Buffer): void {
  let rest = chunk;
  for (
    let target = parser.target(rest.length);
    target && rest.length > 0;
    target = parser.target(rest.length)
  ) {
    const count = rest.copy(target);
    parser.advance(count);
    rest = rest.subarray(count);
  }
  if (rest.length > 0) parser.push(rest);
}

const places = fc.array(fc.nat(), { maxLength: 40 });

describe('FrameParser decodes messages in the same way wherever their bytes are cut:', () => {
  it.each(['push', 'feed'] as const)('raw bytes, by %s', (how) => {
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      fc.uint8Array({ minLength: 100, maxLength: 300 }),
      fc.integer({ min: 4000, max: 40_000 }).map((length) => new Uint8Array(length).fill(length)),
    );
    fc.assert(
      fc.property(fc.array(body, { maxLength: 20 }), places, (bodies, cuts) => {
        const { parser, messages } = parserFor('raw', MIB);
        for (const chunk of cutAt(framesOf(bodies), cuts))
          how === 'push' ? parser.push(chunk) : feed(parser, chunk);
        expectAllBytes(messages, bodies);
        expect(parser.truncation()).toBeUndefined();
      }),
    );
  });

  it.each(['json', 'v8'] as const)('codec %s', (codecName) => {
    const codec = codecFrom(codecName);
    const message = fc.jsonValue({ stringUnit: 'grapheme' });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 30 }), places, (sent, cuts) => {
        const { parser, messages } = parserFor(codecName, MIB);
        const bytes = framesOf(sent.map((one) => codec.encode(one as never)));
        for (const chunk of cutAt(bytes, cuts)) parser.push(chunk);
        // -0 has no JSON of its own.
        expect(messages).toEqual(codecName === 'json' ? JSON.parse(JSON.stringify(sent)) : sent);
      }),
    );
  });

  it('FrameBatch writes what the parser reads, with texts of any script and bytes mixed', () => {
    const body = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 50 }),
      fc.string({ maxLength: 200 }),
      fc.string({ unit: 'binary', maxLength: 50 }),
      fc.uint8Array({ maxLength: 100 }),
    );
    fc.assert(
      fc.property(fc.array(body, { maxLength: 100 }), (bodies) => {
        const batch = new FrameBatch();
        const parts: Buffer[] = [];
        const flush = () => {
          const { block, count } = batch.take();
          parts.push(Buffer.from(block.subarray(0, count)));
          batch.reuse(block);
        };
        for (const one of bodies) {
          if (!batch.fits(one.length)) flush();
          if (typeof one === 'string') batch.addText(one);
          else batch.addBytes(one);
        }
        if (batch.size > 0) flush();
        expectBytes(Buffer.concat(parts), framesOf(bodies));
      }),
    );
  });

  it('FrameBatch fills up with texts that are not ASCII', () => {
    const batch = new FrameBatch();
    const bodies: string[] = [];
    while (batch.fits(1000)) {
      const text = '€'.repeat(1000 - (bodies.length % 7));
      batch.addText(text);
      bodies.push(text);
    }
    const { block, count } = batch.take();
    expectBytes(block.subarray(0, count), framesOf(bodies));
  });
});

describe('FrameParser, given random bytes,', () => {
  it('throws a channel error or returns messages, and takes no more memory than the limit', () => {
    const limit = 5000;
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 20 }), (chunks) => {
        const { parser, messages } = parserFor('raw', limit);
        try {
          for (const chunk of chunks) feed(parser, Buffer.from(chunk));
        } catch (error) {
          expect([MessageTooLargeError, BadFrameError].some((kind) => error instanceof kind)).toBe(true);
        }
        for (const message of messages as Buffer[]) expect(message.length).toBeLessThanOrEqual(limit);
        const target = parser.target(MIB);
        if (target) expect(target.buffer.byteLength).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it('decodes or passes over each frame whose body its codec cannot read', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('json', 'v8'),
        fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 20 }),
        (codecName, bodies) => {
          const { parser, messages } = parserFor(codecName, MIB);
          parser.push(framesOf(bodies));
          expect(messages.length).toBe(bodies.length);
          for (const [index, message] of messages.entries())
            if (message instanceof Undecodable) expectBytes(message.body, bodies[index] as Uint8Array);
        },
      ),
    );
  });
});

describe('FrameParser, at a header', () => {
  const refused = (header: readonly number[], limit = 64 * MIB) => {
    const { parser } = parserFor('raw', limit);
    try {
      parser.push(Buffer.from([...header, 1, 2, 3]));
    } catch (error) {
      return error;
    }
    return undefined;
  };

  it.each([
    ['4 GiB less one byte', [0xff, 0xff, 0xff, 0xff], 4_294_967_295],
    ['what is negative to who reads it as signed', [0x80, 0, 0, 0], 2_147_483_648],
    ['-2 to who reads it as signed', [0xff, 0xff, 0xff, 0xfe], 4_294_967_294],
    ['one byte more than the limit', [0x04, 0, 0, 1], 64 * MIB + 1],
  ])('of %s, throws MessageTooLargeError before it takes memory', (_name, header, bytes) => {
    const before = process.memoryUsage().arrayBuffers;
    const error = refused(header);
    expect(error).toBeInstanceOf(MessageTooLargeError);
    expect(error).toMatchObject({ bytes, limitBytes: 64 * MIB, code: 'ERR_CHANNEL_TOO_LARGE' });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(MIB);
  });

  it('of the limit itself, accepts the message', () => {
    expect(refused([0x04, 0, 0, 0])).toBeUndefined();
    expect(refused([0, 0, 0, 3], 3)).toBeUndefined();
    expect(refused([0, 0, 0, 4], 3)).toBeInstanceOf(MessageTooLargeError);
  });

  it('that is text, throws BadFrameError with the text, wherever it is cut', () => {
    for (const cut of [1, 2, 3, 4, 5]) {
      const { parser } = parserFor('json', 64 * MIB);
      const text = Buffer.from('Hello, world\n');
      expect(() => {
        parser.push(text.subarray(0, cut));
        parser.push(text.subarray(cut));
      }).toThrow(BadFrameError);
    }
    expect((refused([...Buffer.from('Hello')]) as Error).message).toMatch(/not a message but text, "Hell"/);
  });

  it('that it refuses, has delivered the messages before it', () => {
    const { parser, messages } = parserFor('raw', 10);
    expect(() => parser.push(Buffer.concat([framesOf(['a', 'b']), Buffer.from([1, 0, 0, 0])]))).toThrow();
    expect(messages).toEqual([Buffer.from('a'), Buffer.from('b')]);
  });
});

describe('FrameParser takes memory', () => {
  it('for a message under way as its bytes arrive, not as its header claims', () => {
    const { parser } = parserFor('raw', 64 * MIB);
    const header = Buffer.alloc(4);
    header.writeUInt32BE(64 * MIB);
    parser.push(header);
    for (let arrived = 0; arrived < 8 * MIB; arrived += 65536) {
      const target = parser.target(65536) as Buffer;
      expect(target.buffer.byteLength).toBeLessThanOrEqual(2 * Math.max(MIB, arrived));
      parser.advance(65536);
    }
  });

  it('for small messages in blocks of 8 KiB at most', () => {
    const { parser, messages } = parserFor('raw', MIB);
    parser.push(framesOf(Array.from({ length: 5000 }, () => 'x')));
    for (const message of messages as Buffer[]) expect(message.buffer.byteLength).toBeLessThanOrEqual(8192);
  });

  it('of its own for a message, not that of the chunk', () => {
    for (const codecName of ['raw', 'json', { encode: (x: Buffer) => x, decode: (bytes: Buffer) => bytes }]) {
      const { parser, messages } = parserFor(codecName, MIB);
      const chunk = framesOf(['"one"', '"two"']);
      parser.push(chunk);
      const before = structuredClone(messages);
      chunk.fill(0);
      expect(structuredClone(messages)).toEqual(before);
    }
  });
});

it('FrameParser says how much of a message had come when the bytes end within it', () => {
  const { parser } = parserFor('raw', MIB);
  expect(parser.truncation()).toBeUndefined();
  parser.push(Buffer.from([0, 0]));
  expect(parser.truncation()).toMatchObject({ receivedBytes: 0, expectedBytes: undefined });
  parser.push(Buffer.from([0, 9, 1, 2, 3]));
  expect(parser.truncation()).toBeInstanceOf(TruncatedMessageError);
  expect(parser.truncation()?.message).toMatch('after 3 of the 9 bytes of a message');
});
