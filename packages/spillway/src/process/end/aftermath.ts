/**
 * Ends what a child has left behind after its exit, as a caller would end it: a signal, a grace period,
 * SIGKILL until nothing is left.
 */
import { monotonicMs, type Timers } from '../../base/index.js';
import { signals } from '../../system/index.js';
import type { Termination } from '../policy.js';
import { type Descendant, keyOf } from './descendant.js';
import type { Pursuit } from './pursuit.js';

/** The most time for SIGKILL; only a process stuck in the kernel, or of another user, takes longer. */
export const KILL_PATIENCE_MS = 5000;
/** The most time without progress while a result waits for killed leftovers to disappear. */
export const LEFTOVER_PATIENCE_MS = 1000;

export const KILL_AT_ONCE: Termination = { signal: signals.SIGKILL, grace: 0, ask: undefined };

/** Calls `isOver` from time to time until it returns true: the kernel announces only own children's ends. */
export function whenGone(timers: Timers, isOver: () => boolean, then: () => void): void {
  const look = (pause: number) => {
    if (isOver()) then();
    else timers.after(pause, () => look(Math.min(pause * 2, 50)));
  };
  look(1);
}

export interface Doomed {
  /** Those that the last look has found. */
  readonly found: readonly Descendant[];
  /** Whether all those outside the group are to be ended; otherwise those found alone are. */
  readonly detachedToo: boolean;
  readonly termination: Termination;
}

export class Aftermath {
  readonly #pursuit: Pursuit;
  readonly #timers: Timers;
  readonly #signalGroup: (signal: number) => void;

  constructor(pursuit: Pursuit, timers: Timers, signalGroup: (signal: number) => void) {
    this.#pursuit = pursuit;
    this.#timers = timers;
    this.#signalGroup = signalGroup;
  }

  /** Calls `then` when none of them is left, or when SIGKILL does not help. */
  end({ found, detachedToo, termination: { signal, grace } }: Doomed, then: () => void): void {
    const doomed = new Set(found.map(keyOf));
    // One that leaves the group at this moment does not save itself by that.
    const isDoomed = (one: Descendant) => one.inGroup || detachedToo || doomed.has(keyOf(one));
    const send = (those: readonly Descendant[], what: number) => {
      if (what === signals.SIGKILL && detachedToo) this.#pursuit.killByCgroup(false);
      if (those.some(({ inGroup }) => inGroup) || what === signals.SIGKILL) this.#signalGroup(what);
      this.#pursuit.signalDetached(those, what);
    };
    /** Of the group at that look: one that left it before the signal has not got that. */
    const members = new Set(found.filter(({ inGroup }) => inGroup).map(keyOf));
    const killAt = monotonicMs() + (signal === signals.SIGKILL ? 0 : grace);
    send(found, killAt <= monotonicMs() ? signals.SIGKILL : signal);
    let least = Number.POSITIVE_INFINITY;
    let lastProgress = killAt;
    const isOver = () => {
      const rest = this.#pursuit.look(true)?.filter(isDoomed) ?? [];
      if (rest.length === 0 && this.#pursuit.finishCgroup()) return true;
      const now = monotonicMs();
      // What they start from now on may belong to their end: it gets no signal of its own.
      if (now < killAt) {
        const gone = rest.filter((one) => !one.inGroup && members.delete(keyOf(one)));
        if (gone.length > 0) this.#pursuit.signalDetached(gone, signal);
        return false;
      }
      // A program that forks quickly may fork between a look and the kill.
      send(rest, signals.SIGKILL);
      if (rest.length < least) lastProgress = now;
      least = Math.min(least, rest.length);
      return now - lastProgress >= LEFTOVER_PATIENCE_MS || now - killAt >= KILL_PATIENCE_MS;
    };
    whenGone(this.#timers, isOver, then);
  }
}
