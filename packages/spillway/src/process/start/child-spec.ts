/** What is started, checked and complete; its streams are another matter. */
import type { Passable } from '../../pipe/index.js';
import type { WindowSize } from '../../system/index.js';
import type { Mark } from '../mark.js';
import type { ChildEnvironment } from './environment.js';
import type { Constraints } from './gate.js';

/** An end of a channel or pipe, and the name under which the child finds it. */
export interface NamedEnd {
  readonly name: string;
  readonly end: Passable;
}

export interface ChildSpec {
  /** A program's name or path, as the caller gave it. */
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string | undefined;
  readonly environment: ChildEnvironment;
  /** Limits and priority, in force before the program runs. */
  readonly constraints: Constraints | undefined;
  /** User and group; this process's own when undefined. Only node:child_process can change them. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** The child leads a session on a pseudo-terminal of this size, and its three streams are that terminal. */
  readonly pty: WindowSize | undefined;
  /** Bytes for every pipe made here; the kernel's default when undefined. */
  readonly pipeCapacity: number | undefined;
  /** Ends that the child finds in SPILLWAY_CHANNELS, on descriptors behind the standard ones. */
  readonly channels: readonly NamedEnd[];
}

/** What one of the child's standard descriptors is. */
export type Stdio =
  | { readonly kind: 'null' }
  /** A new pipe; this process keeps the other end. */
  | { readonly kind: 'pipe' }
  /** A descriptor of this process: one of its own standard ones, or a file opened for the child. */
  | { readonly kind: 'descriptor'; readonly fd: number }
  /** For stderr: wherever stdout goes. */
  | { readonly kind: 'stdout' }
  /** The pseudo-terminal of `ChildSpec.pty`. */
  | { readonly kind: 'pty' };

/** One start of a child. */
export interface Launch {
  readonly child: ChildSpec;
  readonly stdin: Stdio;
  readonly stdout: Stdio;
  readonly stderr: Stdio;
  readonly mark: Mark;
  /** The child's group becomes the foreground group of this terminal, one of its descriptors 0 to 2. */
  readonly terminal: number | undefined;
}
