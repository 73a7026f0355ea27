/**
 * Finds the file for a program's name.
 *
 * posix_spawnp(3) would search this process's PATH, but the caller may have set another for the child. It
 * would also search after the change of directory, where `./build.sh` is another file.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute } from 'node:path';
import { absolutePath, exactPath } from '../../base/index.js';
import type { Steps } from '../queue/index.js';
import { hintForLine } from './line-hints.js';
import { StartError } from './start-error.js';

/** The directories that execvp(3) searches without PATH. */
const DEFAULT_PATH = '/bin:/usr/bin';

const found = new Map<string, string>();
/** A bound on memory, for a caller that sets a new PATH for each child. */
const MOST_REMEMBERED = 1000;

/**
 * The absolute path of a program. A name with a slash is relative to this process's directory (not the
 * child's); any other name is searched in `path`, the child's PATH, whose relative entries are relative to
 * the child's directory, as execvp(3) finds them after chdir(2). Throws StartError: ENOENT, or EACCES if
 * no match is executable.
 */
export function findProgram(file: string, path: string | undefined, cwd: string | undefined): string {
  if (file.includes('/')) return absolutePath(file);
  const key = keyOf(file, path);
  const known = found.get(key);
  if (known !== undefined) return known;

  const { found: program, isRelative, refused } = lookUpProgram(file, path, cwd);
  if (program !== undefined) {
    if (!isRelative) remember(key, program);
    return program;
  }
  if (refused !== undefined) {
    throw new StartError(
      { file },
      'EACCES',
      'program',
      `${refused} is in PATH, but is not executable for this user`,
    );
  }
  const hint = hintForLine(file);
  if (hint !== undefined) throw new StartError({ file }, 'ENOENT', 'program', hint);
  const where =
    path === undefined ? `${DEFAULT_PATH}, as the child has no PATH` : `PATH, which is ${path || 'empty'}`;
  throw new StartError(
    { file },
    'ENOENT',
    'program',
    `no program of this name in ${where}; install it, or give its path`,
  );
}

/** What a search has found, and the first match that this user may not execute. */
interface LookUp {
  readonly found?: string;
  /** Whether it depends on the directory. */
  readonly isRelative?: boolean;
  readonly refused?: string | undefined;
}

/** Searches anew. A name with a slash is relative to `cwd`. */
export function lookUpProgram(file: string, path: string | undefined, cwd: string | undefined): LookUp {
  let refused: string | undefined;
  const directories = file.includes('/') ? [''] : (path ?? DEFAULT_PATH).split(delimiter);
  for (const directory of directories) {
    // An empty entry means the current directory (execvp(3)).
    const isRelative = !isAbsolute(directory);
    const candidate = isRelative ? absolutePath(cwd ?? '', directory, file) : absolutePath(directory, file);
    const use = usability(candidate);
    if (use === 'executable') return { found: candidate, isRelative };
    if (use === 'refused') refused ??= candidate;
  }
  return { refused };
}

/**
 * Calls `start` with the program's path. A remembered program may have moved, so if it is missing, PATH is
 * searched once more. Throws StartError.
 */
export function* atProgram<T>(
  {
    file,
    cwd,
    startedIn,
    environment,
  }: {
    readonly file: string;
    readonly cwd: string | undefined;
    readonly startedIn?: string | undefined;
    readonly environment: { readonly path: string | undefined };
  },
  start: (path: string) => Steps<T>,
): Steps<T> {
  const directory = cwd ?? startedIn;
  const path = findProgram(file, environment.path, directory);
  try {
    return yield* start(path);
  } catch (error) {
    const mayHaveMoved = error instanceof StartError && error.subject === 'program' && MOVED.has(error.code);
    if (!mayHaveMoved || !found.delete(keyOf(file, environment.path))) throw error;
    const now = findProgram(file, environment.path, directory);
    if (now === path) throw error;
    return yield* start(now);
  }
}

const MOVED: ReadonlySet<string> = new Set(['ENOENT', 'EACCES', 'ENOTDIR']);

function keyOf(file: string, path: string | undefined): string {
  return `${path}\0${file}`;
}

function remember(key: string, path: string): void {
  if (found.size >= MOST_REMEMBERED) found.clear();
  found.set(key, path);
}

function usability(candidate: string): 'executable' | 'refused' | 'absent' {
  const path = exactPath(candidate);
  try {
    if (!statSync(path).isFile()) return 'absent';
  } catch {
    return 'absent';
  }
  try {
    accessSync(path, constants.X_OK);
    return 'executable';
  } catch {
    return 'refused';
  }
}
