/**
 * How an end gets to a child: what the start of a child asks of it. The floors below know this and no more, so that a program without
 * channels loads nothing of theirs.
 */

/** A descriptor on its way to a child, and what the child may do with it. */
export interface PassedDescriptor {
  readonly fd: number;
  readonly access: 'r' | 'w';
}

/** One end, ready to be passed on. Exactly one of `done` and `failed` is called, before the event loop turns. */
export interface Passage {
  readonly descriptors: readonly PassedDescriptor[];
  /** The word for its codec, as the child is told; empty for a plain pipe. */
  readonly codec: string;
  /** The child has it: it is closed here and can be used no more. */
  done(): void;
  /** No child was started: it stays ours, and usable. */
  failed(): void;
}

/** In the global registry, so that two copies of this package in one program understand each other. */
export const passOn: unique symbol = Symbol.for('spillway.passOn') as never;

export interface Passable {
  /** Throws when it cannot be passed on: it is closed, or something of it is still under way here. */
  [passOn](): Passage;
}

export function isPassable(value: unknown): value is Passable {
  return typeof (value as Partial<Passable> | null | undefined)?.[passOn] === 'function';
}
