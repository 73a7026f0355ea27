/** From a description of the child's three streams to a running process and the parent's ends of its pipes. */

import type { NamedPassage } from '../../pipe/index.js';
import {
  type ChildDescriptor,
  closeDescriptor,
  createPipe,
  duplicate,
  makeBlocking,
  openPseudoTerminal,
  type PipeEnds,
  type SpawnRequest,
  SystemError,
  setPipeCapacity,
  spawn,
  type WindowSize,
} from '../../system/index.js';
import type { Mark } from '../mark.js';
import type { ChildOwner, StartedProcess } from '../wait/index.js';
import { channelDescriptors, environmentOf } from './channel-descriptors.js';
import type { ChildEnvironment } from './environment.js';
import { type Constraints, spawnConstrained } from './gate.js';
import { findProgram, forgetProgram } from './program.js';
import { explainStart } from './start-error.js';

/** What one of the child's standard descriptors is. */
export type Stdio =
  | { readonly kind: 'null' }
  /** A new pipe, of which this process keeps the other end. */
  | { readonly kind: 'pipe' }
  /** A descriptor of this process: one of its own standard ones, or a file opened for the child. */
  | { readonly kind: 'descriptor'; readonly fd: number }
  /** For stderr: wherever stdout goes. */
  | { readonly kind: 'stdout' }
  /** The pseudo-terminal of `Launch.pty`. */
  | { readonly kind: 'pty' };

export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string | undefined;
  readonly environment: ChildEnvironment;
  /** See Mark. */
  readonly mark: Mark;
  readonly stdin: Stdio;
  readonly stdout: Stdio;
  readonly stderr: Stdio;
  /** Bytes for every pipe made here; the kernel's default when undefined. */
  readonly pipeCapacity: number | undefined;
  /** What the child finds in SPILLWAY_CHANNELS, on descriptors behind the standard ones. They stay open here. */
  readonly channels: readonly NamedPassage[];
  /** What must be in force before the program runs. */
  readonly constraints: Constraints | undefined;
  /** The user and group that it runs as; this process's own when undefined. Only node:child_process can change them. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** The child's group becomes the foreground group of this terminal, one of its descriptors 0 to 2. */
  readonly terminal: number | undefined;
  /** The child leads a session on a pseudo-terminal of this size, which its three streams are. */
  readonly pty: WindowSize | undefined;
}

/**
 * Starts the process; it leads a process group of its own, with `pty` a session too. Throws StartError, having closed all that it opened.
 */
export function launch(request: Launch, owner: ChildOwner): StartedProcess {
  let path: string | undefined;
  const opened: number[] = [];
  try {
    path = findProgram(request.file, request.environment.path);
    const pipes = [request.stdin, request.stdout, request.stderr].map((stdio, fd) =>
      stdio.kind === 'pipe' ? openPipe(fd, request.pipeCapacity, opened) : undefined,
    );
    const pty = request.pty && openPseudoTerminal(request.pty);
    if (pty) opened.push(pty.master, pty.output);
    const streams = pty ? descriptorsOn(pty.path) : describeDescriptors(request, pipes, opened);
    const descriptors = [...streams, ...channelDescriptors(request, opened)];
    const pid = spawnFound(request, path, descriptors);
    const [stdin, stdout, stderr] = [pipes[0]?.write, pipes[1]?.read, pipes[2]?.read];
    for (const fd of opened)
      if (fd !== stdin && fd !== stdout && fd !== stderr && fd !== pty?.master && fd !== pty?.output)
        closeDescriptor(fd);
    return { pid, stdin, stdout, stderr, pty, owner };
  } catch (error) {
    for (const fd of opened) closeDescriptor(fd);
    throw explainStart(error, { file: request.file, path, cwd: request.cwd });
  }
}

/** A remembered program may have moved since: it is looked up once more before its absence is believed. */
function spawnFound(request: Launch, path: string, descriptors: ChildDescriptor[]): number {
  const spawnAt = (at: string) => {
    const program: SpawnRequest = {
      path: at,
      argv: [request.file, ...request.args],
      environment: environmentOf(request),
      variable: request.mark.variable,
      cwd: request.cwd,
      descriptors,
      leads: request.pty ? 'session' : 'group',
      ...(request.terminal === undefined ? {} : { terminal: request.terminal }),
    };
    return request.constraints ? spawnConstrained(program, request.constraints) : spawn(program);
  };
  try {
    return spawnAt(path);
  } catch (error) {
    if (!(error instanceof SystemError) || !forgetProgram(request.file, request.environment.path))
      throw error;
    if (error.code !== 'ENOENT' && error.code !== 'EACCES' && error.code !== 'ENOTDIR') throw error;
    const now = findProgram(request.file, request.environment.path);
    if (now === path) throw error;
    return spawnAt(now);
  }
}

const streamNames = ['stdin', 'stdout', 'stderr'];

export function openPipe(fd: number, capacity: number | undefined, opened: number[]): PipeEnds {
  const ends = createPipe(`making a pipe for ${streamNames[fd]}`);
  opened.push(ends.read, ends.write);
  if (capacity !== undefined) setPipeCapacity(ends.write, capacity);
  return ends;
}

function describeDescriptors(
  request: Launch,
  pipes: readonly (PipeEnds | undefined)[],
  opened: number[],
): ChildDescriptor[] {
  return [request.stdin, request.stdout, request.stderr].map((stdio, fd): ChildDescriptor => {
    const pipe = pipes[fd];
    if (pipe) return { kind: 'duplicate', of: fd === 0 ? pipe.read : pipe.write };
    switch (stdio.kind) {
      case 'stdout':
        return { kind: 'duplicate', of: 1 };
      case 'descriptor':
        makeBlocking(stdio.fd);
        return { kind: 'duplicate', of: outOfTheWay(stdio.fd, fd, opened) };
      default:
        return { kind: 'open', path: '/dev/null', flags: fd === 0 ? O_RDONLY : O_WRONLY };
    }
  });
}

const O_RDONLY = 0;
const O_WRONLY = 1;
const O_RDWR = 2;

/**
 * The leader of a session that has no terminal yet gets the first one that it opens, without O_NOCTTY, as its controlling terminal
 * (Linux; tty_open_proc_set_tty in drivers/tty/tty_io.c). posix_spawn makes the session before it opens anything.
 */
function descriptorsOn(slave: string): ChildDescriptor[] {
  const copy: ChildDescriptor = { kind: 'duplicate', of: 0 };
  return [{ kind: 'open', path: slave, flags: O_RDWR }, copy, copy];
}

/** The copies are made in order, so a source among 0 to 2 that is not its own target would be overwritten before its turn. */
function outOfTheWay(source: number, target: number, opened: number[]): number {
  if (source > 2 || source === target) return source;
  const copy = duplicate(source, 3, `passing descriptor ${source} on as ${streamNames[target]}`);
  opened.push(copy);
  return copy;
}
