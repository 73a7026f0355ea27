/**
 * What goes on while a command runs: who tells of its exit, of time, and of its pipes. For `run` and `start` that is Node's event loop;
 * for `runSync`, during which that one stands still, it is a loop of our own.
 *
 * The execution itself knows callbacks and these alone, so that each rule of its outcome is written once and holds for both.
 */

import { nodeTimers, type Timers } from '../base/index.js';
import type * as Doctor from '../doctor/index.js';
import { type Launch, type StartedProcess, startProcess } from '../process/index.js';
import {
  feedStdin,
  type OpenReader,
  openPipe,
  openStdin,
  type StdinEnd,
  type StdinPipe,
  type StdinSource,
} from '../stream/index.js';
import type { InputPlan } from './options/index.js';

export interface Host {
  /** Starts a process and tells who waits for it. Throws StartError. */
  start(request: Launch): StartedProcess;
  readonly timers: Timers;
  readonly openReader: OpenReader;
  feedStdin(end: StdinEnd, source: StdinSource, failed: (error: unknown) => void): StdinPipe;
  /** Brings the doctor, whom few need: calls back later, with undefined where he is not to be had. */
  loadDoctor(use: (doctor: typeof Doctor | undefined) => void): void;
}

export const nodeHost: Host = {
  start: startProcess,
  timers: nodeTimers,
  openReader: openPipe,
  feedStdin,
  loadDoctor: (use) => {
    import('../doctor/index.js').then(use, () => use(undefined));
  },
};

/** `child.stdin`. */
export type StdinStream = ReturnType<typeof openStdin>;

/** What becomes of the end that this side writes to: fed from the source, or handed to the caller as a stream. */
export function connectStdin(
  host: Host,
  end: StdinEnd,
  source: InputPlan['source'],
  failed: (error: unknown) => void,
): { readonly pipe?: StdinPipe; readonly socket?: StdinStream } {
  if (source === undefined) return {};
  if (source !== 'pipe') return { pipe: host.feedStdin(end, source, failed) };
  const socket = openStdin(end);
  return { pipe: { close: () => socket.destroy() }, socket };
}
