/**
 * Which backend starts a child: direct system calls (`posix`), or node:child_process (`node`).
 *
 * A worker thread needs `node`: only the main thread can use `process.on('SIGCHLD')`. So do uid and gid:
 * posix_spawn(3) cannot change the user.
 */
import { isMainThread } from '../../base/index.js';
import { libcObstacle, libcProblem, platform, SystemError, warnOfFallback } from '../../system/index.js';
import { explainStart, StartError } from './start-error.js';

export type BackendName = 'posix' | 'node';

const CONSEQUENCE =
  'So children are started by node:child_process: pipelines, runSync, pty and channels refuse, and some ' +
  'promises are weaker (docs/platforms.md)';

/** What of a child decides it. */
interface UserOfChild {
  readonly file: string;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

/** Whether this thread may start and reap children by direct system calls. */
export function mayStartByPosix(): boolean {
  return process.env.SPILLWAY_BACKEND !== 'node' && problemOfPosix() === undefined;
}

/**
 * `SPILLWAY_BACKEND` overrides the choice. Throws StartError: EINVAL for an unknown name, ENOTSUP if the
 * named backend cannot start this child.
 */
export function backendFor({ file, uid, gid }: UserOfChild): BackendName {
  const wanted = process.env.SPILLWAY_BACKEND ?? '';
  if (wanted === 'node') return 'node';
  const obstacle = uid !== undefined || gid !== undefined ? 'it cannot change uid or gid' : problemOfPosix();
  if (wanted === '') {
    if (obstacle === undefined) return 'posix';
    // Not of a worker thread, nor of uid and gid: there the weaker promises follow from the call.
    const problem = problemOfLibc();
    if (problem !== undefined) warnOfFallback(problem, CONSEQUENCE);
    return 'node';
  }
  if (wanted !== 'posix') {
    const reason =
      `the variable SPILLWAY_BACKEND is '${wanted}'; ` +
      "allowed: 'posix', 'node', or nothing for the one that fits";
    throw new StartError({ file }, 'EINVAL', 'system', reason);
  }
  if (obstacle === undefined) return 'posix';
  const reason = `SPILLWAY_BACKEND=posix asks for posix_spawn, but ${obstacle}; leave the variable out`;
  throw new StartError({ file }, 'ENOTSUP', 'system', reason);
}

/** Why this process cannot make pipes between children; undefined when it can, with either backend. */
export function problemOfPipes(): string | undefined {
  return process.env.SPILLWAY_BACKEND === 'node' ? 'SPILLWAY_BACKEND is node' : problemOfLibc();
}

/** Throws StartError EMFILE or ENFILE when the C library cannot be loaded for want of a descriptor. */
export function requireLibrary(file: string): void {
  if (process.env.SPILLWAY_BACKEND === 'node' || !platform) return;
  const problem = libcProblem();
  if (problem instanceof SystemError) throw explainStart(problem, { file });
}

let libc: { readonly problem: string | undefined } | undefined;

function problemOfPosix(): string | undefined {
  if (!isMainThread()) return 'a worker thread gets no SIGCHLD';
  if (libc) return libc.problem;
  const problem = problemOfLibc();
  // One that may pass is not remembered.
  if (!(libcProblem() instanceof SystemError)) libc = { problem };
  return problem;
}

/** Why the C library cannot be called, in any thread; undefined when it can. */
function problemOfLibc(): string | undefined {
  if (!platform) return `Spillway knows no system calls for ${process.platform} ${process.arch}`;
  return libcObstacle();
}
