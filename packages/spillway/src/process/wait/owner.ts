/**
 * The seam between the two backends and the floors above: a started process, its streams, and the owner of
 * its exit.
 */
import type { Readable, Writable } from 'node:stream';
import type { CpuTime, ExitStatus, PseudoTerminal } from '../../system/index.js';
import type { Census } from './census.js';

/** How a child ended and what it cost; `'lost'` when another part of the program has reaped it. */
export type Ending = { readonly status: ExitStatus; readonly cpu: CpuTime } | 'lost';

/** What an owner tells of one child. */
export interface Watcher {
  /**
   * It has exited and is a zombie: settle, then call `reap`, at once or later. `lost`: another part of the
   * program has reaped it.
   */
  exited(lost: boolean): void;
  /** This signal stopped it. */
  stopped?(signal: number): void;
}

/**
 * The owner waits for a child, and therefore knows whether its group may be signalled. It calls the watcher's
 * `exited` once, after `add`; the group stays the child's until `reap`.
 */
export interface ChildOwner {
  /** Which processes may descend from a child. */
  readonly census: Census;
  /** Whether orphans that come to this process can only be descendants of its runs. */
  readonly adoptsOrphans: boolean;
  add(pid: number, watcher: Watcher): void;
  /** Whether it has exited, even if no signal has announced the exit yet. */
  check(pid: number): boolean;
  /** Between `exited` and `reap`: whether a signal ended it. */
  wasKilled(pid: number): boolean;
  /** Call it after `exited`, when nothing of the child is held any more. Returns how the child ended. */
  reap(pid: number): Ending;
  /** Stops waiting for a child that cannot be ended. */
  abandon(pid: number): void;
  /**
   * Signals the child's group; false when nothing is left of it. Errors: EPERM when it runs as another user.
   */
  signal(pid: number, signal: number): boolean;
}

/**
 * The read end of a child's output: a pipe's descriptor, or Node's own streams, of which Windows may need two
 * for one output.
 */
export type OutputEnd = number | readonly Readable[];

/** A started process. The caller closes the ends; an end is undefined where the child has no pipe. */
export interface StartedProcess {
  readonly pid: number;
  readonly stdin: number | Writable | undefined;
  readonly stdout: OutputEnd | undefined;
  readonly stderr: OutputEnd | undefined;
  /** With the option pty, in the place of the three. */
  readonly pty?: PseudoTerminal | undefined;
  readonly owner: ChildOwner;
}
