/**
 * Starts children by node:child_process: in worker threads, with uid or gid, and where the C library cannot
 * be called.
 *
 * libuv forks, and reaps the child as soon as it exits. With `ownPipes` the pipes come from Spillway, else
 * they are libuv's socket pairs. Node emits some failures in the next tick; here the start itself throws all
 * of them, as in the other backend.
 */
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { builtin, ownProperties, withoutInherited } from '../../base/index.js';
import {
  callOfBatchFile,
  closeDescriptor,
  makeBlocking,
  type PipeEnds,
  runtimeObstacle,
  SystemError,
} from '../../system/index.js';
import { atOnce, inCall } from '../queue/index.js';
import type { StartedProcess, StartGate } from '../wait/index.js';
import { NodeOwner } from '../wait/index.js';
import { problemOfPipes } from './backend.js';
import type { ChildSpec, Launch, Stdio } from './child-spec.js';
import { behindGate, type Holder, requireForShell, SocketGate, shellAt } from './gate/index.js';
import { withGroup } from './identity.js';
import { type EndPassage, FIRST_FURTHER, type Layout, layOut } from './layout.js';
import { requireDescriptors, whyNotSpawned } from './node-refusal.js';
import { requireText, variablesAsText } from './node-text.js';
import { atProgram } from './program.js';
import { requireKnownFormat } from './program-format.js';
import { openChildPipe } from './standard-descriptors.js';
import { explainStart, StartError } from './start-error.js';
import { explainSize } from './too-large.js';

const isWindows = process.platform === 'win32';

/** Throws StartError after closing all that it opened. */
export function startByNode(
  wanted: Launch,
  passages: readonly EndPassage[],
  ownPipes: boolean,
): StartedProcess {
  refuseImpossible(wanted, ownPipes);
  const request = { ...wanted, child: withGroup(wanted.child) };
  const start = (path: string, shell?: Holder) => {
    const { file, cwd } = request.child;
    const explain = (error: unknown) =>
      explainStart(error, { file, path, cwd, tooLarge: () => explainSize(request) });
    let gate: StartGate | undefined;
    try {
      const layout = layOut(request, passages);
      const spawn = (stdio: StdioEnds, holder = shell) => {
        const spawned = spawnBehindGate({ path, request, layout, stdio, holder, ownPipes, explain });
        gate = spawned.gate;
        return spawned.child;
      };
      const started = ownPipes ? startOnPipes(request, spawn) : startOnSockets(path, request, spawn);
      return { ...started, gate };
    } catch (error) {
      throw explain(error);
    }
  };
  // On Windows libuv finds programs (.com, .exe), but no batch file.
  return isWindows
    ? start(request.child.file, shellFor(request.child))
    : atOnce(atProgram(request.child, (path) => inCall(() => start(path))));
}

/** What starts a batch file on Windows. */
function shellFor(child: ChildSpec): Holder | undefined {
  const places = { path: child.environment.path, extensions: process.env.PATHEXT };
  const call = callOfBatchFile(child.file, child.args, places, process.env.ComSpec || 'cmd.exe');
  if (call === undefined) return undefined;
  if ('reason' in call) throw new StartError(child, call.code, 'program', call.reason);
  return { ...call, descriptors: [] };
}

type Spawn = (stdio: StdioEnds, holder?: Holder) => ChildProcess;

function startOnPipes(request: Launch, spawnOn: Spawn): StartedProcess {
  const opened: number[] = [];
  let kept: (number | undefined)[] = [];
  try {
    const pipes = streamsOf(request).map((stdio, fd) =>
      stdio.kind === 'pipe' ? openChildPipe(fd, request.child.pipeCapacity, opened) : undefined,
    );
    const stdio = streamsOf(request).map((one, fd) => childsEnd(one, pipes[fd], fd));
    // One descriptor for both, so that the writes keep their order.
    if (request.stderr.kind === 'stdout') stdio[2] = stdio[1] as number | 'ignore';
    const child = spawnOn(stdio);
    kept = [pipes[0]?.write, pipes[1]?.read, pipes[2]?.read];
    const [stdin, stdout, stderr] = kept;
    return { pid: child.pid as number, stdin, stdout, stderr, pty: undefined, owner: new NodeOwner(child) };
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

/** A shell merges stderr into stdout. Windows has none: there both are read as they arrive. */
function startOnSockets(path: string, request: Launch, spawnOn: Spawn): StartedProcess {
  const merges = request.stderr.kind === 'stdout';
  const stdio = streamsOf(request).map(socketOrDescriptor);
  const isMixedHere = merges && isWindows && request.stdout.kind === 'pipe';
  if (merges) stdio[2] = isWindows ? (stdio[1] as 'pipe' | 'ignore' | number) : 'ignore';
  const child = spawnOn(stdio, merges && !isWindows ? merging(path, request.child.args) : undefined);
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
    pty: undefined,
    owner: new NodeOwner(child),
  };
}

function socketOrDescriptor(stdio: Stdio): 'pipe' | 'ignore' | number {
  if (stdio.kind === 'descriptor') return stdio.fd;
  return stdio.kind === 'pipe' ? 'pipe' : 'ignore';
}

type StdioEnds = readonly (number | 'pipe' | 'ignore')[];

/** `'pipe'`: a socket of libuv's. */
type NodeHolder = Omit<Holder, 'descriptors'> & { readonly descriptors: readonly (number | 'pipe')[] };

/** One call of node:child_process. */
interface NodeSpawn {
  readonly path: string;
  readonly request: Launch;
  readonly layout: Layout;
  readonly stdio: StdioEnds;
  readonly ownPipes: boolean;
  readonly explain: (error: unknown) => unknown;
  /** What starts in its place, and becomes it. */
  readonly holder: NodeHolder | undefined;
}

interface NodeSpawned {
  readonly child: ChildProcess;
  readonly gate: StartGate | undefined;
}

function spawnBehindGate(spawning: NodeSpawn): NodeSpawned {
  const { path, request, layout, explain } = spawning;
  if (!isWindows) requireKnownFormat(path);
  const { gate } = layout;
  if (gate === undefined) return { child: spawnAt(spawning), gate };
  if (request.child.constraints === undefined && !spawning.ownPipes) return spawnBehindSocket(spawning, gate);
  const { file, args, argv0 = file, constraints, suspended } = request.child;
  let child: ChildProcess | undefined;
  const start = (holder: Holder) =>
    inCall(() => {
      child = spawnAt({ ...spawning, holder });
      return child.pid as number;
    });
  try {
    const held = { file, path, argv: [argv0, ...args], constraints, suspended, explain, gate };
    const process = atOnce(behindGate(held, start, () => {}));
    return { child: child as unknown as ChildProcess, gate: process.gate };
  } catch (error) {
    throw explainHeld(error, request.child, path);
  }
}

function spawnBehindSocket(spawning: NodeSpawn, gate: number): NodeSpawned {
  const { path, request } = spawning;
  const { file, args, argv0 = file } = request.child;
  requireForShell({ file, path, argv: [argv0], gate });
  const next = spawning.holder ?? { path, argv: [path, ...args] };
  const holder = { ...shellAt(gate, next.path, next.argv), descriptors: ['pipe' as const] };
  const child = spawnAt({ ...spawning, holder });
  return { child, gate: new SocketGate(child.stdio[gate] as Socket) };
}

/** Node has no dup2(2): a shell calls it and then becomes the program, so that the pid is the program's. */
function merging(path: string, args: readonly string[]): Holder {
  return { path: '/bin/sh', argv: ['sh', '-c', 'exec "$@" 2>&1', 'sh', path, ...args], descriptors: [] };
}

function spawnAt({ path, request, layout, stdio, holder }: NodeSpawn): ChildProcess {
  if (!isWindows) requireDescriptors(stdio.filter((one) => one === 'pipe').length, `starting ${path}`);
  const { file, args, argv0 = file, cwd, uid, gid } = request.child;
  const [name, ...words] = holder?.argv ?? [argv0, ...args];
  requireText(request.child, path);
  const options: SpawnOptions = ownProperties({
    stdio: [...stdio, ...furtherOf(layout, holder?.descriptors ?? [])],
    env: variablesAsText(layout.variables, request.mark.variable),
    argv0: name,
    // setsid(2), which makes a group to signal. On Windows it would open a console window.
    detached: !isWindows,
    windowsHide: true,
    // Only cmd.exe has one there, and its line is quoted by its own rules.
    windowsVerbatimArguments: isWindows && holder !== undefined,
    cwd,
    uid,
    gid,
  });
  let child: ChildProcess;
  try {
    child = withoutInherited(() => builtin('child_process').spawn(holder?.path ?? path, words, options));
  } catch (error) {
    throw spawnError(error, request.child, path);
  }
  // The error of the next tick is found out below; later ones are failed signals, which say nothing new.
  child.on('error', () => {});
  if (child.pid !== undefined) return child;
  for (const stream of child.stdio ?? []) stream?.destroy();
  throw whyNotSpawned(request.child, path);
}

/** libuv leaves a descriptor above 2 that is to be ignored closed. */
function furtherOf({ sources, gate }: Layout, ofGate: readonly (number | 'pipe')[]): StdioEnds {
  const further: (number | 'pipe' | 'ignore')[] = Array.from(sources, (fd) => fd ?? 'ignore');
  if (gate === undefined) return further;
  while (further.length < gate - FIRST_FURTHER) further.push('ignore');
  for (const [index, fd] of ofGate.entries()) further[gate - FIRST_FURTHER + index] = fd;
  return further;
}

function spawnError(error: unknown, { file, cwd, uid, gid }: ChildSpec, path: string): unknown {
  const { code, errno } = error as NodeJS.ErrnoException;
  if (errno === undefined) return error;
  if (code === 'EPERM' && (uid !== undefined || gid !== undefined)) {
    const whom = [uid === undefined ? '' : `user ${uid}`, gid === undefined ? '' : `group ${gid}`];
    const reason =
      `this process may not become ${whom.filter(Boolean).join(', ')}; ` +
      'run it as root, or with CAP_SETUID and CAP_SETGID';
    return new StartError({ file, cwd }, 'EPERM', 'system', reason, error);
  }
  return new SystemError('spawn', -errno, `starting ${path}`);
}

/** The holder already runs as the other user, so prlimit(2) needs capabilities. */
function explainHeld(error: unknown, child: ChildSpec, path: string): unknown {
  if (!(error instanceof SystemError) || child.uid === undefined) return error;
  if (error.syscall === 'execve' && error.code === 'EACCES') return whyNotSpawned(child, path);
  if (error.code !== 'EPERM' || !SETTING.has(error.syscall)) return error;
  const reason =
    "limits and nice of another user's process need CAP_SYS_RESOURCE and CAP_SYS_NICE; " +
    'leave them out, or set them with a program such as prlimit(1)';
  return new StartError(child, 'EPERM', 'system', reason, error);
}

const SETTING: ReadonlySet<string> = new Set(['prlimit', 'setpriority']);

function refuseImpossible({ child, stderr, terminal }: Launch, ownPipes: boolean): void {
  const refuse = (reason: string) => {
    const problem = problemOfPipes();
    const cause = problem === undefined ? '' : `; node:child_process starts it, because ${problem}`;
    return new StartError(child, 'ENOTSUP', 'system', reason + cause);
  };
  if (isWindows && (child.uid !== undefined || child.gid !== undefined))
    throw refuse('Windows has no uid and gid; leave them out');
  if (runtimeObstacle !== undefined && (child.uid !== undefined || child.gid !== undefined))
    throw refuse('this runtime may leave the user as it is; leave uid and gid out');
  if (!ownPipes && child.pipeCapacity !== undefined)
    throw refuse('the streams of node:child_process have no capacity to set; leave pipeCapacity out');
  if (!ownPipes && child.constraints !== undefined)
    throw refuse('node:child_process cannot set limits and nice; leave them out');
  if (isWindows && child.suspended) throw refuse('Windows has no shell to hold it back; leave suspended out');
  if (!ownPipes && child.argv0 !== undefined && stderr.kind === 'stdout' && !isWindows)
    throw refuse('a shell merges the streams here, and starts the program by its path; leave argv0 out');
  if (child.pty !== undefined)
    throw refuse(
      'node:child_process cannot give the child a terminal; leave pty out, or start it from the main thread',
    );
  if (terminal !== undefined)
    throw refuse(
      'node:child_process cannot hand over a terminal; run it on the main thread, without SPILLWAY_BACKEND',
    );
}

function streamsOf({ stdin, stdout, stderr }: Launch): readonly Stdio[] {
  return [stdin, stdout, stderr];
}
