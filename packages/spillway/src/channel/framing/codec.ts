/** What messages are made of bytes by, and the other way round. */
import { isAscii, isUtf8 } from 'node:buffer';
import v8 from 'node:v8';
import { isPlain, OptionError } from '../../base/index.js';
import { HEADER_BYTES } from './frame-parser.js';

/** A codec of your own. Both sides must have the same. What either throws is a CodecError, and the channel goes on. */
export interface Codec<Out, In = Out> {
  /** The bytes of a message, or its text, which is sent as UTF-8. Bytes must not be changed until the `send` has settled. */
  encode(message: Out): Uint8Array | string;
  /** The message of these bytes, which may be kept. */
  decode(bytes: Buffer): In;
}

/** One that comes with the library: JSON text; bytes as they are; node:v8's structured clone, between Node programs. */
export type CodecName = 'json' | 'raw' | 'v8';

/** A message that could not be decoded, in its place among those that could. */
export class Undecodable {
  constructor(
    readonly cause: unknown,
    readonly body: Buffer,
  ) {}
}

/** What a channel works with. */
export interface MessageCodec {
  /** As the child is told. */
  readonly word: string;
  encode(message: never): Uint8Array | string;
  /** Appends the messages of frames that lie within a chunk; see FrameReceiver. The chunk is not kept. */
  decodeInside(chunk: Buffer, bounds: readonly number[], count: number, into: unknown[]): void;
  /** The message of a body whose memory is the codec's, or an Undecodable. */
  decode(body: Buffer): unknown;
}

/** Checks the option `codec`. Throws OptionError. */
export function codecFrom(wish: unknown): MessageCodec {
  if (wish === undefined || wish === 'json') return json;
  if (wish === 'raw') return raw;
  if (wish === 'v8') return v8Codec;
  if (isPlain(wish) && typeof wish.encode === 'function' && typeof wish.decode === 'function') {
    const { encode, decode } = wish as unknown as Codec<never, unknown>;
    return new BytesCodec(
      'custom',
      (message) => encode.call(wish, message),
      (body) => decode.call(wish, body),
    );
  }
  throw new OptionError('codec', wish, "'json', 'raw', 'v8', or { encode, decode }");
}

const json: MessageCodec = {
  word: 'json',
  encode(message: unknown): string {
    const text = JSON.stringify(message) as string | undefined;
    if (text === undefined) throw new TypeError(`${typeof message} has no JSON`);
    return text;
  },
  /**
   * As long as all of it is ASCII, the whole chunk becomes one string, of which the texts are slices that share its characters: one call for
   * some hundreds of messages, in the place of one for each.
   */
  decodeInside(chunk, bounds, count, into) {
    // A length of 128 to 255 would look like a character that is not ASCII.
    for (let i = 0; i < 2 * count; i += 2) {
      const from = bounds[i] as number;
      for (let at = from - HEADER_BYTES; at < from; at++) chunk[at] = 0;
    }
    const start = bounds[0] as number;
    const end = bounds[2 * count - 1] as number;
    if (!isAscii(chunk.subarray(start, end))) {
      for (let i = 0; i < 2 * count; i += 2) into.push(json.decode(chunk.subarray(bounds[i], bounds[i + 1])));
      return;
    }
    const text = chunk.toString('latin1', start, end);
    for (let i = 0; i < 2 * count; i += 2) {
      const [from, to] = [bounds[i] as number, bounds[i + 1] as number];
      try {
        into.push(JSON.parse(text.slice(from - start, to - start)));
      } catch (cause) {
        into.push(new Undecodable(cause, Buffer.from(chunk.subarray(from, to))));
      }
    }
  },
  decode(body) {
    try {
      if (isAscii(body)) return JSON.parse(body.toString('latin1'));
      if (!isUtf8(body)) throw new TypeError('the bytes are not UTF-8');
      return JSON.parse(body.toString());
    } catch (cause) {
      // Within a chunk the memory is not ours to keep.
      return new Undecodable(cause, Buffer.from(body));
    }
  },
};

/** Small bodies share memory of this size, as those of Buffer.from do: who keeps one keeps no more than this. */
const SHARED_BYTES = 8192;

/** One that takes and gives bytes. */
class BytesCodec implements MessageCodec {
  readonly word: string;
  readonly encode: (message: never) => Uint8Array | string;
  readonly #decode: (body: Buffer) => unknown;

  constructor(
    word: string,
    encode: (message: never) => Uint8Array | string,
    decode: (body: Buffer) => unknown,
  ) {
    this.word = word;
    this.#decode = decode;
    this.encode = (message) => {
      const bytes: unknown = encode(message);
      if (typeof bytes === 'string' || bytes instanceof Uint8Array) return bytes;
      throw new TypeError(`bytes or text were expected, not ${bytes === null ? 'null' : typeof bytes}`);
    };
  }

  decodeInside(chunk: Buffer, bounds: readonly number[], count: number, into: unknown[]): void {
    let first = 0;
    while (first < count) {
      const start = bounds[2 * first] as number;
      let last = first;
      while (last + 1 < count && (bounds[2 * last + 3] as number) - start <= SHARED_BYTES) last++;
      // Several bodies by one copy, the headers between them included.
      const copy = Buffer.allocUnsafeSlow((bounds[2 * last + 1] as number) - start);
      chunk.copy(copy, 0, start);
      for (; first <= last; first++) {
        const from = (bounds[2 * first] as number) - start;
        into.push(this.decode(copy.subarray(from, (bounds[2 * first + 1] as number) - start)));
      }
    }
  }

  decode(body: Buffer): unknown {
    try {
      return this.#decode(body);
    } catch (cause) {
      return new Undecodable(cause, body);
    }
  }
}

const raw = new BytesCodec(
  'raw',
  (message) => message,
  (body) => body,
);

const v8Codec = new BytesCodec(
  'v8',
  (message) => v8.serialize(message),
  (body) => v8.deserialize(body),
);
