/**
 * Chooses the backend that starts a child: direct system calls (`posix`), or node:child_process (`node`).
 *
 * A worker thread needs `node`: only the main thread can use `process.on('SIGCHLD')`. So do uid and gid:
 * posix_spawn(3) cannot change the user.
 */
import { isMainThread } from 'node:worker_threads';
import type { NamedPassage } from '../../pipe/index.js';
import { libcProblem, platform } from '../../system/index.js';
import type { StartedProcess } from '../wait/index.js';
import { polledReaper, reaper } from '../wait/index.js';
import { passChannels } from './channel-descriptors.js';
import type { ChildSpec, Launch } from './child-spec.js';
import { launch } from './launch.js';
import { startByNode } from './node-backend.js';
import { StartError } from './start-error.js';

export type BackendName = 'posix' | 'node';

/** Starts a process, which leads its own group. Throws StartError after closing all that it opened. */
export function startProcess(request: Launch): StartedProcess {
  return passChannels(request.child.channels, (passages) => {
    if (backendFor(request.child) === 'posix') return startByPosix(request, passages);
    if (reaper.adoptsOrphans) {
      const reason = "this process adopts orphans, so node:child_process would not learn of the child's exit";
      throw new StartError(request.child, 'ENOTSUP', 'system', reason);
    }
    // SPILLWAY_BACKEND=node also keeps pipes off the C library, so that a fault of koffi cannot matter.
    return startByNode(request, passages, problemOfPipes() === undefined);
  });
}

/** For the main thread, where libc can be called. */
function startByPosix(request: Launch, passages: readonly NamedPassage[]): StartedProcess {
  reaper.prepare();
  try {
    return launch(request, passages, reaper);
  } catch (error) {
    reaper.idle();
    throw error;
  }
}

/** Like `startProcess`, for a thread that waits in poll(2). */
export function startPolled(request: Launch): StartedProcess {
  const problem = problemOfPipes();
  if (problem !== undefined) {
    const reason = `a synchronous call starts it by posix_spawn, but ${problem}; use run()`;
    throw new StartError(request.child, 'ENOTSUP', 'system', reason);
  }
  polledReaper.prepare();
  return passChannels(request.child.channels, (passages) => launch(request, passages, polledReaper));
}

/** Whether this thread may start and reap children by direct system calls. */
export function mayStartByPosix(): boolean {
  return process.env.SPILLWAY_BACKEND !== 'node' && problemOfPosix() === undefined;
}

/**
 * `SPILLWAY_BACKEND` overrides the choice. Throws StartError: EINVAL for an unknown name, ENOTSUP if the
 * named backend cannot start this child.
 */
export function backendFor({ file, uid, gid }: Pick<ChildSpec, 'file' | 'uid' | 'gid'>): BackendName {
  const wanted = process.env.SPILLWAY_BACKEND ?? '';
  if (wanted === 'node') return 'node';
  const obstacle = uid !== undefined || gid !== undefined ? 'it cannot change uid or gid' : problemOfPosix();
  if (wanted === '') return obstacle === undefined ? 'posix' : 'node';
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

let libc: { readonly problem: string | undefined } | undefined;

function problemOfPosix(): string | undefined {
  if (!isMainThread) return 'a worker thread gets no SIGCHLD';
  libc ??= { problem: problemOfLibc() };
  return libc.problem;
}

/** Why the C library cannot be called, in any thread; undefined when it can. */
function problemOfLibc(): string | undefined {
  if (!platform) return `Spillway knows no system calls for ${process.platform} ${process.arch}`;
  const problem = libcProblem();
  return problem && `the C library cannot be called: ${problem.message.split('\n', 1)[0]}`;
}
