/**
 * Many small reads below /proc, at less than half the cost of node:fs: one buffer, no stat for the file's
 * size, no error objects. For a file that cannot be read the result is undefined, and `failure` has the
 * reason. Where libc cannot be called, node:fs reads.
 */
import { readdirSync, readlinkSync } from 'node:fs';
import {
  closeCall,
  closeSync,
  openCall,
  openSync,
  readAt,
  readCall,
  readSync,
  STATX_AT,
  statxCall,
} from '../descriptor/index.js';
import { bindOptional, codeAndText, lastErrno, platform } from '../libc/index.js';

const readlinkCall = bindOptional<
  (directory: number, path: string, into: Uint8Array, bytes: number) => number
>('long readlinkat(int directory, const char *path, void *into, size_t bytes)');

const listCall = bindOptional<(directory: number, into: Uint8Array, bytes: number) => number>(
  'long getdents64(int directory, void *into, size_t bytes)',
);
/** The files below one mount of proc(5). */
export interface ProcFiles {
  /**
   * The text of a file, each byte as the character of the same number (latin1): names there need not be
   * UTF-8.
   */
  text(path: string): string | undefined;
  /** The target of a symbolic link, as latin1. */
  link(path: string): string | undefined;
  /** What a descriptor is open for, by the rights of its link in /proc/PID/fd (proc_pid_fd(5)). */
  access(path: string): 'read' | 'write' | 'both' | undefined;
  /** The links in a directory that contains only links. A link that is gone by then is left out. */
  links(path: string): [name: string, target: string][] | undefined;
  /** The names in a directory. */
  names(path: string): string[] | undefined;
  /** The bytes at an offset of a file, at most `length`. Offsets are addresses in /proc/PID/mem. */
  bytes(path: string, at: bigint, length: number): Buffer | undefined;
  /** The error code of the latest call that returned undefined: `'ENOENT'`, `'EACCES'`, `'ESRCH'`, … */
  readonly failure: string;
}

/** Looking a code up takes longer than the read that failed. */
const codes = new Map<number, string>();
/** include/uapi/linux/{fcntl,stat}.h. */
const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const STATX_MODE = 2;
const LONGEST_PATH = 4096;
const FIRST_BYTES = 64 * 1024;
/**
 * Files of several records may return one page per read (seq_file in the kernel). A read of less than half a
 * page got the whole file.
 */
const SURELY_WHOLE_BYTES = 2048;

class NativeProcFiles implements ProcFiles {
  failure = '';
  readonly #root: string;
  readonly #targets = new Map<string, string>();
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
    const call = this.#attempt(readlinkCall);
    if (call) return this.#linkIn(call, AT_FDCWD, `${this.#root}/${path}`);
    return this.#attempt(() => readlinkSync(`${this.#root}/${path}`, 'latin1'));
  }

  links(path: string): [string, string][] | undefined {
    const [list, call] = [this.#attempt(listCall), this.#attempt(readlinkCall)];
    const found: [string, string][] = [];
    if (!list || !call) {
      for (const name of this.names(path) ?? []) {
        const target = this.link(`${path}/${name}`);
        if (target !== undefined) found.push([name, target]);
      }
      return this.#attempt(() => readdirSync(`${this.#root}/${path}`)) && found;
    }
    // Relative to the directory, the kernel looks up one name instead of four.
    const directory = this.#open(path);
    if (directory === undefined) return undefined;
    try {
      const names = this.#namesIn(list, directory);
      for (const name of names ?? []) {
        const target = this.#linkIn(call, directory, name);
        if (target !== undefined) found.push([name, target]);
      }
      return names && found;
    } finally {
      this.#close(directory);
    }
  }

  access(path: string): 'read' | 'write' | 'both' | undefined {
    const call = this.#attempt(statxCall);
    const isLinked = call?.(AT_FDCWD, `${this.#root}/${path}`, AT_SYMLINK_NOFOLLOW, STATX_MODE, this.#buffer);
    if (isLinked !== 0) return undefined;
    const rights = this.#buffer.readUInt16LE(STATX_AT.mode);
    const [reads, writes] = [(rights & 0o400) !== 0, (rights & 0o200) !== 0];
    return reads && writes ? 'both' : writes ? 'write' : 'read';
  }

  /**
   * Records of linux_dirent64 (getdents(2)): eight bytes each for inode and offset, two for the length, one
   * for the type, then the name.
   */
  #namesIn(list: NonNullable<ReturnType<typeof listCall>>, directory: number): string[] | undefined {
    const names: string[] = [];
    for (;;) {
      const length = list(directory, this.#buffer, this.#buffer.length);
      if (length < 0) return this.#failed();
      if (length === 0) return names;
      for (let at = 0; at < length; at += this.#buffer.readUInt16LE(at + 16)) {
        const end = this.#buffer.indexOf(0, at + 19);
        const name = this.#buffer.toString('latin1', at + 19, end);
        if (name !== '.' && name !== '..') names.push(name);
      }
    }
  }

  #linkIn(
    call: NonNullable<ReturnType<typeof readlinkCall>>,
    directory: number,
    name: string,
  ): string | undefined {
    const length = call(directory, name, this.#buffer, LONGEST_PATH);
    return length < 0 ? this.#failed() : this.#once(this.#buffer.toString('latin1', 0, length));
  }

  /** Thousands of links lead to /dev/null: they share one string. */
  #once(target: string): string {
    if (!target.startsWith('/dev/') && !target.startsWith('anon_inode:')) return target;
    const known = this.#targets.get(target);
    if (known !== undefined) return known;
    this.#targets.set(target, target);
    return target;
  }

  names(path: string): string[] | undefined {
    return this.#attempt(() => readdirSync(`${this.#root}/${path}`));
  }

  bytes(path: string, at: bigint, length: number): Buffer | undefined {
    // Addresses above 2^53 belong to the kernel, and no process may read them.
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
    const call = this.#attempt(openCall);
    if (!call || !platform) return this.#attempt(() => openSync(`${this.#root}/${path}`, 'r'));
    const fd = call(`${this.#root}/${path}`, platform.O_CLOEXEC);
    return fd < 0 ? this.#failed() : fd;
  }

  #read(fd: number, into: Buffer): number | undefined {
    const call = this.#attempt(readCall);
    if (!call) return this.#attempt(() => readSync(fd, into));
    const count = call(fd, into, into.length);
    return count < 0 ? this.#failed() : count;
  }

  #close(fd: number): void {
    const call = this.#attempt(closeCall);
    // Closed by the library that opened it: Node keeps a list of what it opens in a worker thread.
    if (call && platform) call(fd);
    else closeSync(fd);
  }

  #failed(): undefined {
    const errno = lastErrno();
    this.failure = codes.get(errno) ?? codeAndText(errno).code;
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

/** The files of the proc(5) that is mounted at `root`. */
export function procFiles(root = '/proc'): ProcFiles {
  return new NativeProcFiles(root);
}
