/**
 * Claims that were carried out, but whose answer was lost with the connection: their jobs would stay with a
 * worker that does not know of them, as it goes on renewing its lease. They are given back at its next claim.
 */
import type { Outcome } from '../../attempt/index.js';
import type { Connection } from '../database/index.js';
import type { Claim, Settlement } from '../store.js';

const OUTCOME: Outcome = {
  ok: false,
  reason: 'abort',
  decidedBy: 'system',
  message: 'given back: the connection to the database broke while it was being taken',
  durationMs: 0,
  leftovers: [],
  output: { bytes: 0, dropped: 0 },
};

export class Unanswered {
  /** Of each worker: attempts that it was told of and has not settled, as JOB.NUMBER. */
  readonly #told = new Map<string, Set<string>>();
  readonly #doubtful = new Set<string>();

  /** A claim has failed; it may have been carried out. */
  note(worker: string): void {
    this.#doubtful.add(worker);
  }

  told(worker: string, claims: readonly Claim[]): void {
    const told = this.#told.get(worker) ?? new Set();
    this.#told.set(worker, told);
    for (const { job, number } of claims) told.add(`${job}.${number}`);
  }

  settled(worker: string, settlements: readonly Settlement[]): void {
    for (const { job, number } of settlements) this.#told.get(worker)?.delete(`${job}.${number}`);
  }

  /** What the worker holds without knowing of it, as far as there can be any. */
  async find(connection: Connection, worker: string): Promise<Settlement[]> {
    if (!this.#doubtful.has(worker)) return [];
    const rows = await connection.query<{ job: string; number: number }>(
      'select job, number from spillway_jobs.attempt where worker = $1 and ended is null and fence is null',
      [worker],
    );
    const told = this.#told.get(worker);
    return rows
      .filter(({ job, number }) => !told?.has(`${job}.${number}`))
      .map(({ job, number }) => ({ job: Number(job), number, outcome: OUTCOME }));
  }

  clear(worker: string): void {
    this.#doubtful.delete(worker);
  }
}
