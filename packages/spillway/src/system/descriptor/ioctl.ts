/** ioctl(2), each request with one array of numbers. */
import { bind } from '../libc/index.js';

/** `type`: the C type of the argument, such as `'int *'`. */
export const ioctl = bind<
  (fd: number, request: number, type: string, argument: Int32Array | Uint16Array) => number
>('int ioctl(int fd, unsigned long request, ...)');
