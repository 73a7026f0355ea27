/**
 * What a command needs around it while it runs: starts, time, pipes, sinks, a place on the terminal. For
 * `run` and `start` Node's event loop provides it; for `runSync`, which blocks that loop, a loop of our own.
 *
 * An execution knows callbacks and this host alone, so each rule of its outcome is written once and holds for
 * both.
 */

import { nodeTimers, type Timers } from '../base/index.js';
import type * as Doctor from '../doctor/index.js';
import { type Launch, type StartedProcess, startProcess } from '../process/index.js';
import {
  Capture,
  FileSink,
  FunctionSink,
  feedStdin,
  type OpenReader,
  openReader,
  type Sink,
  type StdinEnd,
  type StdinPipe,
  type StdinSource,
  WritableSink,
} from '../stream/index.js';
import type { StreamName } from './options/index.js';

/** The child as a job in the foreground of a terminal. */
export interface JobControl {
  /** The descriptor (0 to 2) of the terminal whose foreground group the child's becomes. */
  readonly terminal: number | undefined;
  /** This signal stopped the child, as Ctrl-Z does. */
  stopped(signal: number): void;
}

export interface CommandHost {
  /** Starts a process. Throws StartError. */
  start(request: Launch): StartedProcess;
  readonly timers: Timers;
  readonly openReader: OpenReader;
  feedStdin(end: StdinEnd, source: StdinSource, failed: (error: unknown) => void): StdinPipe;
  capture(memory: number, directory: string | undefined): Capture;
  /** This process's own stdout or stderr. */
  standardSink(name: StreamName): Sink;
  /** Owns the descriptor. */
  fileSink(fd: number, path: string): Sink;
  functionSink(take: (chunk: Buffer) => unknown): Sink;
  /** Loads the doctor, which few runs need; calls back later, with undefined where it cannot be loaded. */
  loadDoctor(use: (doctor: typeof Doctor | undefined) => void): void;
  readonly job?: JobControl | undefined;
}

export const nodeHost: CommandHost = {
  start: startProcess,
  timers: nodeTimers,
  openReader,
  feedStdin,
  capture: (memory, directory) => new Capture(memory, directory),
  standardSink: (name) => new WritableSink(process[name]),
  fileSink: (fd, path) => new FileSink(fd, path),
  functionSink: (take) => new FunctionSink(take),
  loadDoctor: (use) => {
    import('../doctor/index.js').then(use, () => use(undefined));
  },
};
