/** A job that this worker has taken, from then until the storage knows how its attempt ended. */
import type { Lease } from 'spillway';
import { attempt, type Fence, type Outcome } from '../attempt/index.js';
import type { Claim, LogAppend, Settlement } from '../store/store.js';
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
}

/** Beside those that the job names. */
const VARIABLES = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'USER', 'LOGNAME', 'SHELL', 'TMPDIR'];

/** Why this worker ended an attempt. */
type Order = 'stop' | 'give back' | 'lost';

const WORDS: Readonly<Record<Exclude<Order, 'stop'>, string>> = {
  'give back': 'was ended with its worker, and is offered again',
  lost: 'was ended, since another worker may have it',
};

export class ActiveAttempt {
  readonly group: string;
  /** Resolves with how it ended, when the storage knows it. Never rejects. */
  readonly done: Promise<Outcome>;
  readonly #claim: Claim;
  readonly #host: AttemptHost;
  readonly #abort = new AbortController();
  #order: Order | undefined;

  constructor(claim: Claim, host: AttemptHost) {
    this.group = claim.spec.group;
    this.#claim = claim;
    this.#host = host;
    this.done = this.#run();
  }

  /** A user wants it to end. */
  stop(): void {
    this.#end('stop');
  }

  /** Its worker ends. */
  giveBack(): void {
    this.#end('give back');
  }

  /** The storage has given the job to others. */
  lose(): void {
    this.#end('lost');
  }

  #end(order: Order): void {
    this.#order ??= order;
    this.#abort.abort();
  }

  async #run(): Promise<Outcome> {
    const { job, number } = this.#claim;
    const log = new AttemptLog(job, number, (pieces) => this.#host.store.appendLog(this.#host.name, pieces));
    const outcome = this.#judged(await this.#attempt(log));
    const isKept = await log.end().then(
      () => true,
      () => false,
    );
    const { bytes } = outcome.output;
    const complete = { ...outcome, output: { bytes, dropped: isKept ? log.dropped : bytes } };
    await this.#host.settle({ job, number, outcome: complete });
    return complete;
  }

  #attempt(log: AttemptLog): Promise<Outcome> {
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
      lease: this.#host.lease,
      output: (bytes, stream) => log.keep(bytes, stream),
      cwd: spec.cwd,
      env: Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))),
      inheritEnv: false,
      timeout: Math.min(spec.timeoutMs, deadlineMs),
      idleTimeout: spec.idleTimeoutMs,
      terminate: { grace: spec.graceMs },
      signal: this.#abort.signal,
    }).catch((error: unknown) => notRun(error));
  }

  /** What this worker did to it is no failure of the job's. */
  #judged(outcome: Outcome): Outcome {
    if (outcome.reason === 'not-started' && outcome.decidedBy === 'caller')
      return { ...outcome, reason: 'lost' };
    if (outcome.reason !== 'abort' || this.#order === undefined || this.#order === 'stop') return outcome;
    return { ...outcome, reason: 'lost', message: WORDS[this.#order] };
  }
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
