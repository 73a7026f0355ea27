/** flock(2): a lock of an open file. It ends with the process that holds it, however that dies. */
import { bindOptional, check, errnoOf, lastErrno, required } from '../libc/index.js';

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
