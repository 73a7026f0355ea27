/** This program's working directory, which may have been removed: then process.cwd() and resolve() throw. */
import { join, resolve } from 'node:path';

/** Its path; undefined once it has been removed. */
export function directoryNow(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

/** An absolute path; still a relative one where the directory has been removed: the kernel says the rest. */
export function absolutePath(...parts: string[]): string {
  try {
    return resolve(...parts);
  } catch {
    return join(...parts);
  }
}
