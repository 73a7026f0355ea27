/**
 * What a command needs around it while it runs: starts, time, pipes, sinks, a place on the terminal. For
 * `run` and `start` Node's event loop provides it; for `runSync`, which blocks that loop, a loop of our own.
 *
 * An execution knows callbacks and this host alone, so each rule of its outcome is written once and holds for
 * both.
 */

import { nodeTimers, type Timers } from '../base/index.js';
import type * as Doctor from '../doctor/index.js';
import {
  type Interruptible,
  interrupts,
  type JobControl,
  type Launch,
  mayStartByPosix,
  problemOfPipes,
  type StartedProcess,
  type Steps,
  startProcess,
  turns,
} from '../process/index.js';
import {
  Capture,
  DescriptorSink,
  type FedSource,
  FileSink,
  FunctionSink,
  feedStdin,
  NamedPipeSink,
  nodeReadiness,
  type OpenReader,
  openReader,
  type Sink,
  type StdinEnd,
  type StdinPipe,
  WritableSink,
} from '../stream/index.js';
import { fstatSync } from '../system/index.js';
import type { StreamName, Target } from './options/index.js';
import type { Plan } from './plan.js';

/** What the job control of a command must know. */
export interface JobRequest {
  readonly plan: Plan;
  /** The command itself, or the pipeline that it is a part of. */
  readonly job: object;
}

export interface CommandHost {
  /** The steps of a start. They throw StartError. */
  start(request: Launch): Steps<StartedProcess>;
  readonly timers: Timers;
  readonly openReader: OpenReader;
  feedStdin(end: StdinEnd, source: FedSource, failed: (error: unknown) => void): StdinPipe;
  capture(memory: number, directory: string | undefined): Capture;
  /** This process's own stdout or stderr. */
  standardSink(name: StreamName): Sink;
  /** A descriptor of the caller's, which stays open. */
  descriptorSink(fd: number): Sink;
  /** Owns the descriptor. */
  fileSink(fd: number): Sink;
  /** `open` gives a descriptor once a process reads the named pipe. */
  namedPipeSink(open: () => number | undefined): Sink;
  functionSink(take: (chunk: Buffer) => unknown, end?: () => void | Promise<void>): Sink;
  /** Loads the doctor, which few runs need; calls back later, with undefined where it cannot be loaded. */
  loadDoctor(use: (doctor: typeof Doctor | undefined) => void): void;
  /** The command's place on the terminal; undefined without a terminal. */
  jobOf(request: JobRequest): JobControl | undefined;
  /** A command has been started. */
  begun?(command: Interruptible, plan: Plan): void;
  /** A command is over, and `give` gives its result. */
  over(command: Interruptible, give: () => void): void;
}

export const nodeHost: CommandHost = {
  start: startProcess,
  timers: nodeTimers,
  openReader,
  feedStdin,
  capture: (memory, directory) => new Capture(memory, directory),
  standardSink: (name) => new WritableSink(process[name]),
  descriptorSink: (fd) => sinkFor(fd, false),
  fileSink: (fd) => sinkFor(fd, true),
  namedPipeSink: (open) => new NamedPipeSink(nodeReadiness, open),
  functionSink: (take, end) => new FunctionSink(take, end),
  loadDoctor: (use) => {
    import('../doctor/index.js').then(use, () => use(undefined));
  },
  begun: (command, { policy }) => {
    if (policy.guard) interrupts.add(command);
  },
  over: (command, give) => interrupts.over(command, give),
  jobOf: ({ plan, job }) => {
    // A child of node:child_process, a detached one, or one with a terminal of its own leads a session
    // without this terminal.
    if (!turns.hasTerminal || plan.child.pty || plan.child.detached || !mayStartByPosix()) return undefined;
    return turns.of({ job, hasOurStreams: hasOurStreams(plan) });
  },
};

function hasOurStreams({ stdin, stdout, stderr }: Plan): boolean {
  const goesOut = ([first, more]: readonly Target[]) =>
    more === undefined && (first?.kind === 'inherit' || first?.kind === 'merge');
  return stdin.kind === 'inherit' && goesOut(stdout) && goesOut(stderr);
}

/** A write to a regular file never waits, so it may go to libuv's pool; without libc all have to. */
function sinkFor(fd: number, isOwned: boolean): Sink {
  const isFile = fstatSync(fd).isFile() || problemOfPipes() !== undefined;
  return isFile ? new FileSink(fd, isOwned) : new DescriptorSink(nodeReadiness, fd, isOwned);
}
