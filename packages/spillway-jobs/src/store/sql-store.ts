/** The store on PostgreSQL: each function where it belongs. */
import type { Fence } from '../attempt/index.js';
import type { ListOptions } from '../job/index.js';
import { type Base, Database, type DatabaseOptions, Deliveries, ensureSchema } from './database/index.js';
import * as jobs from './jobs/index.js';
import type { ChangeCursor, JobSpec, LogAppend, Settlement, Store, WorkerSpec } from './store.js';
import * as workers from './workers/index.js';

export class SqlStore implements Store {
  /** For what has to look at the tables themselves, as moving them does. */
  readonly base: Base;
  readonly #after: () => Promise<void>;

  private constructor(base: Base, after: () => Promise<void>) {
    this.base = base;
    this.#after = after;
  }

  /** `after`: called when it has been closed, or could not be opened. */
  static async open(options: DatabaseOptions, after = async () => {}): Promise<SqlStore> {
    const database = new Database(options);
    try {
      const deliveries = new Deliveries(database);
      await ensureSchema(database, deliveries);
      const isEmbedded = options.revive !== undefined;
      return new SqlStore({ database, deliveries, isEmbedded }, after);
    } catch (error) {
      await database.close();
      await after();
      throw error;
    }
  }

  get where(): string {
    return this.base.database.where;
  }

  add(specs: readonly JobSpec[]) {
    return jobs.add(this.base, specs);
  }
  get(id: number) {
    return jobs.get(this.base, id);
  }
  list(options: ListOptions) {
    return jobs.list(this.base, options);
  }
  stop(id: number) {
    return jobs.stop(this.base, id);
  }
  retry(id: number) {
    return jobs.retry(this.base, id);
  }
  clean(olderThanMs: number) {
    return jobs.clean(this.base, olderThanMs);
  }
  log(id: number, attempt: number, sinceSeq: number) {
    return workers.log(this.base, id, attempt, sinceSeq);
  }
  lastAttempt(id: number) {
    return jobs.lastAttempt(this.base, id);
  }
  changes(cursor?: ChangeCursor) {
    return jobs.changes(this.base, cursor);
  }
  setGroupLimit(group: string, slots: number | undefined) {
    return jobs.setGroupLimit(this.base, group, slots);
  }
  groupLimits() {
    return jobs.groupLimits(this.base);
  }
  addSchedule(cron: string, timeZone: string, spec: JobSpec, next: Date) {
    return jobs.addSchedule(this.base, cron, timeZone, spec, next);
  }
  schedules() {
    return jobs.schedules(this.base);
  }
  removeSchedule(id: number) {
    return jobs.removeSchedule(this.base, id);
  }

  enrol(worker: WorkerSpec) {
    return workers.enrol(this.base, worker);
  }
  leave(worker: string) {
    return workers.leave(this.base, worker);
  }
  beat(worker: string, leaseMs: number) {
    return workers.beat(this.base, worker, leaseMs);
  }
  claim(worker: string, free: ReadonlyMap<string, number>, leaseMs: number) {
    return workers.claim(this.base, worker, free, leaseMs);
  }
  commit(worker: string, fences: readonly Fence[]) {
    return workers.commit(this.base, worker, fences);
  }
  settle(worker: string, all: readonly Settlement[]) {
    return workers.settle(this.base, worker, all);
  }
  takeEnded() {
    return workers.takeEnded(this.base);
  }
  onEndRan(job: number, attempt: number) {
    return workers.onEndRan(this.base, job, attempt);
  }
  appendLog(worker: string, pieces: readonly LogAppend[]) {
    return workers.appendLog(this.base, worker, pieces);
  }
  takeFromDead(isDead: (worker: WorkerSpec) => boolean) {
    return workers.takeFromDead(this.base, isDead);
  }
  runSchedules(next: (cron: string, timeZone: string, after: Date) => Date | undefined) {
    return jobs.runSchedules(this.base, next);
  }
  tidy(retention: { readonly ageMs: number; readonly bytes: number }) {
    return workers.tidy(this.base, retention);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.base.database.close();
    await this.#after();
  }
}
