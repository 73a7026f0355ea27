/** flock(2): a lock of an open file. It ends with the process that holds it, however that dies. */
import { ftruncateSync } from 'node:fs';
import { bindOptional, check, errnoOf, lastErrno, required } from '../libc/index.js';
import { closeSync, openSync, writeSync } from './io.js';

const flock = bindOptional<(fd: number, operation: number) => number>('int flock(int fd, int operation)');

const LOCK_EX = 2;
const LOCK_NB = 4;

/** Takes the exclusive lock of an open file. False when another open file has it. Never waits. */
export function tryLock(fd: number): boolean {
  const result = required(flock)(fd, LOCK_EX | LOCK_NB);
  // EAGAIN and EWOULDBLOCK are one number on Linux and macOS.
  if (result === -1 && lastErrno() === errnoOf.EWOULDBLOCK) return false;
  check(result, 'flock', `locking descriptor ${fd}`);
  return true;
}

/** Held until it is released, or this process ends in whatever way. The file stays. */
export class FileLock implements Disposable {
  readonly path: string;
  #fd: number | undefined;

  private constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
  }

  /**
   * Takes it; undefined while another process, or this one, holds it. Makes the file with mode 0600 where
   * there is none. `text`: written to the file for people who look for the holder.
   *
   * Throws SystemError, and an error of node:fs for a path that cannot be opened.
   *
   * @example
   * using lock = FileLock.tryTake('/run/backup.lock');
   * if (!lock) throw new Error('another backup is under way');
   */
  static tryTake(path: string, text = ''): FileLock | undefined {
    const fd = openSync(path, 'a+', 0o600);
    try {
      if (tryLock(fd)) {
        ftruncateSync(fd);
        writeSync(fd, text);
        return new FileLock(path, fd);
      }
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    closeSync(fd);
    return undefined;
  }

  release(): void {
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd !== undefined) closeSync(fd);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
