/**
 * The child's standard descriptors: the pipes made for them, and how posix_spawn(3) is told what they are.
 */
import {
  type ChildDescriptor,
  createPipe,
  duplicate,
  makeBlocking,
  type PipeEnds,
  setPipeCapacity,
} from '../../system/index.js';
import type { Launch } from './child-spec.js';

const streamNames = ['stdin', 'stdout', 'stderr'];

/** A pipe for one of the child's standard streams; both ends are added to `opened`. */
export function openChildPipe(fd: number, capacity: number | undefined, opened: number[]): PipeEnds {
  const ends = createPipe(`making a pipe for ${streamNames[fd]}`);
  opened.push(ends.read, ends.write);
  if (capacity !== undefined) setPipeCapacity(ends.write, capacity);
  return ends;
}

/** What the child's standard descriptors are. Copies made on the way are added to `opened`. */
export function standardDescriptors(
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
export function terminalDescriptors(slave: string): ChildDescriptor[] {
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
