/**
 * What goes on while a command runs: who tells of its exit, of time, and of its pipes. For `run` and `start` that is Node's event loop;
 * for `runSync`, during which that one stands still, it is a loop of our own.
 *
 * The execution itself knows callbacks and these alone, so that each rule of its outcome is written once and holds for both.
 */
import { type Reaper, reaper } from '../process/index.js';
import { feedStdin, type OpenReader, openPipe, type StdinPipe, type StdinSource } from '../stream/index.js';
import { nodeTimers, type Timers } from '../system/index.js';

export interface Host {
  readonly reaper: Reaper;
  readonly timers: Timers;
  readonly openReader: OpenReader;
  feedStdin(fd: number, source: StdinSource, failed: (error: unknown) => void): StdinPipe;
}

export const nodeHost: Host = { reaper, timers: nodeTimers, openReader: openPipe, feedStdin };
