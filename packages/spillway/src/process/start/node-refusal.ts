/**
 * Why node:child_process has not started a program.
 *
 * It tells ENOENT, EACCES and EAGAIN with the next tick only, when `start` has long returned. Each has a
 * cause that can be looked at.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, statSync } from 'node:fs';
import { errnoOf, SystemError } from '../../system/index.js';
import type { ChildSpec } from './child-spec.js';
import { StartError, scriptInterpreter } from './start-error.js';

/**
 * Whether libuv will find enough descriptors free: two for each pair of sockets, two to hear whether the
 * program was executed. When it does not, Node forgets the sockets that it was already given, and they stay
 * open for good; so it is looked at before. Throws SystemError: EMFILE, ENFILE.
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

/** To be called after a spawn that left no pid. */
export function whyNotSpawned(child: ChildSpec, path: string): unknown {
  const { file, cwd, uid, gid } = child;
  const code =
    (cwd === undefined ? undefined : problemOf(cwd, constants.X_OK)) ??
    problemOfProgram(path) ??
    problemOfFork(child);
  if (code === undefined && (uid !== undefined || gid !== undefined)) {
    const reason = `${path} may not be reached or executed by user ${uid ?? 'of this process'}, group ${gid ?? 'of this process'}`;
    return new StartError(child, 'EACCES', 'program', reason);
  }
  // It is there and may be executed: what is missing is the loader that it names.
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

/** A program that does not exist is not found only when there was a process to look for it. */
function problemOfFork({ uid, gid }: ChildSpec): Code | undefined {
  const identity = { ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) };
  const { error } = spawnSync('/no/such/program', { stdio: 'ignore', ...identity });
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
