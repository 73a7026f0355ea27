/** This process's working directory, held open for starts that come a little later. */
import { constants } from 'node:fs';
import { directoryNow } from '../../base/index.js';
import { errnoOf, lastErrno, required, requirePlatform, SystemError } from '../libc/index.js';
import { closeDescriptor, openCall } from './open-close.js';

export class HeldDirectory {
  readonly path: string | undefined;
  /** Undefined where it cannot be opened: the child gets the one that this process has by then. */
  readonly fd: number | undefined;
  users = 0;

  constructor(path: string | undefined, fd: number | undefined) {
    this.path = path;
    this.fd = fd;
  }

  /** Each user calls it once. */
  release(): void {
    this.users--;
    if (this.users > 0) return;
    if (held === this) held = undefined;
    if (this.fd !== undefined) closeDescriptor(this.fd);
  }
}

let held: HeldDirectory | undefined;

/** All that begin in one directory share a descriptor. Throws SystemError: EMFILE, ENFILE. */
export function holdDirectory(): HeldDirectory {
  const path = directoryNow();
  if (held?.path === undefined || held.path !== path) held = new HeldDirectory(path, open());
  held.users++;
  return held;
}

/** By its name in itself, which it has also where it has been removed, or a directory above it is closed. */
function open(): number | undefined {
  const { O_PATH = constants.O_RDONLY, O_CLOEXEC } = requirePlatform();
  const fd = required(openCall)('.', O_PATH | O_CLOEXEC | constants.O_DIRECTORY);
  if (fd !== -1) return fd;
  const errno = lastErrno();
  if (errno !== errnoOf.EMFILE && errno !== errnoOf.ENFILE) return undefined;
  throw new SystemError('open', errno, 'holding the working directory for a start');
}
