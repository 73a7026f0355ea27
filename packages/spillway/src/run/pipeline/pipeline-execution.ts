/**
 * A pipeline from its start to its end: one execution for each command, and kernel pipes between them. What
 * ends one of them ends all.
 *
 * Each command leads a process group of its own, so each is signalled, settled and reaped as any other child
 * is. One group for all would be led by the first, which often ends long before the others.
 */
import { deferred, monotonicMs, Stopwatch, setImmediate } from '../../base/index.js';
import {
  explainStart,
  LeftQueue,
  reaper,
  type Steps,
  type Termination,
  Ticket,
} from '../../process/index.js';
import {
  closeSync,
  createPipe,
  fstatSync,
  liveGroupMembers,
  openedByNode,
  type PipeEnds,
  pipeInodesOf,
  setPipeCapacity,
  signals,
} from '../../system/index.js';
import { type Bounded, Bounds } from '../bounds.js';
import { type Cause, isOutside, notStarted } from '../end.js';
import { Execution, type Whole } from '../execution.js';
import type { Files } from '../files.js';
import { nodeHost } from '../host.js';
import type { Target } from '../options/index.js';
import { outcomeForReader } from '../reader-outcome.js';
import { pipelineFailureForReader } from './pipeline-error.js';
import { inPlace, openAll, type PipelinePlan, type StagePlan, stepsInPlace } from './pipeline-plan.js';
import type { PipelineEnd } from './pipeline-result.js';

interface RunningStage {
  readonly execution: Execution;
  /** The inode of the pipe to the next command. */
  readonly pipe: number | undefined;
  /** Whether, when this command had exited, the next one could read from it no more. */
  nextHadEnough: boolean;
}

/** One command could not be started, and the others are being killed. */
export class PipelineNotStarted {
  readonly error: unknown;
  readonly #started: readonly Execution[];

  constructor(error: unknown, started: readonly Execution[]) {
    this.error = error;
    this.#started = started;
  }

  async gone(): Promise<void> {
    await Promise.all(this.#started.map(({ ended }) => ended));
  }

  /**
   * Blocks the event loop until they are reaped, for a synchronous call. They have hardly begun, so it takes
   * a moment; a process that is stuck in the kernel is left to the reaper.
   */
  awaitGone(): void {
    const end = monotonicMs() + KILL_PATIENCE_MS;
    const cell = new Int32Array(new SharedArrayBuffer(4));
    const isGone = ({ pid }: Execution) => !liveGroupMembers(pid)?.length && reaper.check(pid);
    while (!this.#started.every(isGone) && monotonicMs() < end) Atomics.wait(cell, 0, 0, 1);
  }
}

const KILL_PATIENCE_MS = 1000;
const AT_ONCE: Termination = { signal: signals.SIGKILL, grace: 0, ask: undefined };

type Phase = { readonly is: 'starting'; ended: Ended | undefined } | { readonly is: 'started' };

interface Ended {
  readonly cause: Cause;
  readonly wanted: Termination | undefined;
}

export class PipelineExecution implements Bounded, Whole {
  /** A start that comes later waits here. */
  readonly ticket = new Ticket();
  readonly #plan: PipelinePlan;
  readonly #promised = deferred<PipelineEnd>();
  readonly #clock = new Stopwatch();
  readonly #bounds: Bounds;
  /** In the order of the pipes. */
  readonly #stages: RunningStage[] = [];
  /** `'starting'`: some may not be started yet. Why it is ended before that, if it is. */
  #phase: Phase = { is: 'starting', ended: undefined };

  constructor(plan: PipelinePlan) {
    this.#plan = plan;
    this.#bounds = new Bounds(plan.bounds, nodeHost);
  }

  /** Never rejects. */
  get ended(): Promise<PipelineEnd> {
    return this.#promised.promise;
  }

  /**
   * Starts the commands one after the other. The steps throw StartError when a program or file is missing,
   * and PipelineNotStarted when a command could not be started. `isLater`: they are not taken in the call.
   */
  *start(isLater: boolean): Steps<void> {
    const opened = openAll(this.#plan.stages);
    this.#bounds.hold(this);
    try {
      if (isLater)
        for (const [index, { plan }] of this.#plan.stages.entries()) opened[index]?.keep(plan.child.file);
      yield* this.#startAll(this.#plan.stages, opened);
    } catch (error) {
      this.#bounds.stop();
      throw error;
    } finally {
      for (const files of opened) files.close();
    }
    const ended = this.#endedBefore;
    this.#phase = { is: 'started' };
    this.#end(ended);
    if (ended) this.end(ended.cause, ended.wanted);
    if (isLater) setImmediate(() => this.#lookForExits());
  }

  #lookForExits(): void {
    for (const execution of this.executions) execution.lookForExit();
  }

  /** The error that a live reader gets, if it gets one. */
  get failure(): Promise<unknown> {
    const failure = this.ended.then((end) => pipelineFailureForReader(end, this.#plan));
    return outcomeForReader(failure, this.executions[0]?.streams.stdin, nodeHost.timers);
  }

  get executions(): readonly Execution[] {
    return this.#stages.map(({ execution }) => execution);
  }

  get #live(): readonly Execution[] {
    return this.executions.filter(({ running }) => running);
  }

  get running(): boolean {
    return this.#phase.is === 'starting' || this.#live.length > 0;
  }

  get pids(): readonly number[] {
    return this.#live.map(({ pid }) => pid);
  }

  /** Once they have exited, the delivery of their output may take its time. */
  get excusesSilence(): boolean {
    return !this.running || this.executions.some(({ streams }) => streams.keepWaiting);
  }

  /** Sends a signal to the group of each command; false when all are over. */
  signal(signal: number): boolean {
    return backwards(this.executions).filter((execution) => execution.signal(signal)).length > 0;
  }

  announce(cause: Cause): boolean {
    if (this.#phase.is === 'starting') return false;
    return this.#live.filter((execution) => execution.announce(cause)).length > 0;
  }

  ownContribution(): readonly string[] {
    return [];
  }

  /**
   * Ends all for this reason, the last first. A command that loses the one before it sees the end of its
   * input, and could mistake a part for the whole, as `psql` behind a `pg_dump` would.
   */
  end(cause: Cause, wanted?: Termination): void {
    this.#bounds.stopDiagnosis();
    if (this.#phase.is === 'starting') {
      // Later: a command that is on its way would find the one before it gone, and its input at an end.
      this.#phase.ended ??= { cause, wanted };
      this.ticket.leave();
      return;
    }
    // A reader that has had enough does not change the outcome of a command that has exited by itself.
    const those = cause.kind === 'enough' ? this.#live : this.executions;
    for (const execution of backwards(those)) execution.endPart(cause, wanted);
  }

  /**
   * A process closes its descriptors before its exit is visible, so a command that still has the pipe reads
   * it.
   */
  exited(part: Execution): void {
    const index = this.executions.indexOf(part);
    const [stage, next] = [this.#stages[index], this.#stages[index + 1]?.execution];
    if (!stage || !next || stage.pipe === undefined) return;
    stage.nextHadEnough = !next.running || !pipeInodesOf(next.pid).has(stage.pipe);
  }

  /** A stage that cannot be started ends those that have been. */
  *#startAll(stages: readonly StagePlan[], opened: readonly Files[]): Steps<void> {
    try {
      for (const [index, { plan, place }] of stages.entries()) {
        if (this.#endedBefore && isOutside(this.#endedBefore.cause)) return;
        const files = opened[index] as Files;
        const pipe = inPlace(place, () => connect(stages, opened, index));
        const parts = { plan, files, host: nodeHost, clock: new Stopwatch() };
        const execution = yield* stepsInPlace(place, Execution.begin(parts, this.#bounds, this));
        files.close();
        this.#stages.push({ execution, pipe, nextHadEnough: false });
      }
    } catch (error) {
      if (error instanceof LeftQueue && this.#endedBefore) return;
      for (const execution of backwards(this.executions))
        execution.endPart({ kind: 'error', error }, AT_ONCE);
      throw new PipelineNotStarted(error, this.executions);
    }
  }

  get #endedBefore(): Ended | undefined {
    return this.#phase.is === 'starting' ? this.#phase.ended : undefined;
  }

  async #end(ended: Ended | undefined): Promise<void> {
    const ends = await Promise.all(this.executions.map(({ ended }) => ended));
    this.#bounds.stop();
    const stages = this.#plan.stages.map(({ plan, isChecked }, index) => ({
      end: ends[index] ?? notStarted(plan, ended?.cause ?? { kind: 'requested' }, this.#clock),
      isChecked,
      nextHadEnough: this.#stages[index]?.nextHadEnough ?? false,
    }));
    const { startedAt, elapsedMs: durationMs } = this.#clock;
    this.#promised.resolve({ stages, startedAt, durationMs, explanation: this.#bounds.explanation });
  }
}

/**
 * Makes the pipe to the next command. Only the two hold it, so that the end of one is the end of input, or
 * SIGPIPE, for the other. Returns its inode; undefined after the last command.
 */
function connect(stages: readonly StagePlan[], opened: readonly Files[], index: number): number | undefined {
  const [here, next] = [stages[index] as StagePlan, stages[index + 1]];
  if (!next) return undefined;
  const { read, write } = makePipe(here.plan.child.file, here.plan.child.pipeCapacity);
  opened[index]?.add(here.plan.stdout[0] as Target, write);
  opened[index + 1]?.add(next.plan.stdin, read);
  return fstatSync(read).ino;
}

function makePipe(file: string, capacity: number | undefined): PipeEnds {
  let ends: PipeEnds | undefined;
  try {
    ends = openedByNode(createPipe('making a pipe to the next command'));
    if (capacity !== undefined) setPipeCapacity(ends.write, capacity);
    return ends;
  } catch (error) {
    if (ends) for (const fd of [ends.read, ends.write]) closeSync(fd);
    throw explainStart(error, { file });
  }
}

function backwards<T>(list: readonly T[]): T[] {
  return [...list].reverse();
}
