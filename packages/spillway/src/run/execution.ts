/**
 * One command from its start to its result: process, streams and limits put together.
 *
 * It is over when the process has ended and its output is where it belongs. What ends it is decided once: the first cause wins, and
 * an exit that was there before the cause is an exit.
 */

import { Deadline, onAbort } from '../base/index.js';
import type { Diagnosis } from '../doctor/index.js';
import {
  type Ending,
  type Guarded,
  type Leftover,
  type LifeHooks,
  type OutputEnd,
  OwnedProcess,
  type Termination,
} from '../process/index.js';
import { Flow, type StdinEnd, type StdinPipe, type Terminal } from '../stream/index.js';
import { signalName } from '../system/index.js';
import { type Cause, isOutside } from './cause.js';
import { factsOf, lostError } from './facts.js';
import { areDraining, keepWaiting, pipesOf } from './flows.js';
import { connectStdin, type Host, nodeHost, type StdinStream } from './host.js';
import { Inquiry } from './inquiry.js';
import type { JobControl } from './job-control.js';
import { launchPlan } from './launch-plan.js';
import { ownSide } from './own-side.js';
import type { Plan } from './plan.js';
import { Result, type ResultFacts } from './result.js';
import { RunError } from './run-error.js';
import type { Settled } from './settled.js';
import { publishStart, telemetry } from './telemetry.js';
import { TimeLimits } from './time-limits.js';

export class Execution {
  readonly pid: number;
  readonly stdin: StdinStream | undefined;
  /** The child's own, with the option pty. */
  readonly terminal: Terminal | undefined;
  /** Never rejects. `outcome` is the same for who cannot wait for a promise. */
  readonly settled: Promise<Settled>;
  outcome: Settled | undefined;
  readonly #plan: Plan;
  readonly #host: Host;
  readonly #process: OwnedProcess;
  readonly #guarded: Guarded | undefined;
  readonly #startedAt = new Date();
  readonly #startedMs = performance.now();
  readonly #flows = new Map<'stdout' | 'stderr', Flow>();
  readonly #sent: string[] = [];
  readonly #deadlines: Deadline[] = [];
  readonly #limits: TimeLimits;
  readonly #inquiry: Inquiry;
  #stdinPipe: StdinPipe | undefined;
  #unfinishedFlows = 0;
  #received = 0;
  #cause: Cause | undefined;
  #leaderExited = false;
  #deliveryIsBounded = false;
  #ending: Ending | 'abandoned' | undefined;
  #leftovers: readonly Leftover[] = [];
  #resolve!: (settled: Settled) => void;
  #isSettled = false;
  #stopListening: (() => void) | undefined;

  constructor(plan: Plan, job?: JobControl, host = nodeHost) {
    this.#plan = plan;
    this.#host = host;
    const { settings } = plan;
    this.settled = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#inquiry = new Inquiry(settings.diagnose, host);
    const launched = launchPlan(plan, job, host);
    this.#guarded = launched.guarded;
    const { pid, mark, terminal } = launched;
    this.pid = pid;
    this.terminal = terminal;
    const owned = { pid, mark: mark.name, leftovers: settings.leftovers, terminal };
    const hooks: LifeHooks = {
      exited: () => this.#exited(),
      ended: (ending, leftovers) => this.#ended(ending, leftovers),
      escalated: (signal) => this.#sent.push(signalName(signal)),
      ...(job ? { stopped: (signal: number) => job.stopped(signal) } : {}),
      pipes: () => pipesOf(this.#flows),
    };
    this.#process = new OwnedProcess(owned, hooks, launched.owner, host.timers);
    if (launched.stdout !== undefined) this.#openFlow('stdout', launched.stdout);
    if (launched.stderr !== undefined) this.#openFlow('stderr', launched.stderr);
    const excusesSilence = () => this.keepsWaiting || this.#leaderExited;
    this.#limits = new TimeLimits(
      settings,
      { over: (cause) => this.end(cause), excusesSilence },
      host.timers,
    );
    if (launched.stdin !== undefined) this.stdin = this.#connectStdin(launched.stdin);
    const { abort } = settings;
    if (abort) this.#stopListening = onAbort(abort, () => this.end({ kind: 'abort', reason: abort.reason }));
    publishStart(pid, settings);
  }

  get running(): boolean {
    return this.#process.running;
  }

  get keepsWaiting(): boolean {
    return keepWaiting(this.#flows);
  }

  /** To the child's group; false when it is over. */
  signal(signal: number): boolean {
    return this.#process.signal(signal);
  }

  /** Ends it for this reason, unless another came first. */
  end(cause: Cause, wanted?: Termination): void {
    const termination = wanted ?? this.#plan.settings.termination;
    if (this.#isSettled) return;
    const exitWasFirst =
      isOutside(cause) && (this.#process.running ? this.#process.checkExit() : areDraining(this.#flows));
    if (this.#isSettled) return;
    if (
      exitWasFirst ||
      (cause.kind === 'timeout' && this.#ending !== undefined && !this.#deliveryIsBounded)
    ) {
      // In time, though nobody may have told us yet. What is left is the delivery of its output, for which there is the grace period.
      this.#deliveryIsBounded = true;
      this.#deadlines.push(this.#deadline(termination.grace, () => this.end(cause, wanted)));
      return;
    }
    this.#cause ??= cause;
    if (this.#ending !== undefined) {
      this.#boundDelivery(cause);
      return;
    }
    if (this.asksWhy && this.#inquiry.isDue(cause)) {
      this.announce(cause);
      const own = (found: Diagnosis) => ownSide(found, this.#flows, this.#plan, this.stdin);
      this.#inquiry.ask([this.pid], () => this.end(cause, wanted), own);
      return;
    }
    this.#inquiry.cancel();
    if (telemetry.terminate.hasSubscribers) telemetry.terminate.publish({ pid: this.pid, cause: cause.kind });
    this.#process.terminate(termination, wanted !== undefined);
  }

  /** It will be ended for this reason, as soon as it is known what it waits for: an exit meanwhile changes nothing any more. */
  announce(cause: Cause): void {
    if (!this.#process.running || this.#process.checkExit()) return;
    this.#cause ??= cause;
    this.#process.doom();
  }

  #openFlow(name: 'stdout' | 'stderr', from: OutputEnd | Terminal): void {
    const { sinks, live } = this.#plan[name];
    this.#unfinishedFlows++;
    const mayEnlarge = this.#plan.settings.pipeCapacity === undefined;
    const flow = new Flow(
      { from, mayEnlarge, sinks, live },
      {
        received: (bytes) => this.#receive(name, bytes),
        failed: (error) => this.end({ kind: 'error', error }),
        ended: () => {
          this.#unfinishedFlows--;
          this.#flowEnded();
        },
      },
      this.#host.openReader,
    );
    this.#flows.set(name, flow);
    if (!live) return;
    this.#plan.readers[name] = {
      cancelled: () => {
        // The signal before the end of the pipe, of which the child might die first and look as if it had failed by itself.
        this.end({ kind: 'enough' });
        flow.cancel();
      },
      failed: (error) => this.end({ kind: 'error', error }),
    };
  }

  #connectStdin(end: StdinEnd): StdinStream | undefined {
    const { source } = this.#plan.stdin;
    const failed = (error: unknown) => this.end({ kind: 'error', error });
    const { pipe, socket } = connectStdin(this.#host, end, source, failed);
    this.#stdinPipe = pipe;
    return socket;
  }

  #deadline(ms: number, expire: (lateMs: number) => void): Deadline {
    return new Deadline(ms, expire, this.#host.timers);
  }

  #receive(name: 'stdout' | 'stderr', bytes: number): void {
    this.#received += bytes;
    this.#limits.noteOutput();
    if (telemetry.output.hasSubscribers) telemetry.output.publish({ pid: this.pid, stream: name, bytes });
    const { outputLimit } = this.#plan.settings;
    if (this.#received > outputLimit) this.#exceeded(outputLimit);
  }

  /** Known for certain also after the exit, so that the outcome does not hang on who is faster. */
  #exceeded(bytes: number): void {
    if (this.#leaderExited) this.#cause ??= { kind: 'output-limit', bytes };
    else this.end({ kind: 'output-limit', bytes });
  }

  /** Not for a part of something larger, where the whole is asked. */
  protected get asksWhy(): boolean {
    return true;
  }

  /** For a part of something larger, which may want to know before anything is made of the exit. */
  protected noticeExit(): void {}

  /** The leader is a zombie, and what it wrote is in the pipes. */
  #exited(): void {
    const first = !this.#leaderExited;
    this.#leaderExited = true;
    if (first) this.noticeExit();
    this.#stdinPipe?.close();
    if (first && this.#plan.settings.leftovers === 'wait') {
      // Whoever still holds the streams is waited for; when nobody does, this ends at once.
      this.#host.timers.soon(() => this.#flowEnded());
      return;
    }
    for (const flow of this.#flows.values()) flow.drain();
  }

  #flowEnded(): void {
    if (this.#unfinishedFlows > 0) return;
    if (this.#ending !== undefined) this.#settle();
    else if (this.#leaderExited && this.#plan.settings.leftovers === 'wait') this.#process.release();
  }

  #ended(ending: Ending | 'abandoned', leftovers: readonly Leftover[]): void {
    this.#ending = ending;
    this.#leftovers = leftovers;
    this.#guarded?.release();
    this.#stdinPipe?.close();
    // What could not be ended may hold the pipes for ever.
    if (ending === 'abandoned') for (const flow of this.#flows.values()) flow.drain();
    if (this.#unfinishedFlows === 0) {
      this.#settle();
      return;
    }
    // The output is still on its way to a slow target.
    if (this.#cause) this.#boundDelivery(this.#cause, false);
  }

  /**
   * All has ended but for the delivery of the output. Who aborts it then, or whose time is up, gets the result at once, as soon as a
   * chunk that is being handed out has been; otherwise what is left has the grace period.
   */
  #boundDelivery(cause: Cause, isUrgent = isOutside(cause)): void {
    if (isUrgent) this.#host.timers.soon(() => this.#settle());
    else this.#deadlines.push(this.#deadline(this.#plan.settings.termination.grace, () => this.#settle()));
  }

  #settle(): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.terminal?.hangUp();
    this.#limits.cancel();
    this.#inquiry.cancel();
    for (const deadline of this.#deadlines) deadline.cancel();
    const { settings, stdout, stderr } = this.#plan;
    this.#stopListening?.();
    const facts = this.#facts();
    const result = new Result(facts, settings.encoding, { stdout: stdout.kept(), stderr: stderr.kept() });
    const story = {
      sent: this.#sent,
      graceMs: settings.termination.grace,
      abandoned: this.#ending === 'abandoned',
      limits: settings.constraints?.limits,
      explanation: this.#inquiry.found?.text,
    };
    const failed = facts.reason === 'error' || (!facts.ok && settings.check);
    if (telemetry.exit.hasSubscribers) telemetry.exit.publish(facts);
    const error = failed ? new RunError(result, this.#cause, story) : undefined;
    this.outcome = { result, error, cause: this.#cause, story };
    this.#resolve(this.outcome);
  }

  #facts(): ResultFacts {
    const ending = this.#ending;
    if (ending === 'lost') this.#cause ??= { kind: 'error', error: lostError(this.pid) };
    return factsOf({
      settings: this.#plan.settings,
      pid: this.pid,
      startedAt: this.#startedAt,
      durationMs: performance.now() - this.#startedMs,
      ending: typeof ending === 'string' ? undefined : ending,
      cause: this.#cause,
      leftovers: this.#leftovers,
      diagnosis: this.#inquiry.found?.diagnosis,
    });
  }
}
