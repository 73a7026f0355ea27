/**
 * A pipeline from its start to its result: one execution for each command, kernel pipes between them, and what ends one of them ends all.
 *
 * Each command leads a process group of its own, so each is signalled, settled and reaped as any other child is. One group for all
 * would be led by the first, which often ends long before the others.
 */

import { onAbort } from '../../base/index.js';
import { reaper, type Termination } from '../../process/index.js';
import type { Sink } from '../../stream/index.js';
import { liveGroupMembers, signals } from '../../system/index.js';
import type { Cause } from '../cause.js';
import { nodeHost } from '../host.js';
import { Inquiry } from '../inquiry.js';
import type { Plan } from '../plan.js';
import { TimeLimits } from '../time-limits.js';
import { PipelineError } from './pipeline-error.js';
import { connect } from './pipeline-pipe.js';
import { discardPlans, inPlace, type PipelinePlan, placeOf } from './pipeline-plan.js';
import { PipelineResult } from './pipeline-result.js';
import { StageExecution } from './pipeline-stage.js';

export interface PipelineSettled {
  readonly result: PipelineResult;
  /** What `check` rejects with; a failure on this side rejects without `check` as well. */
  readonly error: PipelineError | undefined;
}

export class PipelineExecution {
  /** In the order of the pipes. */
  readonly stages: readonly StageExecution[] = [];
  /** Never rejects. */
  readonly settled: Promise<PipelineSettled>;
  readonly #plan: PipelinePlan;
  readonly #startedAt = new Date();
  readonly #startedMs = performance.now();
  /** What all stages have been told of. */
  readonly #causes = new WeakSet<Cause>();
  readonly #stopListening: (() => void) | undefined;
  readonly #limits: TimeLimits;
  readonly #inquiry: Inquiry;
  #received = 0;

  constructor(plan: PipelinePlan) {
    this.#plan = plan;
    const { abort } = plan.settings;
    this.#inquiry = new Inquiry(plan.settings.diagnose, nodeHost);
    this.#startAll(this.stages as StageExecution[]);
    this.#limits = new TimeLimits(plan.settings, {
      over: (cause) => this.end(cause),
      // As for a single command: the delivery of what they wrote has no such limit.
      excusesSilence: () => !this.running || this.stages.some((stage) => stage.keepsWaiting),
    });
    if (abort) this.#stopListening = onAbort(abort, () => this.end({ kind: 'abort', reason: abort.reason }));
    this.settled = this.#settle();
  }

  get running(): boolean {
    return this.stages.some((stage) => stage.running);
  }

  /** Sends a signal to the group of each command; false when all are over. */
  signal(signal: number): boolean {
    return backwards(this.stages).filter((stage) => stage.signal(signal)).length > 0;
  }

  /**
   * Ends all for this reason. The last first: whoever loses the one before it sees the end of its input, and could take what has come
   * till then for the whole, as `psql` behind a `pg_dump` would.
   */
  end(cause: Cause, wanted?: Termination): void {
    this.#causes.add(cause);
    const running = backwards(this.stages).filter((stage) => stage.running);
    if (running.length > 0 && this.#inquiry.isDue(cause)) {
      for (const stage of running) stage.announce(cause);
      const pids = backwards(running).map(({ pid }) => pid);
      this.#inquiry.ask(pids, () => this.end(cause, wanted));
      return;
    }
    this.#inquiry.cancel();
    for (const stage of backwards(this.stages)) stage.endAlone(cause, wanted);
  }

  /** What a stage reports while others are still to be started concerns those that there are. */
  #startAll(started: StageExecution[]): void {
    const { plans, settings } = this.#plan;
    const commands = plans.map((planned) => planned.settings);
    const waiting = plans.map((planned) => this.#counting(planned));
    try {
      while (waiting.length > 0) {
        inPlace(placeOf(commands, started.length), () => {
          const pipe = waiting.length > 1 ? connect(waiting, settings.pipeCapacity) : undefined;
          // From here on it is the execution's to close what the plan holds.
          const stage = new StageExecution(waiting.shift() as Plan, pipe, (cause, wanted) =>
            this.#endFrom(stage, cause, wanted),
          );
          const before = started.at(-1);
          if (before) before.next = stage;
          started.push(stage);
        });
      }
    } catch (error) {
      for (const stage of backwards(started)) stage.endAlone({ kind: 'error', error }, AT_ONCE);
      discardPlans(waiting);
      awaitGone(started);
      throw error;
    }
    const last = plans.at(-1) as Plan;
    // The last command may be over, and some of what it wrote unread, while another still runs.
    if (last.readers.stdout) {
      last.readers.stdout = { ...last.readers.stdout, left: () => this.#readerLeft() };
    }
  }

  /** A stage is to be ended for a reason that was found there: then all are. */
  #endFrom(stage: StageExecution, cause: Cause, wanted: Termination | undefined): void {
    if (this.#causes.has(cause)) stage.endAlone(cause, wanted);
    else this.end(cause, wanted);
  }

  #readerLeft(): void {
    const cause: Cause = { kind: 'enough' };
    this.#causes.add(cause);
    for (const stage of backwards(this.stages)) if (stage.running) stage.endAlone(cause);
  }

  /** The plan, with a sink in each stream that is read here that tells how much comes. */
  #counting(planned: Plan): Plan {
    const counter: Sink = { write: ({ length }) => this.#receive(length) };
    const counted = <T extends Plan['stdout']>(output: T): T =>
      output.stdio.kind === 'pipe' ? { ...output, sinks: [...output.sinks, counter] } : output;
    return { ...planned, stdout: counted(planned.stdout), stderr: counted(planned.stderr) };
  }

  #receive(bytes: number): void {
    const { outputLimit } = this.#plan.settings;
    this.#limits.noteOutput();
    const before = this.#received;
    this.#received += bytes;
    if (this.#received > outputLimit && before <= outputLimit)
      this.end({ kind: 'output-limit', bytes: outputLimit });
  }

  async #settle(): Promise<PipelineSettled> {
    const settled = await Promise.all(this.stages.map((stage) => stage.settled));
    this.#limits.cancel();
    this.#inquiry.cancel();
    this.#stopListening?.();
    const { settings, checked } = this.#plan;
    const outcomes = settled.map(({ result }, index) => ({
      result,
      isChecked: checked[index] as boolean,
      nextHadEnough: (this.stages[index] as StageExecution).nextHadEnough,
    }));
    const result = new PipelineResult(outcomes, settings.encoding, {
      startedAt: this.#startedAt,
      durationMs: performance.now() - this.#startedMs,
      diagnosis: this.#inquiry.found?.diagnosis,
    });
    const failed = result.reason === 'error' || (!result.ok && settings.check);
    return {
      result,
      error: failed ? new PipelineError(result, settled, this.#inquiry.found?.text) : undefined,
    };
  }
}

function backwards<T>(list: readonly T[]): T[] {
  return [...list].reverse();
}

const AT_ONCE: Termination = { signal: signals.SIGKILL, grace: 0 };
const KILL_PATIENCE_MS = 1000;

/**
 * Waits, the event loop with it, until killed commands are reaped: a start fails when it returns, and not later. They have hardly begun,
 * so this takes a moment; what is stuck in the kernel is left to the reaper.
 */
function awaitGone(stages: readonly StageExecution[]): void {
  const end = performance.now() + KILL_PATIENCE_MS;
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const isGone = ({ pid }: StageExecution) => !liveGroupMembers(pid)?.length && reaper.check(pid);
  while (!stages.every(isGone) && performance.now() < end) Atomics.wait(cell, 0, 0, 1);
}
