/** Frames of several writers, cut anywhere and in any order, and bytes that are no frames. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codecFrom, Undecodable } from '../../src/channel/framing/codec.js';
import { BadFrameError, TruncatedMessageError } from '../../src/channel/framing/errors.js';
import type { MessageLostError } from '../../src/channel/framing/lost-message.js';
import { AT, MARK, SHARED_HEADER_BYTES, SharedFrames } from '../../src/channel/shared/shared-frame.js';
import { SharedParser } from '../../src/channel/shared/shared-parser.js';

const MIB = 1024 * 1024;

function parserFor(codecName: unknown, limit = MIB, pendingLimit = 64 * MIB) {
  const codec = codecFrom(codecName);
  const messages: unknown[] = [];
  const losses: MessageLostError[] = [];
  const parser = new SharedParser(
    { limit, pendingLimit },
    {
      inside: (chunk, bounds, count) => codec.decodeInside(chunk, bounds, count, messages),
      assembled: (body) => messages.push(codec.decode(body)),
      lost: (error) => losses.push(error),
    },
    { begun: () => {}, pressed: () => {} },
  );
  return { parser, messages, losses };
}

/** The frames of one writer; small messages are put together in runs of this length. */
function framesOf(bodies: readonly (Uint8Array | string)[], run = 1): Buffer[] {
  const frames = new SharedFrames();
  const made: Buffer[] = [];
  const take = (frame: Buffer) => made.push(Buffer.from(frame));
  const flush = () => frames.isEmpty || take(frames.whole());
  for (const [index, body] of bodies.entries()) {
    if (index % run === 0) flush();
    if (frames.add(body)) continue;
    flush();
    if (frames.add(body)) continue;
    const bytes = Buffer.from(body as Uint8Array);
    for (let sent = 0; sent < bytes.length; ) {
      const { frame, count } = frames.part(bytes, sent);
      take(frame);
      sent += count;
    }
  }
  flush();
  return made;
}

function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...cuts].map((from, index) => Buffer.from(bytes.subarray(from, cuts[index] ?? bytes.length)));
}

/** Frames of several writers, in the order that the numbers choose; each writer's own in their order. */
function interleave(all: readonly (readonly Buffer[])[], choices: readonly number[]): Buffer {
  const rest = all.map((frames) => [...frames]);
  const order: Buffer[] = [];
  for (let turn = 0; rest.some((frames) => frames.length > 0); turn++) {
    const left = rest.filter((frames) => frames.length > 0);
    order.push(left[(choices[turn % choices.length] ?? 0) % left.length]?.shift() as Buffer);
  }
  return Buffer.concat(order);
}

const places = fc.array(fc.nat(), { maxLength: 40 });
const choices = fc.array(fc.nat(), { minLength: 1, maxLength: 60 });

describe('The messages of several writers', () => {
  it('arrive whole and in the order of each writer, however they are interleaved and cut', () => {
    const length = fc.oneof(
      fc.nat({ max: 30 }),
      fc.integer({ min: 3900, max: 4300 }),
      fc.integer({ min: 5000, max: 60_000 }),
    );
    const writers = fc.array(fc.array(length, { maxLength: 8 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(writers, fc.integer({ min: 1, max: 5 }), choices, places, (lengths, run, order, cuts) => {
        const bodies = lengths.map((list, writer) =>
          list.map((count, index) =>
            Buffer.concat([Buffer.from([writer, index]), Buffer.alloc(count, 16 * writer + index)]),
          ),
        );
        const frames = bodies.map((list) => framesOf(list, run));
        for (const frame of frames.flat()) expect(frame.length).toBeLessThanOrEqual(4096);
        const { parser, messages, losses } = parserFor('raw');
        for (const chunk of cutAt(interleave(frames, order), cuts)) parser.push(chunk);
        for (const [writer, list] of bodies.entries()) {
          const come = (messages as Buffer[]).filter((message) => message[0] === writer);
          expect(come.map((message, index) => message.equals(list[index] as Buffer))).toEqual(
            list.map(() => true),
          );
        }
        expect(messages).toHaveLength(bodies.flat().length);
        expect(parser.isUnderWay).toBe(false);
        expect(parser.heldBytes).toBe(0);
        expect(losses).toEqual([]);
      }),
    );
  });

  it.each(['json', 'v8'] as const)('decode as they would alone, with codec %s', (codecName) => {
    const codec = codecFrom(codecName);
    const message = fc.oneof(
      fc.jsonValue({ stringUnit: 'grapheme' }),
      fc.string({ minLength: 4000, maxLength: 5000 }),
    );
    fc.assert(
      fc.property(
        fc.array(fc.array(message, { maxLength: 10 }), { minLength: 1, maxLength: 3 }),
        choices,
        places,
        (sent, order, cuts) => {
          const { parser, messages } = parserFor(codecName);
          const tagged = sent.map((list, writer) => list.map((one) => [writer, one]));
          const frames = tagged.map((list) =>
            framesOf(
              list.map((one) => codec.encode(one as never)),
              3,
            ),
          );
          for (const chunk of cutAt(interleave(frames, order), cuts)) parser.push(chunk);
          for (const [writer, list] of tagged.entries())
            expect((messages as [number, unknown][]).filter(([who]) => who === writer)).toEqual(
              codecName === 'json' ? JSON.parse(JSON.stringify(list)) : list,
            );
        },
      ),
    );
  });

  it('may be any number in one frame, including none, and have no bytes', () => {
    const { parser, messages } = parserFor('raw');
    const frames = new SharedFrames();
    parser.push(Buffer.from(frames.whole()));
    expect(messages).toEqual([]);
    for (let i = 0; i < 5; i++) frames.add('');
    parser.push(Buffer.from(frames.whole()));
    expect(messages).toHaveLength(5);
  });
});

describe('A shared message', () => {
  const large = Buffer.alloc(20_000, 'x');

  it('that its writer takes back is dropped without an error', () => {
    const { parser, messages, losses } = parserFor('raw');
    const frames = new SharedFrames();
    parser.push(Buffer.from(frames.part(large, 0).frame));
    expect(parser.heldBytes).toBe(20_000);
    parser.push(Buffer.from(frames.withdrawal()));
    frames.add('next');
    parser.push(Buffer.from(frames.whole()));
    expect(messages).toEqual([Buffer.from('next')]);
    expect({ held: parser.heldBytes, losses, underWay: parser.isUnderWay }).toEqual({
      held: 0,
      losses: [],
      underWay: false,
    });
  });

  it.each([
    ['a part is missing', (parts: Buffer[]) => parts.filter((_, index) => index !== 2)],
    [
      'a part comes twice',
      (parts: Buffer[]) => parts.flatMap((part, index) => (index === 2 ? [part, part] : [part])),
    ],
    ['it begins anew', (parts: Buffer[]) => [parts[0] as Buffer, parts[1] as Buffer, ...parts]],
    ['the beginning is missing', (parts: Buffer[]) => parts.slice(1)],
    ['the end comes early', (parts: Buffer[]) => [parts[0] as Buffer, parts.at(-1) as Buffer]],
  ])('is reported lost once when %s, and the next one arrives', (_, change) => {
    const { parser, messages, losses } = parserFor('raw');
    const frames = framesOf([large, 'next']);
    const parts = frames.slice(0, -1);
    parser.push(Buffer.concat([...change(parts), frames.at(-1) as Buffer]));
    expect(losses).toMatchObject([{ reason: 'out of sequence', code: 'ERR_CHANNEL_MESSAGE_LOST' }]);
    expect((messages as Buffer[]).at(-1)).toEqual(Buffer.from('next'));
    expect(parser.heldBytes).toBe(0);
  });

  it('above the limit is not held at all, and the others go on', () => {
    const { parser, messages, losses } = parserFor('raw', 1000);
    const [a, b] = [framesOf([large, 'a']), framesOf(['b', Buffer.alloc(1001), Buffer.alloc(1000)])];
    parser.push(interleave([a, b], [0, 1]));
    expect(losses).toMatchObject([
      { reason: 'too large', pid: process.pid, receivedBytes: 0, expectedBytes: 20_000 },
      { reason: 'too large', pid: undefined, expectedBytes: 1001 },
    ]);
    expect((messages as Buffer[]).map((one) => one.length)).toEqual([1, 1000, 1]);
  });

  it('that would exceed the memory of all is dropped before it takes any, and the others are whole', () => {
    const { parser, messages, losses } = parserFor('raw', MIB, 2.5 * MIB);
    const bodies = Array.from({ length: 4 }, (_, index) => Buffer.alloc(MIB, index));
    const frames = bodies.map((body) => framesOf([body]));
    let most = 0;
    for (let part = 0; part < (frames[0] as Buffer[]).length; part++)
      for (const writer of frames) {
        parser.push(Buffer.from(writer[part] as Buffer));
        most = Math.max(most, parser.heldBytes);
      }
    expect(most).toBeLessThanOrEqual(2.5 * MIB);
    expect(losses.map(({ reason }) => reason)).toEqual(losses.map(() => 'memory'));
    expect(losses.length).toBeGreaterThan(0);
    expect(messages.length + losses.length).toBe(4);
    expect(messages.length).toBeGreaterThan(0);
    for (const message of messages as Buffer[])
      expect(message.equals(bodies[message[0] as number] as Buffer)).toBe(true);
    expect(parser.heldBytes).toBe(0);
  });

  it('that just fits the memory of all is kept', () => {
    const { parser, messages } = parserFor('raw', MIB, MIB);
    for (const frame of framesOf([Buffer.alloc(MIB)])) parser.push(frame);
    expect(messages).toHaveLength(1);
  });

  it('takes memory as its bytes arrive, not as it claims', () => {
    const { parser } = parserFor('raw', 64 * MIB);
    parser.push(Buffer.from(new SharedFrames().part(Buffer.alloc(64 * MIB), 0).frame));
    expect(parser.heldBytes).toBe(65536);
  });
});

describe('The parser of shared frames', () => {
  /** Bytes that look like frames in their beginning. */
  const likeFrames = fc
    .array(
      fc.tuple(
        fc.nat({ max: 5 }),
        fc.nat({ max: 4 }),
        fc.nat({ max: 6 }),
        fc.uint8Array({ maxLength: 200 }),
        fc.nat({ max: 40 }),
      ),
    )
    .map((list) =>
      Buffer.concat(
        list.map(([kind, writer, sequence, payload, extra]) => {
          const header = Buffer.alloc(SHARED_HEADER_BYTES);
          header[0] = MARK;
          header[AT.KIND] = kind;
          header.writeUInt16BE(payload.length + (extra === 0 ? 1 : 0), AT.LENGTH);
          header.writeUIntBE(writer, AT.WRITER, 6);
          header.writeUInt32BE(sequence, AT.SEQUENCE);
          return Buffer.concat([header, payload]);
        }),
      ),
    );

  it.each([
    ['of any kind', fc.uint8Array({ maxLength: 5000 }).map((bytes) => Buffer.from(bytes))],
    ['that look like frames', likeFrames],
  ])('takes random bytes %s without exceeding its limit', (_, bytes) => {
    fc.assert(
      fc.property(bytes, places, (stream, cuts) => {
        const { parser, messages } = parserFor('raw', 100_000, 20_000);
        try {
          for (const chunk of cutAt(stream, cuts)) {
            parser.push(chunk);
            expect(parser.heldBytes).toBeLessThanOrEqual(20_000);
          }
          parser.look(0);
          const end = parser.truncation();
          if (end) expect(end).toBeInstanceOf(TruncatedMessageError);
        } catch (error) {
          if (!(error instanceof BadFrameError)) throw error;
        }
        for (const message of messages) expect(message).not.toBeInstanceOf(Undecodable);
      }),
      { numRuns: 500 },
    );
  });

  it('throws BadFrameError with the text when the bytes are text, wherever they are cut', () => {
    for (let cut = 1; cut < 6; cut++) {
      const { parser } = parserFor('json');
      const text = Buffer.from('Hello, world\n');
      let failure: unknown;
      try {
        parser.push(text.subarray(0, cut));
        parser.push(text.subarray(cut));
      } catch (error) {
        failure = error;
      }
      expect(failure).toBeInstanceOf(BadFrameError);
      expect((failure as Error).message).toMatch(/not a message but text, "H/);
    }
  });

  it('delivers the messages before random bytes', () => {
    const { parser, messages } = parserFor('raw');
    expect(() => parser.push(Buffer.concat([...framesOf(['a', 'b'], 2), Buffer.from([0, 1])]))).toThrow(
      /not a message but the bytes 0001…/,
    );
    expect(messages).toHaveLength(2);
  });
});

it('The parser of shared frames reports the messages that the end of the pipe cuts off', () => {
  const { parser, losses } = parserFor('raw');
  const frame = new SharedFrames().part(Buffer.alloc(9000), 0).frame;
  parser.push(Buffer.from(frame));
  expect(parser.truncation()).toBeUndefined();
  expect(losses).toMatchObject([
    { reason: 'channel ended', expectedBytes: 9000, receivedBytes: frame.length - 30, pid: process.pid },
  ]);
  parser.push(Buffer.from(framesOf(['whole'])[0]?.subarray(0, 9) as Buffer));
  expect(parser.truncation()).toBeInstanceOf(TruncatedMessageError);
});
