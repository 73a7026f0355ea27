/** `timeout` and `idleTimeout`: what they mean is the same for one command and for a pipeline. */
import { Deadline, nodeTimers } from '../base/index.js';
import type { Cause } from './cause.js';
import type { Settings } from './options/index.js';

/** How late a look at a silent child may be without being our own doing. */
const IDLE_TOLERANCE_MS = 250;

export interface TimeHooks {
  /** The time is up, or it was silent for too long. */
  over(cause: Cause): void;
  /** Whether silence says nothing now: we keep it waiting, or it has exited. */
  excusesSilence(): boolean;
}

export class TimeLimits {
  readonly #timeout: Deadline | undefined;
  readonly #idle: Deadline | undefined;

  constructor(
    { timeout, idleTimeout }: Pick<Settings, 'timeout' | 'idleTimeout'>,
    hooks: TimeHooks,
    timers = nodeTimers,
  ) {
    if (timeout !== Number.POSITIVE_INFINITY)
      this.#timeout = new Deadline(timeout, () => hooks.over({ kind: 'timeout', ms: timeout }), timers);
    if (idleTimeout === Number.POSITIVE_INFINITY) return;
    const check = (lateMs: number) => {
      // So late, this process has been stopped (Ctrl-Z) or busy, and the child perhaps with it.
      if (lateMs > IDLE_TOLERANCE_MS || hooks.excusesSilence()) this.#idle?.restart();
      else hooks.over({ kind: 'idle', ms: idleTimeout });
    };
    this.#idle = new Deadline(idleTimeout, check, timers);
  }

  /** Something came. */
  noteOutput(): void {
    this.#idle?.postpone();
  }

  cancel(): void {
    this.#timeout?.cancel();
    this.#idle?.cancel();
  }
}
