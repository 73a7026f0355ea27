/** A file without a name, in memory where the system supports that. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread } from '../../base/index.js';
import { bindOptional, check, errnoOf, lastErrno, SystemError } from '../libc/index.js';
import { openSync } from './io.js';
import { closeDescriptor } from './open-close.js';

const memfdCreate = bindOptional<(name: string, flags: number) => number>(
  'int memfd_create(const char *name, unsigned int flags)',
);
const MFD_CLOEXEC = 1;
/** Since Linux 6.3, which wants to know; older kernels refuse the flag. */
const MFD_EXEC = 0x10;

/**
 * Open for reading and writing, close-on-exec (memfd_create(2)). Where that call is missing or refused, as by
 * a filter of system calls or vm.memfd_noexec: an unlinked temporary file. Throws SystemError: EMFILE,
 * ENFILE, and those of making that file.
 */
export function createMemoryFile(name: string): number {
  const create = memfdCreate();
  const fd = create?.(name, MFD_CLOEXEC) ?? -1;
  if (fd >= 0) {
    const opened = isMainThread() ? fd : openedByThread(fd);
    if (opened !== undefined) return opened;
  }
  if (fd < 0 && create && (lastErrno() === errnoOf.EMFILE || lastErrno() === errnoOf.ENFILE))
    check(fd, 'memfd_create', 'making a file in memory');
  return inTemporaryDirectory((directory) => openSync(join(directory, name), 'wx+', 0o600));
}

/**
 * The same file by a descriptor that Node has opened, which it closes when this worker thread ends. Undefined
 * without /proc.
 */
function openedByThread(fd: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${fd}`, 'r+');
  } catch {
    return undefined;
  } finally {
    closeDescriptor(fd);
  }
}

/**
 * One that can be executed. Undefined where the call is missing. Errors: EMFILE; EACCES where the system
 * forbids programs in memory (sysctl vm.memfd_noexec).
 */
export function createProgramInMemory(name: string): number | undefined {
  const create = memfdCreate();
  if (!create) return undefined;
  const fd = create(name, MFD_CLOEXEC | MFD_EXEC);
  if (fd !== -1 || lastErrno() !== errnoOf.EINVAL) return check(fd, 'memfd_create', 'making a program');
  return check(create(name, MFD_CLOEXEC), 'memfd_create', 'making a program');
}

function inTemporaryDirectory(open: (directory: string) => number): number {
  try {
    const directory = mkdtempSync(join(tmpdir(), 'spillway-'));
    try {
      return open(directory);
    } finally {
      rmSync(directory, { recursive: true });
    }
  } catch (error) {
    const { errno, syscall = 'open' } = error as NodeJS.ErrnoException;
    if (errno === undefined) throw error;
    throw new SystemError(syscall, -errno, `making a file in ${tmpdir()}`);
  }
}
