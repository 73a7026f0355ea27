/** The interface between the two backends and the code above: a started process, its streams, its owner. */

import type { Readable, Writable } from 'node:stream';
import type { Passage } from '../../pipe/index.js';
import type { CpuTime, ExitStatus, PseudoTerminal } from '../../system/index.js';
import type { Census } from './census.js';
import type { Moment } from './pid-turns.js';

/** How a child ended and what it cost; `'lost'` when another part of the program has reaped it. */
export type Ending = { readonly status: ExitStatus; readonly cpu: CpuTime } | 'lost';

/** Receives an owner's reports on one child. */
export interface Watcher {
  /**
   * The child has exited and is a zombie: settle, then call `reap`, now or later. `lost`: another part of the
   * program has reaped it.
   */
  exited(lost: boolean): void;
  /** This signal has stopped the child. */
  readonly stopped: ((signal: number) => void) | undefined;
}

/**
 * Waits for children, and so knows whether a child's group may be signalled. It calls the watcher's `exited`
 * once, after `add`; the group's number stays the child's until `reap`.
 */
export interface ChildOwner {
  /** Finds the processes that may descend from a child. */
  readonly census: Census;
  /** Whether every orphan that this process adopts is a descendant of its runs. */
  readonly adoptsOrphans: boolean;
  /** `moment`: not after its start. */
  add(pid: number, watcher: Watcher, moment?: Moment): void;
  /** Whether it has exited, even if no signal has announced the exit yet. */
  check(pid: number): boolean;
  /** Between `exited` and `reap`: whether a signal ended it. */
  wasKilled(pid: number): boolean;
  /** Before `reap`: whether its number, and the group's, are still the child's. */
  holdsNumber(pid: number): boolean;
  /** Call it after `exited`, when the child's group needs no more signals. Returns how the child ended. */
  reap(pid: number): Ending;
  /** The child no longer holds the event loop. */
  unref(pid: number): void;
  /** Stops waiting for a child that cannot be ended. */
  abandon(pid: number): void;
  /** Signals the group; false when nothing is left of it. Errors: EPERM if it runs as another user. */
  signal(pid: number, signal: number): boolean;
}

/** The read end of a child's output: a pipe's descriptor, or Node's streams (on Windows sometimes two). */
export type OutputEnd = number | readonly Readable[];

/** A started process. The caller closes the ends; an end is undefined where the child has no pipe. */
export interface StartedProcess {
  readonly pid: number;
  readonly stdin: number | Writable | undefined;
  readonly stdout: OutputEnd | undefined;
  readonly stderr: OutputEnd | undefined;
  /** With the option pty, instead of the three. */
  readonly pty: PseudoTerminal | undefined;
  readonly owner: ChildOwner;
  /** Of a suspended one. */
  readonly gate?: StartGate | undefined;
  /** Not after its start. */
  readonly moment?: Moment;
  /** Ends of channels and pipes that it was given. */
  readonly passed?: readonly PassedPipe[];
}

/** Holds a program back until it is opened. Closed before that, it lets the process exit without a run. */
export interface StartGate {
  readonly isShut: boolean;
  open(): void;
  /** When the process has exited: the StartError by which it did not become the program, if it did not. */
  failure(): unknown;
  close(): void;
}

/** Tells an end that is left here, if there is one, of the child's end. */
export interface PassedPipe {
  /** The name of its channel, or its number in the child. */
  readonly at: string | number;
  readonly inodes: readonly number[];
  readonly childEnded: Passage['childEnded'];
}
