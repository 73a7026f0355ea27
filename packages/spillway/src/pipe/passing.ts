/**
 * The interface between an end and the start of a child that gets it. `process` and `run` know only this, so
 * a program without channels loads none of their code.
 */

/** A descriptor on its way to a child, and the child's access to it. */
export interface PassedDescriptor {
  readonly fd: number;
  readonly access: 'r' | 'w';
}

/**
 * One end, ready to be passed on. The start calls exactly one of `done` and `failed`, before the event loop
 * turns.
 */
export interface Passage {
  readonly descriptors: readonly PassedDescriptor[];
  /** The word for its codec in the child's variable; empty for a plain pipe. */
  readonly codec: string;
  /** The child has the end: it is closed here and cannot be used any more. */
  done(): void;
  /** No child was started: the end stays ours, and usable. */
  failed(): void;
  /**
   * After `done`: the child has ended; `how`: as in `worker.js exited with code 1`. `isPassedOn`: whether
   * another process has the end by the child's will.
   */
  childEnded?(how: string, isPassedOn: () => boolean): void;
}

/** In the global registry, so that two copies of this package in one program can pass each other's ends. */
export const passOn: unique symbol = Symbol.for('spillway.passOn') as never;

export interface Passable {
  /** Throws when the end cannot be passed on: it is closed, or a message is still under way here. */
  [passOn](): Passage;
}

export function isPassable(value: unknown): value is Passable {
  return typeof (value as Partial<Passable> | null | undefined)?.[passOn] === 'function';
}
