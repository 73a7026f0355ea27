/** What may end a command, or a pipeline as a whole: its time, silence, too much output, an abort. */
import { Deadline, onAbort } from '../base/index.js';
import type { Diagnosis } from '../doctor/index.js';
import { type Explanation, TimeoutDiagnosis } from './diagnosis/index.js';
import type { Cause } from './end.js';
import type { CommandHost } from './host.js';
import type { StreamName } from './options/index.js';
import type { BoundsSpec } from './plan.js';

/** How late a look at a silent child may come without this process being the cause. */
const IDLE_TOLERANCE_MS = 250;

/** The command or pipeline that is bounded. */
export interface Bounded {
  /** Of the commands that run. */
  readonly pids: readonly number[];
  /** Whether silence means nothing now: this program keeps it waiting, or it has exited. */
  readonly excusesSilence: boolean;
  /** Ends it for this reason, unless another came first. */
  end(cause: Cause): void;
  /**
   * It will be ended for this reason, and an exit from now on changes nothing. False when it has exited
   * already.
   */
  announce(cause: Cause): boolean;
  /** How this program contributed to a timeout, in sentences. */
  ownContribution(found: Diagnosis): readonly string[];
}

export class Bounds {
  readonly #spec: BoundsSpec;
  readonly #host: CommandHost;
  #diagnosis: TimeoutDiagnosis | undefined;
  #bounded: Bounded | undefined;
  #timeout: Deadline | undefined;
  #idle: Deadline | undefined;
  #stopListening: (() => void) | undefined;
  readonly #received = { total: 0, stdout: 0, stderr: 0 };

  constructor(spec: BoundsSpec, host: CommandHost) {
    this.#spec = spec;
    this.#host = host;
  }

  /** What was held so far has become this. */
  handOver(bounded: Bounded): void {
    this.#bounded = bounded;
  }

  /** Bounds what has just been started, or waits for its start. */
  hold(bounded: Bounded): void {
    this.handOver(bounded);
    const { timeout, idleTimeout, abort } = this.#spec;
    if (timeout !== Number.POSITIVE_INFINITY)
      this.#timeout = this.#after(timeout, () => this.#timeIsUp({ kind: 'timeout', ms: timeout }));
    if (idleTimeout !== Number.POSITIVE_INFINITY)
      this.#idle = this.#after(idleTimeout, (lateMs) => this.#wasSilent(idleTimeout, lateMs));
    if (abort)
      this.#stopListening = onAbort(abort, () => this.#bounded?.end({ kind: 'abort', reason: abort.reason }));
  }

  /** Counts bytes that came. */
  noteOutput(stream: StreamName, bytes: number): void {
    this.#idle?.postpone();
    this.#count('total', bytes);
    this.#count(stream, bytes);
  }

  #count(what: 'total' | StreamName, bytes: number): void {
    const limit = this.#spec.outputLimit[what];
    const before = this.#received[what];
    this.#received[what] += bytes;
    if (before + bytes > limit && before <= limit)
      this.#bounded?.end({ kind: 'output-limit', bytes: limit, stream: what === 'total' ? undefined : what });
  }

  /** Why the command was still running when its time was up, if that was found out. */
  get explanation(): Explanation | undefined {
    return this.#diagnosis?.found;
  }

  /** Another reason ends it, and does not wait for an explanation. */
  stopDiagnosis(): void {
    this.#diagnosis?.cancel();
  }

  /** They no longer hold the event loop. */
  unref(): void {
    this.#timeout?.unref();
    this.#idle?.unref();
  }

  /** It is over. */
  stop(): void {
    this.#timeout?.cancel();
    this.#idle?.cancel();
    this.#diagnosis?.cancel();
    this.#stopListening?.();
  }

  #after(ms: number, call: (lateMs: number) => void): Deadline {
    return new Deadline(ms, call, this.#host.timers);
  }

  #wasSilent(ms: number, lateMs: number): void {
    // A look this late means that this process was stopped (Ctrl-Z) or busy, and the child perhaps with it.
    if (lateMs > IDLE_TOLERANCE_MS || this.#bounded?.excusesSilence) this.#idle?.restart();
    else this.#timeIsUp({ kind: 'idle', ms });
  }

  /** Finds out what it waits for before it is ended: afterwards there is nothing left to see. */
  #timeIsUp(cause: Cause & { readonly ms: number }): void {
    const bounded = this.#bounded as Bounded;
    const end = () => bounded.end(cause);
    const asks = this.#spec.diagnose && cause.ms > 0 && !this.#diagnosis && bounded.announce(cause);
    if (!asks) {
      end();
      return;
    }
    this.#diagnosis = new TimeoutDiagnosis(this.#host);
    this.#diagnosis.begin(bounded.pids, end, (found) => bounded.ownContribution(found));
  }
}
