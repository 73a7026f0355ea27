/**
 * Checks that a file is a program before libuv calls execvp(3) on it.
 *
 * glibc's execvp hands a file of unknown format to /bin/sh. An empty file would then "succeed", and a program
 * for another machine would print nonsense.
 */
import { readdirSync } from 'node:fs';
import { errnoOf, SystemError } from '../../system/index.js';
import { firstBytes, isExecutable } from './start-error.js';

/**
 * Throws SystemError ENOEXEC if the file is not a program here. The kernel judges one that may not be read or
 * executed.
 */
export function requireKnownFormat(path: string): void {
  if (!isExecutable(path)) return;
  const bytes = firstBytes(path, 512);
  if (!bytes || bytes.toString('latin1', 0, 2) === '#!') return;
  const isText = !bytes.includes(0);
  const isUnknown = process.platform === 'linux' && !isElf(bytes) && !hasOtherFormats();
  if (isText || isUnknown) throw new SystemError('execve', errnoOf.ENOEXEC, `starting ${path}`);
}

function isElf(bytes: Buffer): boolean {
  return bytes.toString('latin1', 0, 4) === '\x7fELF';
}

/** Whether an administrator has registered formats (binfmt_misc), such as Windows programs for Wine. */
function hasOtherFormats(): boolean {
  try {
    return readdirSync('/proc/sys/fs/binfmt_misc').some((name) => name !== 'register' && name !== 'status');
  } catch {
    return false;
  }
}
