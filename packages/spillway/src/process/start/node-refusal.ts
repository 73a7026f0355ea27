/**
 * Finds out why node:child_process did not start a program.
 *
 * Node emits ENOENT, EACCES and EAGAIN in the next tick, after the start has returned. The cause of each can
 * be checked at once.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { builtin } from '../../base/index.js';
import { closeSync, errnoOf, openSync, SystemError } from '../../system/index.js';
import type { ChildSpec } from './child-spec.js';
import { StartError, scriptInterpreter } from './start-error.js';

/**
 * Requires the free descriptors that libuv needs: two for each socket pair, and two for the pipe that reports
 * whether exec succeeded. If they run out halfway, Node leaks the sockets that libuv has already made, hence
 * this check before the start. Throws SystemError: EMFILE, ENFILE.
 */
export function requireDescriptors(sockets: number, doing: string): void {
  const opened: number[] = [];
  try {
    const code = codeOf(() => {
      while (opened.length < 2 * sockets + 2) opened.push(openSync('/dev/null', 'r'));
    });
    if (code !== undefined) throw new SystemError('spawn', errnoOf[code], doing);
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}

/** Call it after a spawn that left no pid. */
export function whyNotSpawned(child: ChildSpec, path: string): unknown {
  const { file, cwd, uid, gid } = child;
  const code =
    (cwd === undefined ? undefined : problemOf(cwd, constants.X_OK)) ??
    problemOfProgram(path) ??
    problemOfFork(child);
  if (code === undefined && (uid !== undefined || gid !== undefined)) {
    const user = `user ${uid ?? 'of this process'}, group ${gid ?? 'of this process'}`;
    const reason = `${path} may not be reached or executed by ${user}`;
    return new StartError(child, 'EACCES', 'program', reason);
  }
  // ENOENT for a file that exists and may be executed: the loader that it names is missing.
  return new SystemError('spawn', errnoOf[code ?? 'ENOENT'], `starting ${file}`);
}

type Code = 'ENOENT' | 'ENOTDIR' | 'EACCES' | 'EMFILE' | 'ENFILE' | 'EAGAIN' | 'ENOMEM';

function problemOf(path: string, mode: number): Code | undefined {
  return codeOf(() => accessSync(path, mode));
}

function problemOfProgram(path: string): Code | undefined {
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile();
  const problem = problemOf(path, constants.X_OK) ?? (isFile === false ? 'EACCES' : undefined);
  if (problem) return problem;
  const interpreter = scriptInterpreter(path);
  return interpreter === undefined ? undefined : problemOf(interpreter, constants.X_OK);
}

/** A start of a missing program fails with ENOENT only if the fork succeeds; else the error is the fork's. */
function problemOfFork({ uid, gid }: ChildSpec): Code | undefined {
  const identity = { ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) };
  const { error } = builtin('child_process').spawnSync('/no/such/program', { stdio: 'ignore', ...identity });
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  return code === 'EAGAIN' || code === 'ENOMEM' ? code : undefined;
}

function codeOf(act: () => void): Code | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code as Code;
  }
}
