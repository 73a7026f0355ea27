/**
 * The guards of this process: one for each effective user. A program that drops its rights gets a guard
 * without them; the first one stays for the runs that were started before, which the second may not signal.
 */
import type { Termination } from '../policy.js';
import { Guard, type Guarded } from './guard.js';

class Guards {
  readonly #byUser = new Map<number | undefined, Guard>();

  /** For a run that `ensure` enlists, as late as its turn comes. */
  of(mark: string, termination: Termination): Guarded {
    let enlisted: Guarded | undefined;
    return {
      ensure: () => {
        enlisted ??= this.#enlist(mark, termination);
        return enlisted.ensure();
      },
      started: (group) => enlisted?.started(group),
      release: () => enlisted?.release(),
    };
  }

  #enlist(mark: string, termination: Termination): Guarded {
    const user = process.geteuid?.();
    const guard = this.#byUser.get(user) ?? new Guard();
    this.#byUser.set(user, guard);
    return guard.enlist(mark, termination);
  }

  /** The pids of those that run. */
  get pids(): number[] {
    return [...this.#byUser.values()].flatMap(({ pids }) => pids);
  }

  /** The descriptors that they hold open in this process. */
  get descriptors(): number[] {
    return [...this.#byUser.values()].flatMap(({ descriptors }) => descriptors);
  }
}

export const guard = new Guards();
