/** A temporary file without a name: nothing of it remains once its descriptor is closed, by any means. */

import { constants, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { builtin, exactPath } from '../../base/index.js';
import {
  closeSync,
  fstatSync,
  openSync,
  platform,
  read,
  readSync,
  write,
  writeSync,
} from '../../system/index.js';

/** The size of one write; a few blocks are in memory at a time. */
const BLOCK_BYTES = 512 * 1024;

interface Block {
  readonly bytes: Buffer;
  length: number;
  /** The number of its bytes that are in the file. */
  written: number;
}

export class SpillFile {
  readonly fd: number;
  readonly directory: string;
  #filling: Block = newBlock();
  /** Full blocks that are not on disk yet; the first one is being written. */
  #full: Block[] = [];
  readonly #spare: Block[] = [];
  #writing: Promise<void> | undefined;
  #size = 0;
  #whenRoom: (() => void) | undefined;

  constructor(directory: string) {
    this.directory = directory;
    this.fd = openUnlinked(directory);
  }

  /** The number of bytes in the file. */
  get size(): number {
    return this.#size;
  }

  /** Appended bytes that are not in the file: none after a successful flush. */
  get unwritten(): Buffer[] {
    return [...this.#full, this.#filling]
      .filter((block) => block.written < block.length)
      .map((block) => block.bytes.subarray(block.written, block.length));
  }

  /** The number of bytes, those that are not in the file yet included. */
  get length(): number {
    return this.#size + this.unwritten.reduce((sum, { length }) => sum + length, 0);
  }

  /** Some bytes from `position` on, while others are added. */
  readAt(position: number, into: Buffer): Buffer | Promise<Buffer> {
    if (position < this.#size) return readBlock(this.fd, into, position, this.#size - position);
    let start = this.#size;
    for (const part of this.unwritten) {
      const from = position - start;
      // A copy: a block that is written meanwhile is filled anew.
      if (from < part.length) return into.subarray(0, part.copy(into, 0, from));
      start += part.length;
    }
    return into.subarray(0, 0);
  }

  /** The last bytes, at most `count`; blocks while it reads them. */
  lastBytes(count: number): Buffer {
    const { unwritten } = this;
    const from = Math.max(0, this.#size - count);
    const part = Buffer.allocUnsafeSlow(this.#size - from);
    const all = Buffer.concat([part.subarray(0, readFully(this.fd, part, from)), ...unwritten]);
    return all.subarray(Math.max(0, all.length - count));
  }

  /** Gives back the disk space, without an output. */
  close(): void {
    const close = () => closeNow(this, this.fd);
    if (this.#writing) this.#writing.then(close, close);
    else close();
  }

  /** Buffers the bytes; a promise while the disk lags. It rejects with the disk's error, as `flush` does. */
  append(view: Buffer): void | Promise<void> {
    this.#fill(view);
    if (this.#full.length > 0) this.#startWriting();
    // At a second full block, the reader and so the child wait until the first is written.
    if (this.#full.length > 1) return this.#room();
  }

  /** Writes all appended bytes to the file. */
  async flush(): Promise<void> {
    this.#turnOver();
    if (this.#full.length > 0) this.#startWriting();
    await this.#writing;
  }

  /** Like `append`, but blocks and throws the disk's error. Do not mix the two. */
  appendSync(view: Buffer): void {
    this.#fill(view);
    this.#writeOutSync();
  }

  /** Writes all appended bytes to the file. Throws the disk's error. */
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
    // A failed disk makes no room; then #writing rejects.
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
    // The next append or flush reports the error.
    this.#writing.catch(() => {});
  }

  /** After an error, the rejected promise and the unwritten blocks stay. */
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

  /** Call it when the first block is in the file. */
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
 * O_TMPFILE makes a file that never has a name, so not even SIGKILL at the worst moment leaves one (open(2)).
 * If the file system lacks it (EOPNOTSUPP, EISDIR: NFS, some overlays) or the kernel does, the file has a
 * name for the moment between two calls.
 */
function openUnlinked(directory: string): number {
  if (platform?.O_TMPFILE !== undefined) {
    try {
      return openSync(exactPath(directory), platform.O_TMPFILE | constants.O_RDWR, 0o600);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EOPNOTSUPP' && code !== 'ENOTSUP' && code !== 'EISDIR' && code !== 'EINVAL') throw error;
    }
  }
  const path = join(directory, `spillway-${process.pid}-${builtin('crypto').randomUUID()}`);
  const fd = openSync(exactPath(path), constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
  unlinkSync(exactPath(path));
  return fd;
}

/** Some bytes of a file from `position` on, at most `most`. */
export function readBlock(fd: number, into: Buffer, position: number, most: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    read(fd, into, 0, Math.min(into.length, most), position, (error, count) =>
      error ? reject(error) : resolve(into.subarray(0, count)),
    );
  });
}

/** Fills `into` from `position` on, up to the end of the file; returns the count. */
export function readFully(fd: number, into: Buffer, position: number): number {
  let have = 0;
  while (have < into.length) {
    const count = readSync(fd, into, have, into.length - have, position + have);
    if (count === 0) break;
    have += count;
  }
  return have;
}

/** Closes the descriptors of spilled outputs that were garbage collected. */
const forgotten = new FinalizationRegistry<{ fd: number; inode: number }>(({ fd, inode }) => {
  // Other code may have closed the descriptor, and its number may now belong to another file.
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
