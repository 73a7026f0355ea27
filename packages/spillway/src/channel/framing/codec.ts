/** Messages to bytes, and bytes to messages. */
import { isAscii, isUtf8 } from 'node:buffer';
import { deserialize, serialize } from 'node:v8';
import { inContext, isPlain, OptionError, viewOf } from '../../base/index.js';
import { HEADER_BYTES } from './frame-parser.js';

/**
 * A codec of your own. Both sides must have the same. Whatever either function throws becomes a CodecError,
 * and the channel goes on.
 */
export interface Codec<Out, In = Out> {
  /**
   * The bytes of a message, or its text, which is sent as UTF-8. The bytes must not be changed until the
   * `send` has settled.
   */
  encode(message: Out): Uint8Array | string;
  /** The message of these bytes. The function may keep them. */
  decode(bytes: Buffer): In;
}

/**
 * A codec of the library: JSON text; bytes as they are; node:v8's structured clone, between Node programs.
 */
export type CodecName = 'json' | 'raw' | 'v8';

/** Stands for a message that could not be decoded, in its place among the others. */
export class Undecodable {
  constructor(
    readonly cause: unknown,
    readonly body: Buffer,
  ) {}
}

/** A codec as a channel uses it. */
export interface MessageCodec {
  /** The codec's name in the child's variable. */
  readonly word: string;
  encode(message: never): Uint8Array | string;
  /**
   * Appends the messages of frames that lie within a chunk; see FrameReceiver. The codec must not keep the
   * chunk.
   */
  decodeInside(chunk: Buffer, bounds: readonly number[], count: number, into: unknown[]): void;
  /** The message of a body, or an Undecodable. The codec may keep the body. */
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
      // The bytes may come in the context of any other call.
      inContext((body: Buffer) => decode.call(wish, body)),
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
   * While all bytes are ASCII, the whole chunk becomes one string, and the messages' texts are slices that
   * share its characters: one call for some hundreds of messages, instead of one call for each.
   */
  decodeInside(chunk, bounds, count, into) {
    // The headers become zeros: a length of 128 to 255 would look like a character outside ASCII.
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
      // A copy: within a chunk the memory is not ours to keep.
      return new Undecodable(cause, Buffer.from(body));
    }
  },
};

/** Small bodies share memory of this size, as Buffer.from's do: keeping one body keeps at most this much. */
const SHARED_BYTES = 8192;

/** A codec on bytes. */
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
      const encoded: unknown = encode(message);
      const bytes = typeof encoded === 'string' ? encoded : viewOf(encoded);
      if (bytes !== undefined) return bytes;
      throw new TypeError(`bytes or text were expected, not ${encoded === null ? 'null' : typeof encoded}`);
    };
  }

  decodeInside(chunk: Buffer, bounds: readonly number[], count: number, into: unknown[]): void {
    let first = 0;
    while (first < count) {
      const start = bounds[2 * first] as number;
      let last = first;
      while (last + 1 < count && (bounds[2 * last + 3] as number) - start <= SHARED_BYTES) last++;
      // One copy for several bodies, including the headers between them.
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
  (message) => serialize(message),
  (body) => deserialize(body),
);
