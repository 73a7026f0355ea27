/** What the life of a child begins with, and what it reports. */
import type { Writable } from 'node:stream';
import type { Stopwatch } from '../../base/index.js';
import type { Guarded } from '../guard/index.js';
import type { Leftovers, Termination } from '../policy.js';
import type { Ending, Moment, StartGate } from '../wait/index.js';
import type { ChildPipe, Leftover } from './descendants.js';

export interface LifeHooks {
  /**
   * The leader has exited: read what the streams hold. `leftoversEnd`: leftovers are being ended, which may
   * still write.
   */
  exited(leftoversEnd: boolean): void;
  /** The child's life is over. `'abandoned'`: SIGKILL did not end it, and the owner stopped waiting. */
  ended(ending: Ending | 'abandoned', leftovers: readonly Leftover[]): void;
  /** Undefined: a stop does not matter. */
  readonly stopped: ((signal: number) => void) | undefined;
  /** What the caller writes to. */
  stdin(): Writable | undefined;
  /** The pipe of each of its standard streams that is still open here, and of each channel. */
  pipes(): readonly ChildPipe[];
}

/** A child that has just been started. */
export interface Owned {
  readonly pid: number;
  /** See Mark. */
  readonly mark: string;
  readonly leftovers: Leftovers;
  /** How leftovers of an exit end, which no termination has come before. */
  readonly leftoverTermination: Termination;
  /** Not after its start. */
  readonly moment: Moment | undefined;
  /** Begins with the call. */
  readonly clock: Stopwatch;
  /** Released at the end. */
  readonly guarded: Guarded | undefined;
  /** The terminal of its session, if it leads one: then signals reach all groups of the session. */
  readonly terminal: { readonly master: number | undefined } | undefined;
  /** Of a suspended one. It is closed when all is over. */
  readonly gate: StartGate | undefined;
}
