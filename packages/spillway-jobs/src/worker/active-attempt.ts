/** A job that this worker has taken, from then until the storage knows how its attempt ended. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Lease } from 'spillway';
import { attempt, type Fence, type Outcome } from '../attempt/index.js';
import type { Claim, LogAppend, Settlement } from '../store/index.js';
import { AttemptLog } from './attempt-log.js';
import { HEAD_START_MS } from './options.js';

/** What a worker does for its attempts. */
export interface AttemptHost {
  readonly name: string;
  readonly lease: Lease;
  readonly store: { appendLog(worker: string, pieces: readonly LogAppend[]): Promise<void> };
  /** False when another worker has the job. */
  commit(fence: Fence): Promise<boolean>;
  settle(settlement: Settlement): Promise<void>;
  /** Tries until the storage, which may be away, takes it. Rejects when it refuses it. */
  untilTaken(call: () => Promise<void>): Promise<void>;
}

/** Beside those that the job names. */
const VARIABLES = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'USER', 'LOGNAME', 'SHELL', 'TMPDIR'];

/** Why this worker ended an attempt. */
type Order = 'stop' | 'give back' | 'lost';

const LOST = 'was ended, since another worker may have it';
const GIVEN_BACK = 'was ended with its worker, and is offered again';
/** What ends a worker often ends its jobs at the same moment: a terminal, systemd, its supervisor's guard. */
const SAME_MOMENT_MS = 100;

export class ActiveAttempt {
  readonly number: number;
  readonly group: string;
  /** Resolves with how it ended, when the storage knows it. Never rejects. */
  readonly done: Promise<Outcome>;
  /** Resolves when nothing of it runs any more. */
  readonly over: Promise<unknown>;
  readonly #claim: Claim;
  readonly #host: AttemptHost;
  readonly #lease: Lease;
  readonly #abort = new AbortController();
  #order: Order | undefined;

  /** `before`: of the same job, which this worker has lost, and which may still be on its way out. */
  constructor(claim: Claim, host: AttemptHost, before: ActiveAttempt | undefined) {
    this.number = claim.number;
    this.group = claim.spec.group;
    this.#claim = claim;
    this.#host = host;
    this.#lease = host.lease;
    const log = new AttemptLog(claim.job, claim.number, (pieces) => host.store.appendLog(host.name, pieces));
    const over = this.#attempt(log, before);
    this.over = over;
    this.done = over.then((outcome) => this.#end(log, outcome));
  }

  /** A user wants it to end. */
  stop(): void {
    this.#stopFor('stop');
  }

  /** Its worker ends. */
  giveBack(): void {
    this.#stopFor('give back');
  }

  /** The storage has given the job to others. */
  lose(): void {
    this.#stopFor('lost');
  }

  #stopFor(order: Order): void {
    this.#order ??= order;
    this.#abort.abort();
  }

  async #end(log: AttemptLog, outcome: Outcome): Promise<Outcome> {
    const { job, number } = this.#claim;
    const isKept = await this.#host
      .untilTaken(() => log.end())
      .then(
        () => true,
        () => false,
      );
    const { bytes } = outcome.output;
    const complete = { ...outcome, output: { bytes, dropped: isKept ? log.dropped : bytes } };
    await this.#host.settle({ job, number, outcome: complete });
    return complete;
  }

  async #attempt(log: AttemptLog, before: ActiveAttempt | undefined): Promise<Outcome> {
    await before?.over;
    const outcome = await this.#run(log);
    if (mayBeEnded(outcome)) await pause(SAME_MOMENT_MS);
    return this.#judged(outcome);
  }

  #run(log: AttemptLog): Promise<Outcome> {
    const { job, number, spec, lost } = this.#claim;
    const names = [...VARIABLES, ...spec.env];
    const deadlineMs = spec.deadline ? Math.max(0, spec.deadline.getTime() - Date.now()) : Infinity;
    return attempt(spec.argv, {
      id: String(job),
      number,
      fence: (fence) => this.#host.commit(fence),
      previous: lost?.fence,
      // The guard was told an earlier end than the storage.
      msSinceLeaseOver: lost && lost.msSinceLeaseOver + Math.min(HEAD_START_MS, lost.fence.leaseMs ?? 0),
      lease: this.#lease,
      output: (bytes, stream) => log.keep(bytes, stream),
      cwd: spec.cwd,
      env: Object.fromEntries(
        names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
      ),
      inheritEnv: false,
      timeout: Math.min(spec.timeoutMs, deadlineMs),
      idleTimeout: spec.idleTimeoutMs,
      terminate: { grace: spec.graceMs },
      signal: this.#abort.signal,
    }).catch((error: unknown) => notRun(error));
  }

  /** What this worker did to it is no failure of the job's. */
  #judged(outcome: Outcome): Outcome {
    const { reason, decidedBy } = outcome;
    if (reason === 'not-started' && decidedBy !== 'system') return { ...outcome, reason: 'lost' };
    if (this.#order === 'stop' || !(reason === 'abort' || mayBeEnded(outcome))) return outcome;
    if (this.#order === 'give back')
      return { ...outcome, reason: 'abort', decidedBy: 'caller', message: GIVEN_BACK };
    if (this.#order === 'lost' || this.#lease.isOver)
      return { ...outcome, reason: 'lost', decidedBy: 'lease', message: LOST };
    return outcome;
  }
}

/** It may have been ended from outside, and tell so by a code of its own. */
function mayBeEnded({ ok, reason }: Outcome): boolean {
  return !ok && (reason === 'signal' || reason === 'exit' || reason === 'not-started');
}

/** A mistake in the job itself, which no check before has found, such as a limit that the kernel refuses. */
function notRun(error: unknown): Outcome {
  const message = `was not started: ${error instanceof Error ? error.message : String(error)}`;
  const nothing = { bytes: 0, dropped: 0 };
  return {
    ok: false,
    reason: 'not-started',
    decidedBy: 'system',
    message,
    durationMs: 0,
    leftovers: [],
    output: nothing,
  };
}
