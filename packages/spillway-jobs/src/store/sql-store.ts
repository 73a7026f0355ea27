/** The store on PostgreSQL: each function where it belongs. */
import type { Fence } from '../attempt/index.js';
import type { ListOptions } from '../queue/types.js';
import type { Base } from './base.js';
import * as changed from './changes.js';
import * as claims from './claims.js';
import { Database, type DatabaseOptions } from './database.js';
import { Deliveries } from './deliveries.js';
import * as jobs from './jobs.js';
import * as limits from './limits.js';
import * as logs from './logs.js';
import * as schedules from './schedules.js';
import { ensureSchema } from './schema.js';
import * as settlements from './settlements.js';
import type { ChangeCursor, JobSpec, LogAppend, Settlement, Store, WorkerSpec } from './store.js';
import * as upkeep from './upkeep.js';
import * as workers from './workers.js';

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
      return new SqlStore({ database, deliveries }, after);
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
    return logs.log(this.base, id, attempt, sinceSeq);
  }
  lastAttempt(id: number) {
    return changed.lastAttempt(this.base, id);
  }
  changes(cursor?: ChangeCursor) {
    return changed.changes(this.base, cursor);
  }
  setGroupLimit(group: string, slots: number | undefined) {
    return limits.setGroupLimit(this.base, group, slots);
  }
  groupLimits() {
    return limits.groupLimits(this.base);
  }
  addSchedule(cron: string, timeZone: string, spec: JobSpec, next: Date) {
    return schedules.addSchedule(this.base, cron, timeZone, spec, next);
  }
  schedules() {
    return schedules.schedules(this.base);
  }
  removeSchedule(id: number) {
    return schedules.removeSchedule(this.base, id);
  }

  enrol(worker: WorkerSpec) {
    return workers.enrol(this.base, worker);
  }
  leave(worker: string) {
    return workers.leave(this.base, worker);
  }
  beat(worker: string, leaseMs: number) {
    return claims.beat(this.base, worker, leaseMs);
  }
  claim(worker: string, free: ReadonlyMap<string, number>, leaseMs: number) {
    return claims.claim(this.base, worker, free, leaseMs);
  }
  commit(worker: string, fences: readonly Fence[]) {
    return claims.commit(this.base, worker, fences);
  }
  settle(worker: string, all: readonly Settlement[]) {
    return settlements.settle(this.base, worker, all);
  }
  takeEnded() {
    return upkeep.takeEnded(this.base);
  }
  appendLog(worker: string, pieces: readonly LogAppend[]) {
    return logs.appendLog(this.base, worker, pieces);
  }
  takeFromDead(isDead: (worker: WorkerSpec) => boolean) {
    return settlements.takeFromDead(this.base, isDead);
  }
  runSchedules(next: (cron: string, timeZone: string, after: Date) => Date | undefined) {
    return schedules.runSchedules(this.base, next);
  }
  tidy(retention: { readonly ageMs: number; readonly bytes: number }) {
    return upkeep.tidy(this.base, retention);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.base.database.close();
    await this.#after();
  }
}
