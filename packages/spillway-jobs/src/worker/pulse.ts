/**
 * A worker's beat: it renews the lease of all that the worker holds, hears what is to be stopped, and does
 * what any worker does for all: takes over from dead ones, adds the jobs of schedules, tidies.
 */
import { Lease } from 'spillway';
import type { Outcome } from '../attempt/index.js';
import { nextTime } from '../queue/index.js';
import { type EndedJob, JobsError, type Store, type WorkerSpec } from '../store/index.js';
import type { ActiveAttempt } from './active-attempt.js';
import type { WorkerEvent } from './events.js';
import { isDead } from './neighbours.js';

/** The worker of this pulse. */
export interface Pulsing {
  readonly name: string;
  readonly supervisor: WorkerSpec['supervisor'];
  readonly store: Store;
  readonly lease: Lease;
  readonly jobs: ReadonlyMap<number, ActiveAttempt>;
  /** Begins and ends of its claims: odd while one is under way. */
  readonly claims: number;
  beginLease(): void;
  /** There may be something to take. */
  wake(): void;
  hasEnded(job: EndedJob): void;
  /** It can do nothing more for the jobs of this storage. */
  giveUp(error: JobsError): void;
}

const BEAT_MS = 1000;
/** Beats from one tidying to the next. */
const TIDY_EVERY = 60;
const RETENTION = { ageMs: 14 * 24 * 3600 * 1000, bytes: 2 * 2 ** 30 };

const UNHEARD: Outcome = {
  ok: false,
  reason: 'abort',
  decidedBy: 'system',
  message: 'was not started: its worker did not hear that it had it, and offers it again',
  durationMs: 0,
  leftovers: [],
  output: { bytes: 0, dropped: 0 },
};

export class Pulse {
  readonly #worker: Pulsing;
  readonly #leaseMs: number;
  readonly #log: (event: WorkerEvent) => void;
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> = Promise.resolve();
  #beats = 0;
  #isTroubled = false;
  #isStopped = false;

  constructor(worker: Pulsing, leaseMs: number, log: (event: WorkerEvent) => void) {
    this.#worker = worker;
    this.#leaseMs = leaseMs;
    this.#log = log;
  }

  /** The first beat comes at once: the jobs of a worker before it may wait. */
  start(ms = 0): void {
    this.#timer = setTimeout(() => {
      this.#beating = this.#beat().finally(() => {
        if (!this.#isStopped) this.start(BEAT_MS);
      });
    }, ms);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#beating;
  }

  /** Told once, until the storage answers again. */
  trouble(error: unknown): void {
    if (this.#isTroubled) return;
    this.#isTroubled = true;
    this.#log({ type: 'trouble', message: error instanceof Error ? error.message : String(error) });
  }

  async #beat(): Promise<void> {
    const { store, lease, name, jobs } = this.#worker;
    try {
      const { claims } = this.#worker;
      const before = new Map(jobs);
      const since = Lease.now();
      const { held, toStop } = await store.beat(name, this.#leaseMs);
      if (!lease.renew(since)) this.#worker.beginLease();
      for (const [job, active] of before) {
        if (held.get(job) !== active.number) active.lose();
        else if (toStop.has(job)) active.stop();
      }
      if (claims === this.#worker.claims && claims % 2 === 0)
        await this.#giveBack([...held].filter(([job]) => !before.has(job) && !jobs.has(job)));
      await this.#serveAll();
      if (this.#isTroubled) this.#log({ type: 'well-again' });
      this.#isTroubled = false;
    } catch (error) {
      if (error instanceof JobsError && error.code === 'ERR_JOBS_SCHEMA') this.#worker.giveUp(error);
      this.trouble(error);
    }
  }

  /** Of a claim whose answer got lost on its way here. */
  async #giveBack(unknown: readonly [job: number, number: number][]): Promise<void> {
    if (unknown.length === 0) return;
    const { store, name } = this.#worker;
    await store.settle(
      name,
      unknown.map(([job, number]) => ({ job, number, outcome: UNHEARD })),
    );
    this.#worker.wake();
  }

  async #serveAll(): Promise<void> {
    const { store, supervisor } = this.#worker;
    const recovered = await store.takeFromDead((worker) => isDead(worker, supervisor));
    if (recovered > 0) this.#log({ type: 'recovered', jobs: recovered });
    const scheduled = await store.runSchedules(nextTime);
    if (scheduled > 0) this.#log({ type: 'scheduled', jobs: scheduled });
    if (recovered + scheduled > 0) this.#worker.wake();
    for (const ended of await store.takeEnded()) this.#worker.hasEnded(ended);
    if (this.#beats++ % TIDY_EVERY === 0) await store.tidy(RETENTION);
  }
}
