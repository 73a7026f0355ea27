/** A file without a name, in memory where the system has such. */
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bindOptional, check } from './libc.js';
import { duplicate } from './pipe.js';

const memfdCreate = bindOptional<(name: string, flags: number) => number>(
  'int memfd_create(const char *name, unsigned int flags)',
);
const MFD_CLOEXEC = 1;

/** Opened for reading and writing, close-on-exec (memfd_create(2)); without that call, an unlinked temporary file. Errors: EMFILE. */
export function createMemoryFile(name: string): number {
  const create = memfdCreate();
  if (create) return check(create(name, MFD_CLOEXEC), 'memfd_create', 'making a file in memory');
  const directory = mkdtempSync(join(tmpdir(), 'spillway-'));
  try {
    const fd = openSync(join(directory, name), 'wx+', 0o600);
    try {
      // For the caller, it comes from the C library in either case.
      return duplicate(fd, 3, 'making a temporary file');
    } finally {
      closeSync(fd);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}
