/** Starts a child by posix_spawn(3) and returns the parent's ends of its pipes. */
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
  setPipeCapacity,
  spawn,
} from '../../system/index.js';
import type { ChildOwner, StartedProcess } from '../wait/index.js';
import { channelDescriptors, environmentLines } from './channel-descriptors.js';
import type { Launch } from './child-spec.js';
import { spawnConstrained } from './gate.js';
import { atProgram } from './program.js';
import { explainStart } from './start-error.js';

/**
 * Starts the process, which leads its own process group and, with `pty`, its own session. Throws StartError
 * after closing all that it opened.
 */
export function launch(
  request: Launch,
  passages: readonly NamedPassage[],
  owner: ChildOwner,
): StartedProcess {
  return atProgram(request.child, (path) => launchAt(path, request, passages, owner));
}

function launchAt(
  path: string,
  request: Launch,
  passages: readonly NamedPassage[],
  owner: ChildOwner,
): StartedProcess {
  const { child } = request;
  const opened: number[] = [];
  try {
    const pipes = [request.stdin, request.stdout, request.stderr].map((stdio, fd) =>
      stdio.kind === 'pipe' ? openChildPipe(fd, child.pipeCapacity, opened) : undefined,
    );
    const pty = child.pty && openPseudoTerminal(child.pty);
    if (pty) opened.push(pty.master, pty.output);
    const streams = pty ? descriptorsOn(pty.path) : describeDescriptors(request, pipes, opened);
    const descriptors = [...streams, ...channelDescriptors(child, passages, opened)];
    const pid = spawnChild(path, request, passages, descriptors);
    const [stdin, stdout, stderr] = [pipes[0]?.write, pipes[1]?.read, pipes[2]?.read];
    for (const fd of opened)
      if (fd !== stdin && fd !== stdout && fd !== stderr && fd !== pty?.master && fd !== pty?.output)
        closeDescriptor(fd);
    return { pid, stdin, stdout, stderr, pty, owner };
  } catch (error) {
    for (const fd of opened) closeDescriptor(fd);
    throw explainStart(error, { file: child.file, path, cwd: child.cwd });
  }
}

function spawnChild(
  path: string,
  { child, mark, terminal }: Launch,
  passages: readonly NamedPassage[],
  descriptors: ChildDescriptor[],
): number {
  const program: SpawnRequest = {
    path,
    argv: [child.file, ...child.args],
    environment: environmentLines(child, passages),
    variable: mark.variable,
    cwd: child.cwd,
    descriptors,
    leads: child.pty ? 'session' : 'group',
    ...(terminal === undefined ? {} : { terminal }),
  };
  return child.constraints ? spawnConstrained(program, child.constraints) : spawn(program);
}

const streamNames = ['stdin', 'stdout', 'stderr'];

/** A pipe for one of the child's standard streams; both ends are added to `opened`. */
export function openChildPipe(fd: number, capacity: number | undefined, opened: number[]): PipeEnds {
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
 * On Linux, the first terminal that a session leader opens without O_NOCTTY becomes its controlling terminal
 * (tty_open_proc_set_tty in drivers/tty/tty_io.c). posix_spawn makes the session before it opens files.
 */
function descriptorsOn(slave: string): ChildDescriptor[] {
  const copy: ChildDescriptor = { kind: 'duplicate', of: 0 };
  return [{ kind: 'open', path: slave, flags: O_RDWR }, copy, copy];
}

/** posix_spawn copies in order, so a source in 0 to 2 could be overwritten before its turn. */
function outOfTheWay(source: number, target: number, opened: number[]): number {
  if (source > 2 || source === target) return source;
  const copy = duplicate(source, 3, `passing descriptor ${source} on as ${streamNames[target]}`);
  opened.push(copy);
  return copy;
}
