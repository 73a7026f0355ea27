/**
 * The guards of this process: one for each effective user. A program that drops its rights gets a guard
 * without them; the first one stays for the runs that were started before, which the second may not signal.
 * Runs with a lease have their own, since it wakes up twice a second.
 */
import type { Termination } from '../policy.js';
import { Guard, type Guarded } from './guard.js';
import type { Lease } from './lease.js';

class Guards {
  readonly #guards = new Map<string, Guard>();

  /** For a run that `ensure` enlists, as late as its turn comes. */
  of(mark: string, termination: Termination, lease?: Lease): Guarded {
    let enlisted: Guarded | undefined;
    return {
      ensure: () => {
        enlisted ??= this.#enlist(mark, termination, lease);
        return enlisted.ensure();
      },
      started: (group) => enlisted?.started(group),
      release: () => enlisted?.release(),
    };
  }

  #enlist(mark: string, termination: Termination, lease: Lease | undefined): Guarded {
    const key = `${process.geteuid?.()} ${lease !== undefined}`;
    const guard = this.#guards.get(key) ?? new Guard(lease !== undefined);
    this.#guards.set(key, guard);
    return guard.enlist(mark, termination, lease);
  }

  /** The pids of those that run. */
  get pids(): number[] {
    return [...this.#guards.values()].flatMap(({ pids }) => pids);
  }

  /** The descriptors that they hold open in this process. */
  get descriptors(): number[] {
    return [...this.#guards.values()].flatMap(({ descriptors }) => descriptors);
  }
}

export const guard = new Guards();
