/** One worker: takes jobs as long as it has free slots, keeps its lease, and settles what has ended. */
import { setTimeout as pause } from 'node:timers/promises';
import { Lease } from 'spillway';
import { type Claim, JobsError, type Store, type WorkerSpec } from '../store/index.js';
import { ActiveAttempt, type AttemptHost } from './active-attempt.js';
import { Alarm } from './alarm.js';
import { Batch } from './batch.js';
import type { WorkerEvent } from './events.js';
import { runOnEnd } from './on-end.js';
import { leaseOfGuard } from './options.js';
import { Pulse } from './pulse.js';

export interface WorkerSettings {
  /** As the storage knows it. */
  readonly name: string;
  readonly supervisor: WorkerSpec['supervisor'];
  readonly groups: Readonly<Record<string, number>>;
  readonly leaseMs: number;
  readonly untilEmpty: boolean;
  readonly log: (event: WorkerEvent) => void;
}

/** The pause between looks for jobs when there was none. */
const IDLE_MS = 1000;
/** Before a call to the storage that has failed is tried again. */
const RETRY_MS = 1000;

export class Worker implements AttemptHost {
  #lease: Lease;
  readonly store: Store;
  readonly #settings: WorkerSettings;
  readonly #active = new Map<number, ActiveAttempt>();
  readonly #commits: Batch<Parameters<AttemptHost['commit']>[0], boolean>;
  readonly #settlements: Batch<Parameters<AttemptHost['settle']>[0], void>;
  readonly #pulse: Pulse;
  #isEnding = false;
  #failure: JobsError | undefined;
  /** Begins and ends of claims: odd while one is under way. */
  #claims = 0;
  /** Rings when there may be something to take. */
  readonly #alarm = new Alarm();
  readonly #onEnds = new Set<Promise<void>>();

  constructor(store: Store, settings: WorkerSettings) {
    this.store = store;
    this.#settings = settings;
    this.#lease = this.#newLease();
    this.#commits = new Batch(async (fences) => {
      const held = await store.commit(this.name, fences);
      return ({ id }) => held.has(Number(id));
    });
    this.#settlements = new Batch(async (settlements) => {
      const ended = await store.settle(this.name, settlements);
      for (const one of ended) this.hasEnded(one);
      return () => {};
    });
    this.#pulse = new Pulse(this, settings.leaseMs, settings.log);
  }

  /**
   * Resolves when it has ended all, after `signal` or, with `untilEmpty`, when there is nothing to do.
   * Rejects with a JobsError when the storage has tables of another version by now.
   */
  async run(signal: AbortSignal): Promise<void> {
    const end = () => this.#end();
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    this.#pulse.start();
    try {
      await this.#takeJobs();
      while (this.#active.size > 0) await Promise.all([...this.#active.values()].map(({ done }) => done));
      await Promise.all(this.#onEnds);
    } finally {
      signal.removeEventListener('abort', end);
      await this.#pulse.stop();
    }
    if (this.#failure) throw this.#failure;
  }

  get name(): string {
    return this.#settings.name;
  }

  get supervisor(): WorkerSpec['supervisor'] {
    return this.#settings.supervisor;
  }

  /** What its attempts run under. */
  get lease(): Lease {
    return this.#lease;
  }

  /** The last one has run out, so all that ran under it is being ended. */
  beginLease(): void {
    for (const active of this.#active.values()) active.lose();
    this.#lease = this.#newLease();
  }

  #newLease(): Lease {
    return new Lease(leaseOfGuard(this.#settings.leaseMs));
  }

  get claims(): number {
    return this.#claims;
  }

  /** Of those that it runs. */
  get jobs(): ReadonlyMap<number, ActiveAttempt> {
    return this.#active;
  }

  commit(fence: Parameters<AttemptHost['commit']>[0]): Promise<boolean> {
    return this.#commits.add(fence);
  }

  /** What has ended well must not be run again. */
  settle(settlement: Parameters<AttemptHost['settle']>[0]): Promise<void> {
    return this.#persist(() => this.#settlements.add(settlement));
  }

  untilTaken(call: () => Promise<void>): Promise<void> {
    return this.#persist(call, (error) => error instanceof JobsError && error.code === 'ERR_JOBS_DATABASE');
  }

  async #persist(
    call: () => Promise<void>,
    isRefusal: (error: unknown) => boolean = () => false,
  ): Promise<void> {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        this.#pulse.trouble(error);
        if (isRefusal(error)) throw error;
        // Its lease is over, so another worker has the job by now.
        if (this.lease.isOver && this.#isEnding) return;
        await pause(RETRY_MS);
      }
    }
  }

  async #takeJobs(): Promise<void> {
    while (!this.#isEnding) {
      this.#alarm.reset();
      const free = this.#freeSlots();
      const claims = free.size > 0 && !this.lease.isOver ? await this.#claim(free) : undefined;
      for (const claim of claims ?? []) this.#take(claim);
      if (claims?.length && this.#freeSlots().size > 0) continue;
      if (claims?.length === 0 && this.#active.size === 0 && this.#settings.untilEmpty) return;
      await this.#alarm.wait(IDLE_MS);
    }
  }

  /** Undefined when the storage is away. */
  async #claim(free: ReadonlyMap<string, number>): Promise<Claim[] | undefined> {
    this.#claims++;
    try {
      return await this.store.claim(this.name, free, this.#settings.leaseMs);
    } catch (error) {
      this.#pulse.trouble(error);
      return undefined;
    } finally {
      this.#claims++;
    }
  }

  #take(claim: Claim): void {
    const before = this.#active.get(claim.job);
    before?.lose();
    const active = new ActiveAttempt(claim, this, before);
    this.#active.set(claim.job, active);
    this.#settings.log({ type: 'took', job: claim.job, attempt: claim.number, argv: claim.spec.argv });
    // A job that comes when this one ended while it ends is stopped, too.
    if (this.#isEnding) active.giveBack();
    void active.done.then((outcome) => {
      if (this.#active.get(claim.job) === active) this.#active.delete(claim.job);
      const { argv } = claim.spec;
      this.#settings.log({ type: 'ended', job: claim.job, attempt: claim.number, argv, outcome });
      this.wake();
    });
  }

  #freeSlots(): Map<string, number> {
    const free = new Map(Object.entries(this.#settings.groups));
    for (const { group } of this.#active.values()) free.set(group, (free.get(group) ?? 0) - 1);
    for (const [group, slots] of free) if (slots <= 0) free.delete(group);
    return free;
  }

  wake(): void {
    this.#alarm.ring();
  }

  giveUp(error: JobsError): void {
    this.#failure ??= error;
    this.#end();
  }

  #end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#settings.log({ type: 'ending', running: this.#active.size });
    for (const active of this.#active.values()) active.giveBack();
    this.wake();
  }

  /** If this worker dies before the storage knows that it ran, another one runs it. */
  async #runOnEnd(ended: Parameters<typeof runOnEnd>[0]): Promise<void> {
    const problem = await runOnEnd(ended);
    if (problem !== undefined) this.#settings.log({ type: 'trouble', message: problem });
    const { id, attempt } = ended.info;
    await this.store.onEndRan(id, attempt).catch((error) => this.#pulse.trouble(error));
  }

  hasEnded(ended: Parameters<typeof runOnEnd>[0]): void {
    if (ended.onEnd === undefined) return;
    const done = this.#runOnEnd(ended).finally(() => this.#onEnds.delete(done));
    this.#onEnds.add(done);
  }
}
