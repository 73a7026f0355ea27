/**
 * A start in two steps. Limits and priority must be in force before the program runs, and posix_spawn can set
 * neither; and a caller may want to know the process before. A holder starts in the program's place and waits
 * at a socket or pipe, the gate. This process then sets the limits of the holder and opens the gate, at once
 * or when the caller says so; the holder becomes the program by exec, which keeps the limits.
 *
 * The holder is a program of a few instructions, which leaves all as it is. Where there is none, a shell.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { exactPath } from '../../../base/index.js';
import {
  closeDescriptor,
  createGateProgram,
  createPipe,
  createSocketPair,
  duplicate,
  errnoOf,
  kill,
  type Resource,
  reapKilled,
  type SpawnRequest,
  SystemError,
  setLimit,
  setNice,
  signals,
  writeSync,
} from '../../../system/index.js';
import { inCall, type Steps } from '../../queue/index.js';
import type { StartGate } from '../../wait/index.js';
import { StartError } from '../start-error.js';
import { Gate } from './gate.js';

export interface Constraints {
  readonly limits: ReadonlyMap<Resource, number>;
  readonly nice: number | undefined;
}

/** The program that is held back. */
export interface Held {
  /** As the caller named it. */
  readonly file: string;
  readonly path: string;
  /** Its own name first. */
  readonly argv: readonly string[];
  readonly constraints: Constraints | undefined;
  /** The gate stays shut until the caller opens it. */
  readonly suspended: boolean;
  /** What its caller is told for a SystemError of that. */
  readonly explain: (error: unknown) => unknown;
  /** The gate's number in the child. The next number is free, too. */
  readonly gate: number;
}

/** What has been started. */
export interface HeldProcess {
  readonly pid: number;
  /** Of a suspended one. Its owner closes it. */
  readonly gate: StartGate | undefined;
}

/** What starts in its place. */
export interface Holder {
  readonly path: string;
  readonly argv: readonly string[];
  /** Ours, for the child's numbers from the gate on. */
  readonly descriptors: readonly number[];
}

/**
 * `start` starts the holder and returns its pid; `abandon` gets the pid of one that ends without having
 * become the program. Throws SystemError: of the call `execve`, as for a start without a gate, or of
 * `prlimit` or `setpriority`.
 */
export function* behindGate(
  held: Held,
  start: StartHolder,
  abandon: (pid: number) => void,
): Steps<HeldProcess> {
  return (yield* byProgram(held, start, abandon)) ?? (yield* byShell(held, start, abandon));
}

type StartHolder = (holder: Holder) => Steps<number>;

/** Starts the program with the constraints in force from its first instruction. Errors: SystemError. */
export function spawnHeld(request: SpawnRequest, held: Held): Steps<HeldProcess> {
  const start = function* ({ path, argv, descriptors: ours }: Holder): Steps<number> {
    const descriptors = Array.from(request.descriptors);
    while (descriptors.length < held.gate) descriptors.push({ kind: 'closed' });
    for (const [index, fd] of ours.entries()) descriptors[held.gate + index] = { kind: 'duplicate', of: fd };
    return yield { is: 'spawn', request: { ...request, path, argv, descriptors } };
  };
  return behindGate(held, start, reapKilled);
}

const DOING = 'passing on the gate that holds the program back';
/** The system does not let the holder run: a policy, or no /proc. Or these are the working directory's. */
const REFUSALS: ReadonlySet<string> = new Set(['ENOENT', 'EACCES', 'EPERM', 'ENOEXEC', 'ENOSYS']);

/** Undefined where that program does not run. */
function* byProgram(
  held: Held,
  start: StartHolder,
  abandon: (pid: number) => void,
): Steps<HeldProcess | undefined> {
  const opened = new Set<number>();
  const open = (fd: number) => {
    opened.add(fd);
    return fd;
  };
  const close = (fd: number) => {
    if (opened.delete(fd)) closeDescriptor(fd);
  };
  try {
    // What can be told now is told before the caller stores anything of it.
    if (held.suspended) requireExecutable(held.path);
    const program = yield* unlessRefused(inCall(createGateProgram));
    if (program === undefined) return undefined;
    open(program);
    const [ours, theirs] = createSocketPair('making the gate that holds the program back').map(open);
    // Above each number that it may get in the child: posix_spawn would overwrite a lower one.
    const descriptors = [theirs as number, program].map((fd) =>
      fd >= held.gate + 2 ? fd : open(duplicate(fd, held.gate + 2, DOING)),
    );
    const argv = [String(held.gate), held.path, ...held.argv];
    const pid = yield* unlessRefused(start({ path: `/proc/self/fd/${held.gate + 1}`, argv, descriptors }));
    if (pid === undefined) return undefined;
    // End-of-file at ours tells that the holder is gone, so only the holder may have the other end.
    for (const fd of [theirs as number, ...descriptors]) close(fd);
    constrain(pid, held.constraints, abandon);
    const failed = (errno: number) => new SystemError('execve', errno, `starting ${held.path}`);
    if (held.suspended) {
      opened.delete(ours as number);
      return { pid, gate: new Gate(ours as number, (errno) => held.explain(failed(errno))) };
    }
    const errno = yield* becameProgram(ours as number);
    if (errno === undefined) return { pid, gate: undefined };
    abandon(pid);
    throw failed(errno);
  } finally {
    for (const fd of opened) close(fd);
  }
}

function* unlessRefused<T>(steps: Steps<T>): Steps<T | undefined> {
  try {
    return yield* steps;
  } catch (error) {
    if (error instanceof SystemError && REFUSALS.has(error.code)) return undefined;
    throw error;
  }
}

/** Opens the gate; undefined when the holder has become the program, or has been killed. */
function* becameProgram(gate: number): Steps<number | undefined> {
  const answer = Buffer.alloc(4);
  try {
    writeSync(gate, '\n');
    const count = yield { is: 'read', fd: gate, into: answer };
    return count === answer.length ? answer.readInt32LE() : undefined;
  } catch {
    // EPIPE, ECONNRESET: it was killed.
    return undefined;
  }
}

const SHELL = '/bin/sh';
/** The gate's number has one digit: not every shell can redirect a descriptor above 9. */
const LAST_OF_GATE = 9;

/** If this process dies before it writes the line, the shell exits without running the program. */
function gateScript(number: number): string {
  return `read -r go <&${number} || exit 125; exec "$@" ${number}<&-`;
}

/** A shell that waits at this descriptor, and becomes the program. */
export function shellAt(number: number, path: string, argv: readonly string[]): Omit<Holder, 'descriptors'> {
  return { path: SHELL, argv: ['sh', '-c', gateScript(number), 'sh', path, ...argv.slice(1)] };
}

function* byShell(held: Held, start: StartHolder, abandon: (pid: number) => void): Steps<HeldProcess> {
  const { path, argv, gate: number } = held;
  requireForShell(held);
  const gate = createPipe('making the pipe that holds the program back');
  let read: number | undefined;
  let isKept = false;
  try {
    read = duplicate(gate.read, Math.max(10, number + 1), DOING);
    const pid = yield* start({ ...shellAt(number, path, argv), descriptors: [read] });
    constrain(pid, held.constraints, abandon);
    if (held.suspended) {
      isKept = true;
      return { pid, gate: new Gate(gate.write) };
    }
    // Also when it has been killed meanwhile: this process still has a reading end.
    writeSync(gate.write, '\n');
    return { pid, gate: undefined };
  } finally {
    if (read !== undefined) closeDescriptor(read);
    closeDescriptor(gate.read);
    if (!isKept) closeDescriptor(gate.write);
  }
}

/** Throws what a shell in its place would tell of on stderr, or cannot do: StartError, SystemError. */
export function requireForShell({
  file,
  path,
  argv,
  gate,
}: Pick<Held, 'file' | 'path' | 'argv' | 'gate'>): void {
  const words = 'limits, nice and suspended';
  const refuse = (code: string, reason: string) => new StartError({ file }, code, 'system', reason);
  if (gate > LAST_OF_GATE)
    throw refuse('EMFILE', `${words} need one of the descriptors 3 to 9 until it runs; leave one out`);
  if (argv[0] !== file)
    throw refuse(
      'ENOTSUP',
      `a shell starts in its place here, and cannot name it; leave argv0, or ${words}, out`,
    );
  // Otherwise the shell would report it on stderr, indistinguishable from output of the program.
  requireExecutable(path);
}

function constrain(pid: number, constraints: Constraints | undefined, abandon: (pid: number) => void): void {
  if (constraints === undefined) return;
  const { limits, nice } = constraints;
  try {
    if (nice !== undefined) setNice(pid, nice);
    for (const [resource, value] of limits) {
      // SIGXCPU at the soft limit says why the program ended; SIGKILL at the hard limit ends one that catches
      // it (setrlimit(2)).
      setLimit(pid, resource, value, resource === 'cpuSeconds' ? value + 1 : value);
    }
  } catch (error) {
    kill(pid, signals.SIGKILL);
    abandon(pid);
    throw error;
  }
}

function requireExecutable(path: string): void {
  try {
    accessSync(exactPath(path), constants.X_OK);
    if (statSync(exactPath(path)).isDirectory())
      throw Object.assign(new Error('is a directory'), { code: 'EACCES' });
  } catch (error) {
    const { code = 'EACCES' } = error as NodeJS.ErrnoException;
    throw new SystemError('access', errnoOf[code as 'EACCES'] ?? errnoOf.EACCES, `starting ${path}`);
  }
}
