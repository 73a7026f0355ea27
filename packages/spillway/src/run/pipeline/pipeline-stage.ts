/** One command of a pipeline. */
import type { Termination } from '../../process/index.js';
import { pipesOf } from '../../system/index.js';
import type { Cause } from '../cause.js';
import { Execution } from '../execution.js';
import type { Plan } from '../plan.js';

export class StageExecution extends Execution {
  next: StageExecution | undefined;
  /** Whether, when this one had ended, the next one could read from it no more. */
  nextHadEnough = false;
  /** The inode of the pipe to the next command. */
  readonly #pipe: number | undefined;
  readonly #end: (cause: Cause, wanted: Termination | undefined) => void;

  constructor(
    plan: Plan,
    pipe: number | undefined,
    end: (cause: Cause, wanted: Termination | undefined) => void,
  ) {
    super(plan);
    this.#pipe = pipe;
    this.#end = end;
  }

  /** Ends the whole pipeline. */
  override end(cause: Cause, wanted?: Termination): void {
    this.#end(cause, wanted);
  }

  protected override get asksWhy(): boolean {
    return false;
  }

  endAlone(cause: Cause, wanted?: Termination): void {
    super.end(cause, wanted);
  }

  /** An exiting process closes its descriptors before it can be found to have exited, so whoever still has the pipe does read. */
  protected override noticeExit(): void {
    const { next } = this;
    if (next === undefined || this.#pipe === undefined) return;
    this.nextHadEnough = !next.running || !pipesOf(next.pid).has(this.#pipe);
  }
}
