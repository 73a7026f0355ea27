/** What posix_spawn(3) is asked for. */

/** What a descriptor of the child is: a copy of one of ours, a path that the child opens, or nothing. */
export type ChildDescriptor =
  | { readonly kind: 'duplicate'; readonly of: number }
  | { readonly kind: 'open'; readonly path: string; readonly flags: number }
  | { readonly kind: 'closed' };

/** Text stands for bytes as `bytesOf` has it. */
export interface SpawnRequest {
  /** The program's path. PATH is not searched. */
  readonly path: string;
  /** argv, its own name first. */
  readonly argv: readonly string[];
  /** `NAME=value` lines; undefined for the C library's environ(7) of this process as it is now. */
  readonly environment: readonly string[] | undefined;
  /** One more line, for a variable that is not among them. */
  readonly variable: string | undefined;
  readonly cwd: string | undefined;
  /**
   * The child's descriptors 0, 1, 2, …; all others are closed there. Applied in order: a later one may copy
   * an earlier one.
   */
  readonly descriptors: readonly ChildDescriptor[];
  /**
   * Whether the child leads a process group of its own, leads a session of its own, or stays in our group.
   */
  readonly leads: 'group' | 'session' | 'nothing';
  /**
   * The child's descriptor of the terminal that gets the child's process group as its foreground group,
   * before the program runs.
   */
  readonly terminal: number | undefined;
}
