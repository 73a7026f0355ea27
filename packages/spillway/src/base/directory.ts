/** This program's working directory, which may have been removed: then process.cwd() and resolve() throw. */
import { readlinkSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { mayBeInexact, textOf } from './text/index.js';

/** Its path; undefined once it has been removed. */
export function directoryNow(): string | undefined {
  try {
    const path = process.cwd();
    return mayBeInexact(path) ? exactDirectory(path) : path;
  } catch {
    return undefined;
  }
}

/** Node decodes the path with a loss; the kernel's link has the bytes. */
function exactDirectory(path: string): string {
  try {
    return textOf(readlinkSync('/proc/self/cwd', 'buffer'));
  } catch {
    return path;
  }
}

/** An absolute path; still a relative one where the directory has been removed: the kernel says the rest. */
export function absolutePath(...parts: string[]): string {
  if (parts.some(isAbsolute)) return resolve(...parts);
  const directory = directoryNow();
  return directory === undefined ? join(...parts) : resolve(directory, ...parts);
}
