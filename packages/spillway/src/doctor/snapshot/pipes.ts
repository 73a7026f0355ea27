/**
 * How full a pipe of other processes is. That takes a descriptor of our own for a few microseconds, opened
 * for reading: an additional writer could hide end-of-file from readers, an additional reader only delays
 * SIGPIPE.
 */
import { constants } from 'node:fs';
import {
  bytesAvailable,
  closeSync,
  fstatSync,
  libcObstacle,
  openSync,
  pipeCapacity,
  warnOfFallback,
} from '../../system/index.js';
import type { PipeRecord } from './snapshot.js';

/** Linux only; node:fs does not export it (include/uapi/asm-generic/fcntl.h). */
const O_PATH = 0o10000000;

/**
 * Through a descriptor with which the process reads the pipe. Undefined if that cannot be opened or is
 * closed.
 */
export function pipeRecord(inode: number, reader: { pid: number; fd: number }): PipeRecord | undefined {
  const obstacle = libcObstacle();
  if (obstacle !== undefined) {
    warnOfFallback(obstacle, 'So the doctor does not see how full a pipe is, and may miss a hang');
    return undefined;
  }
  let place: number | undefined;
  try {
    // O_PATH opens nothing: the number may refer to a device by now, and opening a device can have an effect.
    place = openSync(`/proc/${reader.pid}/fd/${reader.fd}`, O_PATH);
    const found = fstatSync(place);
    if (!found.isFIFO() || found.ino !== inode) return undefined;
    const { O_RDONLY, O_NONBLOCK } = constants;
    const fd = openSync(`/proc/self/fd/${place}`, O_RDONLY | O_NONBLOCK);
    try {
      return { inode, bytes: bytesAvailable(fd), capacity: pipeCapacity(fd) };
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  } finally {
    if (place !== undefined) closeSync(place);
  }
}
