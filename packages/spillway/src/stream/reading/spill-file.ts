/**
 * A temporary file without a name: what is left of it when its descriptor closes, by whatever way, is
 * nothing.
 */

import { randomUUID } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, unlinkSync, write, writeSync } from 'node:fs';
import { join } from 'node:path';
import { platform } from '../../system/index.js';

/** Written in blocks of this size; a few are in memory at a time. */
const BLOCK_BYTES = 512 * 1024;

interface Block {
  readonly bytes: Buffer;
  length: number;
  /** How much of it is in the file. */
  written: number;
}

export class SpillFile {
  readonly fd: number;
  readonly directory: string;
  #filling: Block = newBlock();
  /** Full blocks on their way to the disk, the one being written first. */
  #full: Block[] = [];
  readonly #spare: Block[] = [];
  #writing: Promise<void> | undefined;
  #size = 0;
  #whenRoom: (() => void) | undefined;

  constructor(directory: string) {
    this.directory = directory;
    this.fd = openUnlinked(directory);
  }

  /** Bytes that are in the file. */
  get size(): number {
    return this.#size;
  }

  /** Bytes that were appended and are not in the file: none after a flush that succeeded. */
  get unwritten(): Buffer[] {
    return [...this.#full, this.#filling]
      .filter((block) => block.written < block.length)
      .map((block) => block.bytes.subarray(block.written, block.length));
  }

  /**
   * Buffers the bytes; a promise while the disk is behind. Its rejection, and that of `flush`, is the disk's
   * error.
   */
  append(view: Buffer): void | Promise<void> {
    this.#fill(view);
    if (this.#full.length > 0) this.#startWriting();
    // A second full block: the reader waits for the first to be written, and with it the child.
    if (this.#full.length > 1) return this.#room();
  }

  /** Everything appended is in the file. */
  async flush(): Promise<void> {
    this.#turnOver();
    if (this.#full.length > 0) this.#startWriting();
    await this.#writing;
  }

  /**
   * The same as `append`, for a thread that cannot wait for a promise. Throws the disk's error. Not to be
   * mixed with it.
   */
  appendSync(view: Buffer): void {
    this.#fill(view);
    this.#writeOutSync();
  }

  /** Everything appended is in the file. Throws the disk's error. */
  flushSync(): void {
    this.#turnOver();
    this.#writeOutSync();
  }

  #fill(view: Buffer): void {
    let from = 0;
    while (from < view.length) {
      const block = this.#filling;
      const count = view.copy(block.bytes, block.length, from);
      from += count;
      block.length += count;
      if (block.length === BLOCK_BYTES) this.#turnOver();
    }
  }

  #room(): Promise<void> {
    const room = new Promise<void>((resolve) => {
      this.#whenRoom = resolve;
    });
    // The disk's error comes first, or instead.
    return Promise.race([room, this.#writing]);
  }

  #turnOver(): void {
    if (this.#filling.length === 0) return;
    this.#full.push(this.#filling);
    this.#filling = this.#spare.pop() ?? newBlock();
  }

  #startWriting(): void {
    if (this.#writing) return;
    this.#writing = this.#writeOut();
    // Heard at the next append or flush.
    this.#writing.catch(() => {});
  }

  /** Left in its failed state by an error, with the blocks that did not get through. */
  async #writeOut(): Promise<void> {
    for (let block = this.#full[0]; block !== undefined; block = this.#full[0]) {
      while (block.written < block.length) {
        this.#advance(block, await writeAt(this.fd, block, this.#size));
      }
      this.#recycle(block);
      this.#whenRoom?.();
    }
    this.#writing = undefined;
  }

  #writeOutSync(): void {
    for (let block = this.#full[0]; block !== undefined; block = this.#full[0]) {
      while (block.written < block.length) {
        const { bytes, length, written } = block;
        this.#advance(block, writeSync(this.fd, bytes, written, length - written, this.#size));
      }
      this.#recycle(block);
    }
  }

  #advance(block: Block, count: number): void {
    block.written += count;
    this.#size += count;
  }

  /** The first block is in the file. */
  #recycle(block: Block): void {
    this.#full.shift();
    block.length = 0;
    block.written = 0;
    this.#spare.push(block);
  }
}

function newBlock(): Block {
  return { bytes: Buffer.allocUnsafeSlow(BLOCK_BYTES), length: 0, written: 0 };
}

function writeAt(fd: number, { bytes, length, written }: Block, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, written, length - written, position, (error, count) =>
      error ? reject(error) : resolve(count),
    );
  });
}

/**
 * O_TMPFILE makes a file that never had a name, so that not even SIGKILL at the worst moment leaves one
 * (open(2)). Where the file system cannot (EOPNOTSUPP, EISDIR: NFS, some overlays) or the kernel does not
 * know it, the name lives for the moment between two calls.
 */
function openUnlinked(directory: string): number {
  if (platform?.O_TMPFILE !== undefined) {
    try {
      return openSync(directory, platform.O_TMPFILE | constants.O_RDWR, 0o600);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EOPNOTSUPP' && code !== 'ENOTSUP' && code !== 'EISDIR' && code !== 'EINVAL') throw error;
    }
  }
  const path = join(directory, `spillway-${process.pid}-${randomUUID()}`);
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
  unlinkSync(path);
  return fd;
}

/** Fills `into` from `position`, as far as the file goes; returns the count. */
export function readFully(fd: number, into: Buffer, position: number): number {
  let have = 0;
  while (have < into.length) {
    const count = readSync(fd, into, have, into.length - have, position + have);
    if (count === 0) break;
    have += count;
  }
  return have;
}

/** Closes the descriptors of spilled outputs that nobody can reach any more. */
const forgotten = new FinalizationRegistry<{ fd: number; inode: number }>(({ fd, inode }) => {
  // The number may have been closed and given out again by code that does not know us.
  try {
    if (fstatSync(fd).ino === inode) closeSync(fd);
  } catch {}
});

export function closeWhenForgotten(owner: object, fd: number): void {
  forgotten.register(owner, { fd, inode: fstatSync(fd).ino }, owner);
}

export function closeNow(owner: object, fd: number): void {
  forgotten.unregister(owner);
  closeSync(fd);
}
