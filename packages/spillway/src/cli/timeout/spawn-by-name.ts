/** Starts a program with the search rules of execvp(3). */
import { accessSync, constants } from 'node:fs';
import { bytesOf, mayBeInexact } from '../../base/index.js';
import {
  environmentLines,
  errnoOf,
  type SuccessorRequest,
  SystemError,
  spawnSuccessor,
} from '../../system/index.js';

const DEFAULT_PATH = '/bin:/usr/bin';
const SHELL = Buffer.from('/bin/sh');
const SLASH = '/'.charCodeAt(0);
/** NAME_MAX of all file systems (limits.h). */
const LONGEST_NAME = 255;

/** After these errors the search goes on: the program, or its directory, is missing. */
const TRY_NEXT = new Set([
  errnoOf.ENOENT,
  errnoOf.ENOTDIR,
  errnoOf.ESTALE,
  errnoOf.ENODEV,
  errnoOf.ETIMEDOUT,
]);

/** Returns the pid. Throws SystemError with the errno that execvp would set. */
export function spawnByName(
  command: readonly Buffer[],
  rest: Omit<SuccessorRequest, 'path' | 'argv'>,
): number {
  const file = command[0] as Buffer;
  if (file.length === 0) throw absent();
  if (file.includes(SLASH)) return startAt(file, command, rest);
  if (file.length > LONGEST_NAME)
    throw new SystemError('execvp', errnoOf.ENAMETOOLONG, 'looking for a program');
  let refused: SystemError | undefined;
  for (const directory of searchPath().split(':')) {
    // An empty entry means the current directory. With the slash, /bin/sh does not search PATH again.
    const path = Buffer.concat([bytesOf(directory === '' ? './' : `${directory}/`), file]);
    try {
      return startIfExecutable(path, command, rest);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (error.errno === errnoOf.EACCES) refused = error;
      else if (!TRY_NEXT.has(error.errno)) throw error;
    }
  }
  throw refused ?? absent();
}

function searchPath(): string {
  const path = process.env.PATH ?? DEFAULT_PATH;
  if (!mayBeInexact(path)) return path;
  return (
    environmentLines()
      ?.find((line) => line.startsWith('PATH='))
      ?.slice('PATH='.length) ?? path
  );
}

/** Checks access first: that costs a hundredth of a failed start. */
function startIfExecutable(
  path: Buffer,
  command: readonly Buffer[],
  rest: Omit<SuccessorRequest, 'path' | 'argv'>,
): number {
  try {
    accessSync(path, constants.X_OK);
  } catch (error) {
    throw new SystemError('access', -((error as NodeJS.ErrnoException).errno ?? 0), 'looking for a program');
  }
  return startAt(path, command, rest);
}

function startAt(
  path: Buffer,
  command: readonly Buffer[],
  rest: Omit<SuccessorRequest, 'path' | 'argv'>,
): number {
  try {
    return spawnSuccessor({ ...rest, path, argv: command });
  } catch (error) {
    if (!(error instanceof SystemError) || error.errno !== errnoOf.ENOEXEC) throw error;
    // Executable, but in no format the kernel knows: a script without `#!`.
    return spawnSuccessor({ ...rest, path: SHELL, argv: [SHELL, path, ...command.slice(1)] });
  }
}

function absent(): SystemError {
  return new SystemError('execvp', errnoOf.ENOENT, 'looking for a program');
}
