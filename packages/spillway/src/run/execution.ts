/**
 * One command from its start to its end: process, streams and bounds put together. It is over when the
 * process has ended and its output is where it belongs. The first cause wins; an exit before it stands.
 */
import { Deadline, deferred } from '../base/index.js';
import type { Diagnosis } from '../doctor/index.js';
import {
  type Ending,
  type Interruptible,
  type JobControl,
  type Leftover,
  type LifeHooks,
  OwnedProcess,
  type Steps,
  type Termination,
  terminalRefusal,
} from '../process/index.js';
import type { Bounded, Bounds } from './bounds.js';
import { ownContribution } from './diagnosis/index.js';
import { type Cause, type End, endOf, endOfJob, isOutside, lostCause } from './end.js';
import type { CommandHost } from './host.js';
import { type CommandParts, type Launched, launch } from './launch.js';
import type { StreamName } from './options/index.js';
import type { Plan } from './plan.js';
import { outcomeForReader } from './reader-outcome.js';
import { failureForReader } from './run-error.js';
import { Streams } from './streams.js';
import { publishStart, telemetry } from './telemetry.js';

/** A pipeline, as its commands see it: what ends one of its parts ends all. */
export interface Whole {
  end(cause: Cause, wanted?: Termination): void;
  /** This part has exited, a moment ago. */
  exited(part: Execution): void;
  /** Resolves when all of it has ended, with the error that a live reader gets, if it gets one. */
  readonly failure: Promise<unknown>;
}

/** `'exited'`: its output is read, its leftovers are ended. `'over'`: at most the delivery is missing. */
type Phase =
  | { readonly is: 'running' | 'exited' }
  | { readonly is: 'over'; readonly ending: Ending | 'abandoned'; readonly leftovers: readonly Leftover[] }
  | { readonly is: 'concluded'; readonly end: End };

export class Execution implements Bounded, Interruptible {
  readonly streams: Streams;
  readonly #plan: Plan;
  readonly #bounds: Bounds;
  readonly #host: CommandHost;
  readonly #whole: Whole | undefined;
  readonly #life: OwnedProcess;
  readonly #promised = deferred<End>();
  #phase: Phase = { is: 'running' };
  #cause: Cause | undefined;
  /** Bounds the delivery of the output, once something does. */
  #patience: Deadline | undefined;

  /** Starts a command. The caller closes the files that no sink has taken over. Errors: StartError. */
  static *begin(parts: CommandParts, bounds: Bounds, whole?: Whole): Steps<Execution> {
    const job = parts.host.jobOf({ plan: parts.plan, job: whole ?? parts.plan });
    const launched = yield* launch(parts, job);
    return new Execution(parts, launched, job, bounds, whole);
  }

  private constructor(
    { plan, files, host }: CommandParts,
    { owned, owner, ends, pipes }: Launched,
    job: JobControl | undefined,
    bounds: Bounds,
    whole: Whole | undefined,
  ) {
    this.#plan = plan;
    this.#bounds = bounds;
    this.#host = host;
    this.#whole = whole;
    const hooks: LifeHooks = {
      exited: (leftoversEnd) => this.#exited(leftoversEnd),
      ended: (ending, leftovers) => {
        job?.ended(endOfJob(ending, this.#cause));
        files.over(ending);
        this.#ended(ending, leftovers);
      },
      stopped:
        job &&
        ((signal) => {
          if (job.stopped(signal) === 'refused') this.end({ kind: 'error', error: terminalRefusal() });
        }),
      pipes: () => [...this.streams.pipes(), ...pipes],
      stdin: () => this.streams.stdin,
    };
    this.#life = new OwnedProcess(owned, hooks, owner, host.timers);
    job?.started(this.#life);
    this.streams = new Streams(plan, ends, files, host, {
      received: (name, bytes) => this.#received(name, bytes),
      failed: (error) => this.end({ kind: 'error', error }),
      readerLeft: (name, hadEnded) => this.#readerLeft(name, hadEnded),
      outcome: () => this.#outcomeForReader(),
      delivered: () => this.#delivered(),
    });
    this.streams.feed(ends.stdin, files);
    publishStart(this.pid, plan.child);
    host.begun?.(this, plan);
  }

  get pid(): number {
    return this.#life.pid;
  }

  get pids(): readonly number[] {
    return [this.pid];
  }

  get mark(): string {
    return this.#life.mark;
  }

  get running(): boolean {
    return this.#life.running;
  }

  /** Never rejects. */
  get ended(): Promise<End> {
    return this.#promised.promise;
  }

  /** For a host without promises; undefined until it has ended. */
  get outcome(): End | undefined {
    return this.#phase.is === 'concluded' ? this.#phase.end : undefined;
  }

  get excusesSilence(): boolean {
    return !this.running || this.streams.keepWaiting;
  }

  /** Lets a suspended program run. */
  resume(): void {
    this.#life.gate?.open();
  }

  /** A start off the event loop may come after the news of its exit. */
  lookForExit(): void {
    if (this.running) this.#life.checkExit();
  }

  /** Sends a signal to the child's group; false when it is over. */
  signal(signal: number): boolean {
    return this.#life.signal(signal);
  }

  /** It no longer holds the event loop. */
  unref(): void {
    this.#life.unref();
    this.streams.unref();
    this.#bounds.unref();
  }

  interrupt(signal: number): void {
    this.endPart({ kind: 'requested' }, { ...this.#plan.policy.termination, signal, ask: undefined });
  }

  announce(cause: Cause): boolean {
    if (!this.#life.running || this.#life.checkExit()) return false;
    this.#cause ??= cause;
    this.#life.announce();
    return true;
  }

  ownContribution(found: Diagnosis): readonly string[] {
    return ownContribution(found, this.#plan, this.streams, this.#life.gate?.isShut);
  }

  /** Ends it, and the pipeline that it is a part of. */
  end(cause: Cause, wanted?: Termination): void {
    if (this.#whole) {
      this.#whole.end(cause, wanted);
      return;
    }
    this.#bounds.stopDiagnosis();
    this.endPart(cause, wanted);
  }

  /** Ends it alone. `isLate`: the delivery of its output has had its time. */
  endPart(cause: Cause, wanted?: Termination, isLate = false): void {
    const termination = wanted ?? this.#plan.policy.termination;
    const exitWasFirst =
      !isLate && isOutside(cause) && (this.#life.running ? this.#life.checkExit() : this.#exitStands);
    // Looking for the exit may have settled it.
    if (this.outcome) return;
    if (exitWasFirst || (cause.kind === 'timeout' && this.#phase.is === 'over' && !isLate)) {
      // It exited in time. The delivery of its output has the grace period.
      this.#boundDelivery(termination.grace, () => this.endPart(cause, wanted, true));
      return;
    }
    this.#cause ??= cause;
    // Too much output counts even after the exit, when there is nothing left to end.
    if (cause.kind === 'output-limit' && this.#phase.is !== 'running') return;
    if (this.#phase.is === 'over') {
      this.#hurryDelivery(cause);
      return;
    }
    if (telemetry.terminate.hasSubscribers) telemetry.terminate.publish({ pid: this.pid, cause: cause.kind });
    this.#life.terminate(termination, wanted !== undefined);
  }

  /** Whether it exited by itself, and its leftovers are found or ended now, or its last output is read. */
  get #exitStands(): boolean {
    if (this.#phase.is === 'running') return this.#cause === undefined;
    const endsLeftovers = this.#phase.is === 'exited' && this.#plan.policy.leftovers !== 'wait';
    return this.streams.areDraining || (endsLeftovers && this.#cause === undefined);
  }

  #outcomeForReader(): Promise<unknown> {
    if (this.#whole) return this.#whole.failure;
    const failure = this.ended.then((end) => failureForReader(end, this.#plan.policy));
    return outcomeForReader(failure, this.streams.stdin, this.#host.timers);
  }

  #received(name: StreamName, bytes: number): void {
    if (telemetry.output.hasSubscribers) telemetry.output.publish({ pid: this.pid, stream: name, bytes });
    this.#bounds.noteOutput(name, bytes);
  }

  #readerLeft(name: StreamName, hadEnded: boolean): void {
    // After the end of the last command's stdout, the others of a pipeline may run on in vain.
    if (!hadEnded || (this.#whole && name === 'stdout')) this.end({ kind: 'enough' });
  }

  /** The leader is a zombie, and what it wrote is in the pipes. */
  #exited(leftoversEnd: boolean): void {
    const isFirst = this.#phase.is === 'running';
    if (isFirst) {
      const error = this.#life.gate?.failure();
      if (error) this.#cause ??= { kind: 'error', error };
      this.#phase = { is: 'exited' };
      this.#whole?.exited(this);
    }
    this.streams.closeStdin();
    // With 'wait' the streams end when their last holder closes them, which may have happened already.
    if (isFirst && this.#plan.policy.leftovers === 'wait') this.#host.timers.soon(() => this.#delivered());
    else this.streams.drain(leftoversEnd);
  }

  #delivered(): void {
    if (!this.streams.areDelivered) return;
    if (this.#phase.is === 'over') this.#conclude();
    else if (this.#phase.is === 'exited' && this.#plan.policy.leftovers === 'wait') this.#life.release();
  }

  #ended(ending: Ending | 'abandoned', leftovers: readonly Leftover[]): void {
    this.#phase = { is: 'over', ending, leftovers };
    this.streams.closeStdin();
    // A process that could not be ended may hold the pipes for ever.
    if (ending === 'abandoned') this.streams.drain();
    if (this.streams.areDelivered) this.#conclude();
    // The output is still on its way to a slow target.
    else if (this.#cause) this.#boundDelivery(this.#plan.policy.termination.grace, () => this.#conclude());
  }

  /** All has ended but for the delivery of the output. */
  #hurryDelivery(cause: Cause): void {
    // After an abort or a timeout the result comes as soon as the chunk at hand has been handed out.
    if (isOutside(cause)) this.#host.timers.soon(() => this.#conclude());
    else this.#boundDelivery(this.#plan.policy.termination.grace, () => this.#conclude());
  }

  #boundDelivery(ms: number, act: () => void): void {
    const expire = () => {
      this.#patience = undefined;
      act();
    };
    this.#patience ??= new Deadline(ms, expire, this.#host.timers);
  }

  #conclude(): void {
    if (this.#phase.is === 'concluded') return;
    const end = this.#makeEnd();
    this.#phase = { is: 'concluded', end };
    this.streams.release();
    this.#patience?.cancel();
    if (!this.#whole) this.#bounds.stop();
    if (telemetry.exit.hasSubscribers) telemetry.exit.publish(end.result);
    this.#host.over(this, () => this.#promised.resolve(end));
  }

  #makeEnd(): End {
    const { ending, leftovers } =
      this.#phase.is === 'over' ? this.#phase : { ending: undefined, leftovers: [] };
    const cause = this.#cause ?? (ending === 'lost' ? lostCause(this.pid) : undefined);
    const { startedAt, elapsedMs: durationMs } = this.#life.clock;
    const { diagnosis, text } = (this.#whole ? undefined : this.#bounds.explanation) ?? {};
    const facts = { pid: this.pid, startedAt, durationMs, ending, cause, leftovers, diagnosis };
    return endOf(this.#plan, facts, this.streams, { sent: this.#life.sent, explanation: text });
  }
}
