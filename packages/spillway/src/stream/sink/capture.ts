/** Keeps a whole stream: in memory up to a bound, the rest in an unlinked temporary file. */
import { tmpdir } from 'node:os';
import { closeWhenForgotten, Output, SpillFile, type Stored, type TextEncoding } from '../reading/index.js';
import { SimpleSink } from './sink.js';

const OTHER_PLACES = process.platform === 'win32' ? [] : ['/var/tmp'];
const NO_ROOM = Buffer.alloc(0);
const SMALL_BYTES = 512;
const FIRST_BLOCK_BYTES = 4096;
const LARGEST_BLOCK_BYTES = 1024 * 1024;

/** The disk could not store output beyond the memory bound. `cause` is the system's error. */
export class SpillError extends Error {
  override readonly name = 'SpillError';
  readonly code: string | undefined;

  constructor(directory: string, kept: number, cause: NodeJS.ErrnoException) {
    super(
      `output cannot be spilled to ${directory}: ${cause.message}. ${kept} bytes were kept; free some ` +
        'space, set spillDirectory (or the variable TMPDIR) to another file system, or raise memory',
      { cause },
    );
    this.code = cause.code;
  }
}

export class Capture extends SimpleSink implements Stored {
  readonly #memory: number;
  readonly #directory: string | undefined;
  readonly #blocks: Buffer[] = [];
  /** Free bytes at the end of the last block. */
  #room: Buffer = NO_ROOM;
  #inMemory = 0;
  #spill: SpillFile | undefined;

  /** `directory`: where to spill; when undefined, os.tmpdir(), or what takes its place. */
  constructor(memory: number, directory: string | undefined) {
    super();
    this.#memory = memory;
    this.#directory = directory;
  }

  override write(view: Buffer): void | Promise<void> {
    const rest = this.keep(view);
    if (rest) return this.#guarded(rest.spill.append(rest.view));
  }

  override end(): void | Promise<void> {
    if (this.#spill) return this.#guarded(this.#spill.flush());
  }

  /** Keeps the bytes that fit into memory; returns the rest with the file for it. */
  protected keep(view: Buffer): { readonly view: Buffer; readonly spill: SpillFile } | undefined {
    if (this.#spill) return { view, spill: this.#spill };
    const fits = Math.min(view.length, this.#memory - this.#inMemory);
    this.#remember(view.subarray(0, fits));
    if (fits === view.length) return undefined;
    try {
      this.#spill = spillFile(this.#directory);
    } catch (error) {
      throw this.explain(error);
    }
    return { view: view.subarray(fits), spill: this.#spill };
  }

  protected get spill(): SpillFile | undefined {
    return this.#spill;
  }

  /** The number of bytes by now. */
  get size(): number {
    return this.#inMemory + (this.#spill?.length ?? 0);
  }

  /** Reads while bytes are added. */
  readAt(position: number, into: Buffer): Buffer | Promise<Buffer> {
    let start = 0;
    for (const block of this.#head) {
      if (position < start + block.length) return block.subarray(position - start);
      start += block.length;
    }
    return (this.#spill as SpillFile).readAt(position - start, into);
  }

  /** The last bytes, at most `count`; blocks while it reads those that are on disk. */
  lastBytes(count: number): Buffer {
    const spilled = this.#spill?.lastBytes(count) ?? NO_ROOM;
    const parts = [spilled];
    let missing = count - spilled.length;
    for (const block of this.#head.reverse()) {
      if (missing <= 0) break;
      parts.unshift(block.subarray(Math.max(0, block.length - missing)));
      missing -= block.length;
    }
    return Buffer.concat(parts);
  }

  /** All bytes that were kept. Call it once, after the end. `omitted`: bytes that came before them. */
  output(encoding: TextEncoding, omitted = 0): Output {
    const spill = this.#spill && { fd: this.#spill.fd, size: this.#spill.size, tail: this.#spill.unwritten };
    return new Output(this.#head, encoding, spill, omitted);
  }

  /** Frees what it holds on disk, instead of an output. */
  discard(): void {
    this.#spill?.close();
  }

  /** The same, when it is garbage collected. */
  closeWhenForgotten(): void {
    if (this.#spill) closeWhenForgotten(this.#spill, this.#spill.fd);
  }

  /** What is in memory. */
  get #head(): Buffer[] {
    const head = this.#blocks.slice();
    const last = head.pop();
    if (last) head.push(last.subarray(0, last.length - this.#room.length));
    return head;
  }

  /** Blocks double, so that small outputs take little memory and large ones few allocations. */
  #remember(view: Buffer): void {
    this.#inMemory += view.length;
    if (this.#inMemory === view.length && view.length <= SMALL_BYTES) {
      // Most commands print one line: a piece of Node's pool is enough for it.
      this.#blocks.push(Buffer.from(view));
      return;
    }
    let from = view.copy(this.#room);
    this.#room = this.#room.subarray(from);
    while (from < view.length) {
      const wanted = Math.max(
        FIRST_BLOCK_BYTES,
        view.length - from,
        Math.min(this.#inMemory, LARGEST_BLOCK_BYTES),
      );
      const block = Buffer.allocUnsafeSlow(Math.min(wanted, Math.max(this.#memory, view.length - from)));
      this.#blocks.push(block);
      const count = view.copy(block, 0, from);
      from += count;
      this.#room = block.subarray(count);
    }
  }

  #guarded(pending: void | Promise<void>): void | Promise<void> {
    return pending?.catch((error) => {
      throw this.explain(error);
    });
  }

  protected explain(error: unknown): SpillError {
    const { size = 0, unwritten = [] } = this.#spill ?? {};
    const kept = this.#inMemory + size + unwritten.reduce((sum, { length }) => sum + length, 0);
    const directory = this.#spill?.directory ?? this.#directory ?? tmpdir();
    return new SpillError(directory, kept, error as NodeJS.ErrnoException);
  }
}

/**
 * A container may have no /tmp, or one that cannot be written; /var/tmp is on a disk as well. Not /dev/shm,
 * whose files are memory. Throws the first directory's error.
 */
function spillFile(directory: string | undefined): SpillFile {
  const [first = '', ...others] = directory === undefined ? [tmpdir(), ...OTHER_PLACES] : [directory];
  try {
    return new SpillFile(first);
  } catch (error) {
    for (const other of others) {
      try {
        return new SpillFile(other);
      } catch {
        // The first one's error is the one to cure.
      }
    }
    throw error;
  }
}
