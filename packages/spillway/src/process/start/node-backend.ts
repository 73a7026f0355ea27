/**
 * Children by node:child_process: for worker threads, another uid or gid, and where the C library cannot be called.
 *
 * libuv forks, and reaps at once. The pipes are ours where they can be made (`ownPipes`); else they are libuv's socket pairs.
 * It finds some failures only with the next tick; here all of them are thrown by the start, as everywhere else.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { closeDescriptor, makeBlocking, type PipeEnds, SystemError } from '../../system/index.js';
import type { StartedProcess } from '../wait/index.js';
import { NodeOwner } from '../wait/index.js';
import { channelSources, environmentOf } from './channel-descriptors.js';
import { behindGate, GATE_SCRIPT } from './gate.js';
import { type Launch, openPipe, type Stdio } from './launch.js';
import { requireDescriptors, whyNotSpawned } from './node-refusal.js';
import { findProgram, forgetProgram } from './program.js';
import { requireKnownFormat } from './program-format.js';
import { explainStart, StartError } from './start-error.js';

const isWindows = process.platform === 'win32';

/** Throws StartError, having closed all that it opened. */
export function startByNode(request: Launch, ownPipes: boolean): StartedProcess {
  refuseWhatCannotBe(request, ownPipes);
  return ownPipes ? startOnPipes(request) : startOnSockets(request);
}

function startOnPipes(request: Launch): StartedProcess {
  const opened: number[] = [];
  let kept: (number | undefined)[] = [];
  try {
    const pipes = streamsOf(request).map((stdio, fd) =>
      stdio.kind === 'pipe' ? openPipe(fd, request.pipeCapacity, opened) : undefined,
    );
    const stdio = streamsOf(request).map((one, fd) => childsEnd(one, pipes[fd], fd));
    // The same descriptor twice, so that the writes keep their order.
    if (request.stderr.kind === 'stdout') stdio[2] = stdio[1] as number | 'ignore';
    const child = spawnFound(request, stdio);
    kept = [pipes[0]?.write, pipes[1]?.read, pipes[2]?.read];
    const [stdin, stdout, stderr] = kept;
    return { pid: child.pid as number, stdin, stdout, stderr, owner: new NodeOwner(child) };
  } catch (error) {
    throw explainStart(error, request);
  } finally {
    for (const fd of opened) if (!kept.includes(fd)) closeDescriptor(fd);
  }
}

function childsEnd(stdio: Stdio, pipe: PipeEnds | undefined, fd: number): number | 'ignore' {
  if (pipe) return fd === 0 ? pipe.read : pipe.write;
  if (stdio.kind !== 'descriptor') return 'ignore';
  makeBlocking(stdio.fd);
  return stdio.fd;
}

/** Windows has no shell to merge in; there both are read as they come. */
function startOnSockets(request: Launch): StartedProcess {
  const merges = request.stderr.kind === 'stdout';
  const stdio = streamsOf(request).map(socketOrDescriptor);
  const isMixedHere = merges && isWindows && request.stdout.kind === 'pipe';
  if (merges) stdio[2] = isWindows ? (stdio[1] as 'pipe' | 'ignore' | number) : 'ignore';
  try {
    const child = spawnFound(request, stdio, merges && !isWindows ? MERGE : undefined);
    const { stdin, stdout, stderr } = child;
    const read = (...streams: (Readable | null)[]) => {
      const there = streams.filter((one) => one !== null);
      return there.length > 0 ? there : undefined;
    };
    return {
      pid: child.pid as number,
      stdin: stdin ?? undefined,
      stdout: isMixedHere ? read(stdout, stderr) : read(stdout),
      stderr: isMixedHere ? undefined : read(stderr),
      owner: new NodeOwner(child),
    };
  } catch (error) {
    throw explainStart(error, request);
  }
}

function socketOrDescriptor(stdio: Stdio): 'pipe' | 'ignore' | number {
  if (stdio.kind === 'descriptor') return stdio.fd;
  return stdio.kind === 'pipe' ? 'pipe' : 'ignore';
}

interface Shell {
  readonly script: string;
  /** Its descriptors from 3 on. */
  readonly descriptors: readonly number[];
}

type Ends = readonly (number | 'pipe' | 'ignore')[];

/** A remembered program may have moved since: it is looked up once more before its absence is believed. */
function spawnFound(request: Launch, stdio: Ends, shell?: Shell): ChildProcess {
  const { file, environment } = request;
  // Windows has rules of its own for finding a program (PATHEXT), which libuv knows.
  if (isWindows) return spawnAt(file, request, stdio, shell);
  const path = findProgram(file, environment.path);
  try {
    return spawnConstrained(path, request, stdio, shell);
  } catch (error) {
    if (!(error instanceof SystemError) || !forgetProgram(file, environment.path)) throw error;
    const now = findProgram(file, environment.path);
    if (now === path) throw error;
    return spawnConstrained(now, request, stdio, shell);
  }
}

function spawnConstrained(path: string, request: Launch, stdio: Ends, shell?: Shell): ChildProcess {
  const { constraints } = request;
  if (!constraints) return spawnAt(path, request, stdio, shell);
  let child: ChildProcess | undefined;
  const atGate = (gate: number) => {
    child = spawnAt(path, request, stdio, { script: GATE_SCRIPT, descriptors: [gate] });
    return child.pid as number;
  };
  try {
    behindGate(path, constraints, atGate, () => {});
  } catch (error) {
    throw explainConstraints(error, request);
  }
  return child as unknown as ChildProcess;
}

/** dup2(2) is not to be had from Node. The shell does it and becomes the program, so the pid is the program's. */
const MERGE: Shell = { script: 'exec "$@" 2>&1', descriptors: [] };

function spawnAt(path: string, request: Launch, stdio: Ends, shell: Shell | undefined): ChildProcess {
  if (!isWindows) {
    requireKnownFormat(path);
    requireDescriptors(stdio.filter((one) => one === 'pipe').length, `starting ${path}`);
  }
  const { file, args, cwd, mark, uid, gid } = request;
  const options: SpawnOptions = {
    stdio: [...stdio, ...(shell?.descriptors ?? []), ...channelSources(request)],
    env: variablesOf(environmentOf(request), mark.variable),
    argv0: shell ? 'sh' : file,
    // Elsewhere setsid(2): a group to signal. On Windows it would open a console window.
    detached: !isWindows,
    windowsHide: true,
    ...(cwd === undefined ? {} : { cwd }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  };
  let child: ChildProcess;
  try {
    child = shell
      ? spawn('/bin/sh', ['-c', shell.script, 'sh', path, ...args], options)
      : spawn(path, [...args], options);
  } catch (error) {
    throw spawnError(error, request, path);
  }
  // What it tells with the next tick is found out below; later ones are failures to signal, which say nothing new.
  child.on('error', () => {});
  if (child.pid !== undefined) return child;
  for (const stream of child.stdio ?? []) stream?.destroy();
  throw whyNotSpawned(request, path);
}

function spawnError(error: unknown, { file, cwd, uid, gid }: Launch, path: string): unknown {
  const { code, errno } = error as NodeJS.ErrnoException;
  if (errno === undefined) return error;
  if (code === 'EPERM' && (uid !== undefined || gid !== undefined)) {
    const whom = [uid === undefined ? '' : `user ${uid}`, gid === undefined ? '' : `group ${gid}`];
    const reason = `this process may not become ${whom.filter(Boolean).join(', ')}; root may, or who has CAP_SETUID and CAP_SETGID`;
    return new StartError({ file, cwd }, 'EPERM', 'system', reason, error);
  }
  return new SystemError('spawn', -errno, `starting ${path}`);
}

/** prlimit(2): the shell that waits at the gate runs as the other user already. */
function explainConstraints(error: unknown, request: Launch): unknown {
  const isRefusal = error instanceof SystemError && error.code === 'EPERM' && error.syscall !== 'spawn';
  if (!isRefusal || request.uid === undefined) return error;
  const reason =
    "limits and nice of another user's process need CAP_SYS_RESOURCE and CAP_SYS_NICE; leave them out, or set them with a program such as prlimit(1)";
  return new StartError(request, 'EPERM', 'system', reason, error);
}

function refuseWhatCannotBe(request: Launch, ownPipes: boolean): void {
  const refuse = (reason: string) => new StartError(request, 'ENOTSUP', 'system', reason);
  if (isWindows && (request.uid !== undefined || request.gid !== undefined))
    throw refuse('Windows has no uid and gid; leave them out');
  if (!ownPipes && request.pipeCapacity !== undefined)
    throw refuse('the streams of node:child_process have no capacity to set; leave pipeCapacity out');
  if (!ownPipes && request.constraints !== undefined)
    throw refuse('node:child_process cannot set limits and nice; leave them out');
  if (request.pty !== undefined)
    throw refuse(
      'node:child_process cannot give it a terminal; leave pty out, or start it from the main thread',
    );
  if (request.terminal !== undefined)
    throw refuse(
      'node:child_process cannot hand over a terminal; run it from the main thread, without SPILLWAY_BACKEND',
    );
}

function variablesOf(lines: readonly string[] | undefined, more: string): NodeJS.ProcessEnv {
  const pairs = [...(lines ?? []), more].map((line): [string, string] => {
    // Windows has variables whose names begin with "=".
    const at = line.indexOf('=', 1);
    return [line.slice(0, at), line.slice(at + 1)];
  });
  return { ...(lines === undefined ? process.env : {}), ...Object.fromEntries(pairs) };
}

function streamsOf({ stdin, stdout, stderr }: Launch): readonly Stdio[] {
  return [stdin, stdout, stderr];
}
