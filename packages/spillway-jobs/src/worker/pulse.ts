/**
 * A worker's beat: it renews the lease of all that the worker holds, hears what is to be stopped, and does
 * what any worker does for all: takes over from dead ones, adds the jobs of schedules, tidies.
 */
import { Cron } from 'croner';
import { Lease } from 'spillway';
import type { Store } from '../store/store.js';
import type { ActiveAttempt } from './active-attempt.js';
import type { WorkerEvent } from './events.js';
import { isDead } from './neighbours.js';

/** The worker of this pulse. */
export interface Pulsing {
  readonly name: string;
  readonly store: Store;
  readonly lease: Lease;
  readonly jobs: ReadonlyMap<number, ActiveAttempt>;
  beginLease(): void;
}

const BEAT_MS = 1000;
/** Beats from one tidying to the next. */
const TIDY_EVERY = 60;
const RETENTION = { ageMs: 14 * 24 * 3600 * 1000, bytes: 2 * 2 ** 30 };

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

  start(): void {
    this.#timer = setTimeout(() => {
      this.#beating = this.#beat().finally(() => {
        if (!this.#isStopped) this.start();
      });
    }, BEAT_MS);
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
      const before = new Map(jobs);
      const since = Lease.now();
      const { held, toStop } = await store.beat(name, this.#leaseMs);
      if (!lease.renew(since)) this.#worker.beginLease();
      for (const [job, active] of before) {
        if (!held.has(job)) active.lose();
        else if (toStop.has(job)) active.stop();
      }
      await this.#serveAll();
      if (this.#isTroubled) this.#log({ type: 'well-again' });
      this.#isTroubled = false;
    } catch (error) {
      this.trouble(error);
    }
  }

  async #serveAll(): Promise<void> {
    const { store } = this.#worker;
    const recovered = await store.takeFromDead(isDead);
    if (recovered > 0) this.#log({ type: 'recovered', jobs: recovered });
    const scheduled = await store.runSchedules(nextTime);
    if (scheduled > 0) this.#log({ type: 'scheduled', jobs: scheduled });
    if (this.#beats++ % TIDY_EVERY === 0) await store.tidy(RETENTION);
  }
}

function nextTime(cron: string, timeZone: string, after: Date): Date | undefined {
  return new Cron(cron, { timezone: timeZone }).nextRun(after) ?? undefined;
}
