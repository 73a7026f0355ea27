/** Describes a child to start, with all options checked; `Launch` adds its streams. */
import type { Passable } from '../../pipe/index.js';
import type { WindowSize } from '../../system/index.js';
import type { Mark } from '../mark.js';
import type { Steps } from '../queue/index.js';
import type { ChildEnvironment } from './environment.js';
import type { Constraints } from './gate/index.js';

/** An end of a channel or pipe for the child: under a name, in SPILLWAY_CHANNELS, or on a descriptor. */
export interface PassedEnd {
  readonly at: string | number;
  readonly end: Passable;
}

/** A descriptor of the child above the standard ones, and ours that it is a copy of. */
export interface FurtherDescriptor {
  readonly number: number;
  readonly fd: number;
}

/** Whether another program starts in its place, and becomes it. */
export function isHeld({ constraints, suspended }: ChildSpec): boolean {
  return constraints !== undefined || suspended;
}

export interface ChildSpec {
  /** The program's name or path, as the caller gave it. */
  readonly file: string;
  readonly args: readonly string[];
  /** Its name for itself; the program as the caller gave it when undefined. */
  readonly argv0?: string | undefined;
  readonly cwd: string | undefined;
  /** Where it is started without `cwd`; undefined if that directory has been removed. */
  readonly startedIn?: string | undefined;
  readonly environment: ChildEnvironment;
  /** It leads a session of its own. */
  readonly detached: boolean;
  /** Limits and priority, in force before the program runs. */
  readonly constraints: Constraints | undefined;
  /** The program does not run until its gate is opened. */
  readonly suspended: boolean;
  /** User and group; this process's own when undefined. Only node:child_process can change them. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** The child leads a session on a pseudo-terminal of this size, which is all of its three streams. */
  readonly pty: WindowSize | undefined;
  /** Capacity in bytes of each pipe to the child; the kernel's default when undefined. */
  readonly pipeCapacity: number | undefined;
  readonly ends: readonly PassedEnd[];
}

/** One of the child's standard descriptors. */
export type Stdio =
  | { readonly kind: 'null' }
  /** A new pipe; this process keeps the other end. */
  | { readonly kind: 'pipe' }
  /** A descriptor of this process: a standard one, or a file opened for the child. */
  | { readonly kind: 'descriptor'; readonly fd: number }
  /** For stderr: the same as stdout. */
  | { readonly kind: 'stdout' }
  /** The pseudo-terminal of `ChildSpec.pty`. */
  | { readonly kind: 'pty' };

/** A child to start, with its streams. */
export interface Launch {
  readonly child: ChildSpec;
  readonly stdin: Stdio;
  readonly stdout: Stdio;
  readonly stderr: Stdio;
  readonly descriptors: readonly FurtherDescriptor[];
  readonly mark: Mark;
  /** The child's descriptor (0 to 2) of the terminal whose foreground group its group becomes. */
  readonly terminal: number | undefined;
  /** Steps to take before the child starts, so that it is never unguarded. */
  readonly ensureGuard: (() => Steps<void>) | undefined;
}
