/** lseek(2): where an open file is read next. */
import { bind, check } from '../libc/index.js';

const lseek = bind<(fd: number, offset: number, whence: number) => number>(
  'int64_t lseek(int fd, int64_t offset, int whence)',
);
const SEEK_SET = 0;
const SEEK_CUR = 1;

/** Moves the position and returns it, in bytes from the start. Errors: ESPIPE for a pipe. */
export function seekBy(fd: number, bytes: number): number {
  return check(lseek(fd, bytes, SEEK_CUR), 'lseek', `asking for the position of descriptor ${fd}`);
}

export function seekTo(fd: number, position: number): void {
  check(lseek(fd, position, SEEK_SET), 'lseek', `rewinding descriptor ${fd}`);
}
