/**
 * Many small reads below /proc, at less than half the cost of node:fs: one buffer, no look at the file's size, no error objects. A file
 * that cannot be read answers undefined, and `failure` tells why. Where libc cannot be called, node:fs does the same.
 */
import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { describe } from './errno.js';
import { bindOptional, lastErrno } from './libc.js';
import { platform } from './platform.js';
import { readAt } from './positioned.js';

const openCall = bindOptional<(path: string, flags: number) => number>(
  'int open(const char *path, int flags)',
);
const readCall = bindOptional<(fd: number, into: Uint8Array, bytes: number) => number>(
  'long read(int fd, void *into, size_t bytes)',
);
const closeCall = bindOptional<(fd: number) => number>('int close(int fd)');
const readlinkCall = bindOptional<
  (directory: number, path: string, into: Uint8Array, bytes: number) => number
>('long readlinkat(int directory, const char *path, void *into, size_t bytes)');

/** What the files below one mount of proc(5) say. */
export interface ProcFiles {
  /** The text of a file, its bytes as characters of the same number (latin1): names there need not be UTF-8. */
  text(path: string): string | undefined;
  /** Where a symbolic link leads, as bytes. */
  link(path: string): string | undefined;
  /** The links in a directory that has nothing else, by name. One that has gone meanwhile is left out. */
  links(path: string): [name: string, target: string][] | undefined;
  /** The names in a directory. */
  names(path: string): string[] | undefined;
  /** As many bytes at an offset of a file as there are, at most `length`. Offsets are addresses in /proc/PID/mem. */
  bytes(path: string, at: bigint, length: number): Buffer | undefined;
  /** The error code of the last of these that answered undefined: `'ENOENT'`, `'EACCES'`, `'ESRCH'`, … */
  readonly failure: string;
}

/** To find a code takes longer than the read that failed. */
const codes = new Map<number, string>();
const LONGEST_PATH = 4096;
const FIRST_BYTES = 64 * 1024;
/** Files of several records may give a page at a time (seq_file in the kernel); what is shorter than half a page is all there is. */
const SURELY_WHOLE_BYTES = 2048;

class NativeProcFiles implements ProcFiles {
  failure = '';
  readonly #root: string;
  #buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);

  constructor(root: string) {
    this.#root = root;
  }

  text(path: string): string | undefined {
    const fd = this.#open(path);
    if (fd === undefined) return undefined;
    try {
      let length = 0;
      for (;;) {
        if (length === this.#buffer.length) {
          this.#buffer = Buffer.concat([this.#buffer], 2 * length);
        }
        const count = this.#read(fd, this.#buffer.subarray(length));
        if (count === undefined) return undefined;
        length += count;
        if (count === 0) return this.#buffer.toString('latin1', 0, length);
        if (length < SURELY_WHOLE_BYTES) return this.#buffer.toString('latin1', 0, length);
      }
    } finally {
      this.#close(fd);
    }
  }

  link(path: string): string | undefined {
    return this.#attempt(() => readlinkSync(`${this.#root}/${path}`, 'latin1'));
  }

  links(path: string): [string, string][] | undefined {
    const names = this.names(path);
    if (!names || names.length === 0) return names && [];
    const call = readlinkCall();
    // From the directory on the kernel has one name to look up, and not four.
    const directory = call && this.#open(path);
    const found: [string, string][] = [];
    for (const name of names) {
      const target =
        call && directory !== undefined ? this.#linkIn(call, directory, name) : this.link(`${path}/${name}`);
      if (target !== undefined) found.push([name, target]);
    }
    if (directory !== undefined) this.#close(directory);
    return found;
  }

  #linkIn(
    call: NonNullable<ReturnType<typeof readlinkCall>>,
    directory: number,
    name: string,
  ): string | undefined {
    const length = call(directory, name, this.#buffer, LONGEST_PATH);
    return length < 0 ? this.#failed() : this.#buffer.toString('latin1', 0, length);
  }

  names(path: string): string[] | undefined {
    return this.#attempt(() => readdirSync(`${this.#root}/${path}`));
  }

  bytes(path: string, at: bigint, length: number): Buffer | undefined {
    // Addresses beyond 2^53 are the kernel's own, which nobody may read.
    if (at < 0n || at > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
    const fd = this.#open(path);
    if (fd === undefined) return undefined;
    try {
      const into = Buffer.alloc(length);
      const count = this.#attempt(() => readAt(fd, into, Number(at)));
      return count === undefined ? undefined : into.subarray(0, count);
    } finally {
      this.#close(fd);
    }
  }

  #open(path: string): number | undefined {
    const call = openCall();
    if (!call || !platform) return this.#attempt(() => openSync(`${this.#root}/${path}`, 'r'));
    const fd = call(`${this.#root}/${path}`, platform.O_CLOEXEC);
    return fd < 0 ? this.#failed() : fd;
  }

  #read(fd: number, into: Buffer): number | undefined {
    const call = readCall();
    if (!call) return this.#attempt(() => readSync(fd, into));
    const count = call(fd, into, into.length);
    return count < 0 ? this.#failed() : count;
  }

  #close(fd: number): void {
    const call = closeCall();
    // Opened by the same means: Node keeps count of what it opens in a worker thread.
    if (call && platform) call(fd);
    else closeSync(fd);
  }

  #failed(): undefined {
    const errno = lastErrno();
    this.failure = codes.get(errno) ?? describe(errno).code;
    codes.set(errno, this.failure);
    return undefined;
  }

  #attempt<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      this.failure = (error as NodeJS.ErrnoException).code ?? 'EIO';
      return undefined;
    }
  }
}

/** The files of the proc(5) that is mounted there. */
export function procFiles(root = '/proc'): ProcFiles {
  return new NativeProcFiles(root);
}
