/**
 * How full a pipe of other processes is. It has to be opened for that, as a reader: what is open for writing keeps readers from seeing
 * the end of file. A reader more keeps writers from SIGPIPE, so it is there for the few microseconds of two questions.
 */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { bytesAvailable, libcProblem, pipeCapacity } from '../../system/index.js';
import type { PipeRecord } from './snapshot.js';

/** Linux alone has it, and node:fs does not name it (include/uapi/asm-generic/fcntl.h). */
const O_PATH = 0o10000000;

/** Asks by a descriptor with which the process reads from the pipe. Undefined where that may not be opened, or is gone. */
export function pipeRecord(inode: number, reader: { pid: number; fd: number }): PipeRecord | undefined {
  if (libcProblem()) return undefined;
  let place: number | undefined;
  try {
    // A descriptor of the place alone opens nothing: the process may have something else under this number by now, and opening a
    // device can have an effect.
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
