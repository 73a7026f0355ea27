/** The seam between the two backends and what stands on them: a started process, its streams, and who waits for it. */
import type { Readable, Writable } from 'node:stream';
import type { PseudoTerminal } from '../../system/index.js';
import type { Census } from './census.js';
import type { Ending, Watcher } from './reaper.js';

/**
 * Who waits for a child, and so knows whether its group may be signalled. `exited` of the watcher comes once, after `add`; the
 * group stays the child's until `reap`.
 */
export interface ChildOwner {
  /** Which processes may have come from a child. */
  readonly census: Census;
  /** Whether orphans that come to this process can only be descendants of its runs. */
  readonly adoptsOrphans: boolean;
  add(pid: number, watcher: Watcher): void;
  /** Whether it has exited, also when nobody has been told yet. */
  check(pid: number): boolean;
  /** Between `exited` and `reap`: whether a signal ended it. */
  wasKilled(pid: number): boolean;
  /** To be called after `exited`: nothing of the child is held any more, and this is how it ended. */
  reap(pid: number): Ending;
  /** It cannot be ended, and is not waited for. */
  abandon(pid: number): void;
  /** Signals the child's group; false when nothing is left of it. Errors: EPERM when it runs as another user. */
  signal(pid: number, signal: number): boolean;
}

/** The read end of a child's output: a pipe's descriptor, or Node's own streams, of which Windows may need two for one output. */
export type OutputEnd = number | readonly Readable[];

/** A started process. The ends are the caller's to close; undefined where the child has no pipe. */
export interface StartedProcess {
  readonly pid: number;
  readonly stdin: number | Writable | undefined;
  readonly stdout: OutputEnd | undefined;
  readonly stderr: OutputEnd | undefined;
  /** With the option pty, in the place of the three. */
  readonly pty?: PseudoTerminal | undefined;
  readonly owner: ChildOwner;
}
