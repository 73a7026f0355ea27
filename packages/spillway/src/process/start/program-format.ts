/**
 * Whether a file is a program, before execvp(3) is asked.
 *
 * libuv starts programs with it, and glibc's hands a file of unknown format to /bin/sh: an empty file would
 * "succeed", another machine's program print nonsense.
 */
import { readdirSync } from 'node:fs';
import { errnoOf, SystemError } from '../../system/index.js';
import { firstBytes } from './start-error.js';

/** Throws SystemError: ENOEXEC for what is no program here. What cannot be read is left to the kernel. */
export function requireKnownFormat(path: string): void {
  const bytes = firstBytes(path, 512);
  if (!bytes || bytes.toString('latin1', 0, 2) === '#!') return;
  const isText = !bytes.includes(0);
  const isUnknown = process.platform === 'linux' && !isElf(bytes) && !hasOtherFormats();
  if (isText || isUnknown) throw new SystemError('execve', errnoOf.ENOEXEC, `starting ${path}`);
}

function isElf(bytes: Buffer): boolean {
  return bytes.toString('latin1', 0, 4) === '\x7fELF';
}

/** Formats that an administrator has registered, such as Windows programs for Wine (binfmt_misc). */
function hasOtherFormats(): boolean {
  try {
    return readdirSync('/proc/sys/fs/binfmt_misc').some((name) => name !== 'register' && name !== 'status');
  } catch {
    return false;
  }
}
