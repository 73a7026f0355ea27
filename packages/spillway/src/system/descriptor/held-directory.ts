/** This process's working directory, held open for starts that come a little later. */
import { constants } from 'node:fs';
import { directoryNow } from '../../base/index.js';
import { errnoOf, platform, SystemError } from '../libc/index.js';
import { closeSync, openSync } from './io.js';

export interface HeldDirectory {
  /** Undefined where it cannot be opened: the child gets the one that this process has by then. */
  readonly fd: number | undefined;
  release(): void;
}

let held: { readonly path: string | undefined; readonly fd: number; users: number } | undefined;

/** All that begin in one directory share a descriptor. Throws SystemError: EMFILE, ENFILE. */
export function holdDirectory(): HeldDirectory {
  const path = directoryNow();
  if (held?.path === undefined || held.path !== path) {
    const fd = open();
    if (fd === undefined) return { fd, release: () => {} };
    held = { path, fd, users: 0 };
  }
  const mine = held;
  mine.users++;
  return {
    fd: mine.fd,
    release: () => {
      mine.users--;
      if (mine.users > 0) return;
      if (held === mine) held = undefined;
      closeSync(mine.fd);
    },
  };
}

/** By its name in itself, which it has also where it has been removed, or a directory above it is closed. */
function open(): number | undefined {
  try {
    return openSync('.', (platform?.O_PATH ?? constants.O_RDONLY) | constants.O_DIRECTORY);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EMFILE' && code !== 'ENFILE') return undefined;
    throw new SystemError('open', errnoOf[code], 'holding the working directory for a start');
  }
}
