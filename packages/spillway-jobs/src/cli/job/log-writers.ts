/** The output of a job for its three kinds of readers: a program, a person, and a program that reads JSON. */
import { isUtf8 } from 'node:buffer';
import { StringDecoder } from 'node:string_decoder';
import type { LogPiece } from '../../queue/types.js';
import { print, printJson } from '../output.js';
import { tools } from '../tools.js';

export interface LogWriter {
  write(piece: LogPiece): Promise<void>;
  /** After the last piece of an attempt. */
  end(): Promise<void>;
}

function gapText({ gap }: LogPiece): string {
  return `${tools.formatBytes(gap)} of the output are missing here: only its beginning and its end are kept`;
}

/** Bytes as they are; what is missing is told on stderr. */
export class BytesLog implements LogWriter {
  async write(piece: LogPiece): Promise<void> {
    if (piece.gap > 0) tools.say(`job log: ${gapText(piece)}`);
    await print(piece.bytes);
  }

  async end(): Promise<void> {}
}

/** Control characters are made visible: the output of a program must not act on the terminal. */
export class TerminalLog implements LogWriter {
  #decoders = decoders();
  #isInLine = false;

  async write(piece: LogPiece): Promise<void> {
    if (piece.gap > 0) {
      // What is cut off before the gap is no character.
      this.#decoders = decoders();
      await this.#print(`${this.#isInLine ? '\n' : ''}[${gapText(piece)}]\n`);
    }
    await this.#print(tools.safeLines(this.#decoders[piece.stream].write(piece.bytes)));
  }

  async end(): Promise<void> {
    const rest = this.#decoders.stdout.end() + this.#decoders.stderr.end();
    await this.#print(tools.safeLines(rest));
    if (this.#isInLine) await this.#print('\n');
  }

  async #print(text: string): Promise<void> {
    if (text === '') return;
    this.#isInLine = !text.endsWith('\n');
    await print(text);
  }
}

const decoders = () => ({ stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') });

/**
 * A line for each piece: `{ attempt, seq, at, stream, text, gap }`; with `base64` in place of `text` where
 * the bytes are no UTF-8. A character that two pieces share is in the second.
 */
export class JsonLog implements LogWriter {
  readonly #kept = new Map<string, Buffer>();
  #last: LogPiece | undefined;

  async write(piece: LogPiece): Promise<void> {
    const before = piece.gap > 0 ? undefined : this.#kept.get(piece.stream);
    const bytes = before ? Buffer.concat([before, piece.bytes]) : piece.bytes;
    const whole = bytes.length - unfinished(bytes);
    if (isUtf8(bytes.subarray(0, whole))) this.#kept.set(piece.stream, Buffer.from(bytes.subarray(whole)));
    else this.#kept.delete(piece.stream);
    await this.#print(piece, isUtf8(bytes.subarray(0, whole)) ? bytes.subarray(0, whole) : bytes);
    this.#last = piece;
  }

  async end(): Promise<void> {
    for (const [stream, bytes] of this.#kept)
      if (bytes.length > 0 && this.#last)
        await this.#print({ ...this.#last, stream: stream as LogPiece['stream'], gap: 0 }, bytes);
    this.#kept.clear();
  }

  async #print({ attempt, seq, at, stream, gap }: LogPiece, bytes: Buffer): Promise<void> {
    const data = isUtf8(bytes) ? { text: bytes.toString() } : { base64: bytes.toString('base64') };
    await printJson({ attempt, seq, at, stream, ...data, gap });
  }
}

/** How many bytes at the end begin a character of UTF-8 and do not end it. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return length > back ? back : 0;
  }
  return 0;
}
