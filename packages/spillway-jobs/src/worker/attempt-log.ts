/**
 * The output of one attempt on its way to the storage. The command never waits for the storage: what comes
 * faster than it takes is kept in memory, at most the last 15 MiB, and what is left out is told.
 *
 * The storage gets the first 1 MiB as it comes, then what its pace allows, and at the end all that is kept.
 */
import type { LogAppend } from '../store/index.js';

/** As `appendLog` of the storage takes it. */
type Append = (pieces: readonly LogAppend[]) => Promise<void>;

const PIECE_BYTES = 64 * 1024;
const HEAD_BYTES = 2 ** 20;
const TAIL_BYTES = 15 * 2 ** 20;
/** After the head, so much is handed over at a time. */
const LIVE_BYTES = 4 * PIECE_BYTES;
const FLUSH_MS = 250;

interface Piece {
  readonly stream: 'stdout' | 'stderr';
  readonly at: Date;
  readonly bytes: Buffer;
  used: number;
  /** Bytes that are missing before it. */
  gap: number;
}

export class AttemptLog {
  readonly #append: Append;
  readonly #job: number;
  readonly #number: number;
  #pieces: Piece[] = [];
  /** Buffers to use again: at a million lines a second, new ones would be work for the garbage collector. */
  readonly #spare: Buffer[] = [];
  #keptBytes = 0;
  #seq = 0;
  #handedOver = 0;
  /** The same, and what is on its way to the storage. */
  #taken = 0;
  #dropped = 0;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;

  constructor(job: number, number: number, append: Append) {
    this.#job = job;
    this.#number = number;
    this.#append = append;
  }

  /** Bytes that the storage does not get. */
  get dropped(): number {
    return this.#dropped;
  }

  keep(bytes: Buffer, stream: 'stdout' | 'stderr'): void {
    for (let at = 0; at < bytes.length; ) {
      const piece = this.#roomFor(stream);
      const count = bytes.copy(piece.bytes, piece.used, at, at + piece.bytes.length - piece.used);
      piece.used += count;
      at += count;
      this.#keptBytes += count;
    }
    this.#dropMiddle();
    this.#timer ??= setTimeout(() => this.#flush(LIVE_BYTES), FLUSH_MS);
  }

  /** Hands over all that is left. Rejects when the storage does not take it. */
  async end(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#flushing?.catch(() => {});
    clearTimeout(this.#timer);
    while (this.#pieces.length > 0) await this.#handOver(HEAD_BYTES);
  }

  #roomFor(stream: Piece['stream']): Piece {
    const last = this.#pieces.at(-1);
    if (last && last.stream === stream && last.used < last.bytes.length) return last;
    const bytes = this.#spare.pop() ?? Buffer.allocUnsafeSlow(PIECE_BYTES);
    const piece = { stream, at: new Date(), bytes, used: 0, gap: 0 };
    this.#pieces.push(piece);
    return piece;
  }

  /** What is neither of the first 1 MiB nor of the last 15 MiB, the oldest first. */
  #dropMiddle(): void {
    let head = Math.max(0, HEAD_BYTES - this.#taken);
    if (this.#keptBytes <= head + TAIL_BYTES) return;
    const most = head + TAIL_BYTES;
    let index = 0;
    for (; head > 0 && index < this.#pieces.length; index++) head -= (this.#pieces[index] as Piece).used;
    let count = 0;
    let bytes = 0;
    while (this.#keptBytes - bytes > most && index + count < this.#pieces.length - 1) {
      bytes += (this.#pieces[index + count] as Piece).used;
      count++;
    }
    const gone = this.#pieces.splice(index, count);
    const next = this.#pieces[index];
    for (const { used, gap, bytes } of gone) {
      if (next) next.gap += gap + used;
      this.#spare.push(bytes);
    }
    this.#keptBytes -= bytes;
    this.#dropped += bytes;
  }

  #flush(most: number): void {
    const bytes = this.#handedOver < HEAD_BYTES ? HEAD_BYTES : most;
    const done = this.#handOver(bytes)
      .catch(() => {
        // The storage is away, which the worker tells. It stays here, and is tried again.
      })
      .finally(() => {
        this.#flushing = undefined;
        this.#timer =
          this.#pieces.length > 0 ? setTimeout(() => this.#flush(LIVE_BYTES), FLUSH_MS) : undefined;
      });
    this.#flushing = done;
  }

  async #handOver(most: number): Promise<void> {
    const those: Piece[] = [];
    let bytes = 0;
    while (this.#pieces.length > 0 && bytes < most) {
      const piece = this.#pieces.shift() as Piece;
      those.push(piece);
      bytes += piece.used;
    }
    if (those.length === 0) return;
    this.#keptBytes -= bytes;
    this.#taken += bytes;
    const appended = those.map(({ stream, at, bytes, used, gap }, index) => ({
      job: this.#job,
      number: this.#number,
      seq: this.#seq + index,
      at,
      stream,
      bytes: bytes.subarray(0, used),
      gap,
    }));
    try {
      await this.#append(appended);
    } catch (error) {
      this.#pieces.unshift(...those);
      this.#keptBytes += bytes;
      this.#taken -= bytes;
      this.#dropMiddle();
      throw error;
    }
    this.#seq += those.length;
    this.#handedOver += bytes;
    for (const { bytes } of those) this.#spare.push(bytes);
    this.#spare.splice(16);
  }
}
