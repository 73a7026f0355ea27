/**
 * Which file a program's name means.
 *
 * The search is ours and not posix_spawnp's for two reasons: that one takes this process's PATH, where the child's own is what the
 * caller set; and it runs after the change of directory, which would turn `./build.sh` into another file.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, resolve } from 'node:path';
import { StartError } from './start-error.js';

/** What execvp(3) searches when there is no PATH. */
const DEFAULT_PATH = '/bin:/usr/bin';

const found = new Map<string, string>();
/** A program that builds PATH anew for each child must not fill memory with it. */
const MOST_REMEMBERED = 1000;

/**
 * The absolute path of a program. A name with a slash is relative to this process's directory (not to the child's); any other is
 * searched in `path`, the child's PATH. Throws StartError: ENOENT, or EACCES when the only matches may not be executed.
 */
export function findProgram(file: string, path: string | undefined): string {
  if (file.includes('/')) return resolve(file);
  const key = `${path}\0${file}`;
  const known = found.get(key);
  if (known !== undefined) return known;

  let refused: string | undefined;
  for (const directory of (path ?? DEFAULT_PATH).split(delimiter)) {
    // An empty entry means the current directory (execvp(3)).
    const candidate = resolve(directory, file);
    const use = usability(candidate);
    if (use === 'executable') {
      if (isAbsolute(directory)) remember(key, candidate);
      return candidate;
    }
    if (use === 'refused') refused ??= candidate;
  }
  if (refused !== undefined) {
    throw new StartError(
      { file },
      'EACCES',
      'program',
      `${refused} is in PATH, but is not executable for this user`,
    );
  }
  const where =
    path === undefined ? `${DEFAULT_PATH}, as the child has no PATH` : `PATH, which is ${path || 'empty'}`;
  throw new StartError(
    { file },
    'ENOENT',
    'program',
    `no program of this name in ${where}; install it, or give its path`,
  );
}

/** Drops what is remembered of a program, since it turned out to be wrong. True when there was something. */
export function forgetProgram(file: string, path: string | undefined): boolean {
  return found.delete(`${path}\0${file}`);
}

function remember(key: string, path: string): void {
  if (found.size >= MOST_REMEMBERED) found.clear();
  found.set(key, path);
}

function usability(candidate: string): 'executable' | 'refused' | 'absent' {
  try {
    if (!statSync(candidate).isFile()) return 'absent';
  } catch {
    return 'absent';
  }
  try {
    accessSync(candidate, constants.X_OK);
    return 'executable';
  } catch {
    return 'refused';
  }
}
