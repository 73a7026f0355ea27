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

interface State {
  /** Attempts that the worker was told of and has not settled, as JOB.NUMBER. */
  readonly told: Set<string>;
  /** Claims whose answers are on their way: what they take is not known yet either. */
  underWay: number;
  /** A claim has failed; it may have been carried out. */
  isDoubtful: boolean;
  resolving: Promise<void> | undefined;
}

export class Unanswered {
  readonly #workers = new Map<string, State>();

  /** `take`: a claim. `giveBack` settles attempts. */
  async claim(
    connection: Connection,
    worker: string,
    take: () => Promise<Claim[]>,
    giveBack: (settlements: readonly Settlement[]) => Promise<unknown>,
  ): Promise<Claim[]> {
    const state = this.#stateOf(worker);
    if (state.isDoubtful && state.underWay === 0)
      state.resolving ??= this.#resolve(connection, worker, state, giveBack).finally(() => {
        state.resolving = undefined;
      });
    await state.resolving;
    state.underWay++;
    try {
      const claims = await take();
      for (const { job, number } of claims) state.told.add(`${job}.${number}`);
      return claims;
    } catch (error) {
      state.isDoubtful = true;
      throw error;
    } finally {
      state.underWay--;
    }
  }

  settled(worker: string, settlements: readonly Settlement[]): void {
    const { told } = this.#stateOf(worker);
    for (const { job, number } of settlements) told.delete(`${job}.${number}`);
  }

  left(worker: string): void {
    this.#workers.delete(worker);
  }

  #stateOf(worker: string): State {
    const known = this.#workers.get(worker);
    if (known) return known;
    const state: State = { told: new Set(), underWay: 0, isDoubtful: false, resolving: undefined };
    this.#workers.set(worker, state);
    return state;
  }

  async #resolve(
    connection: Connection,
    worker: string,
    state: State,
    giveBack: (settlements: readonly Settlement[]) => Promise<unknown>,
  ): Promise<void> {
    const rows = await connection.query<{ job: string; number: number }>(
      'select job, number from spillway_jobs.attempt where worker = $1 and ended is null and fence is null',
      [worker],
    );
    const unknown = rows.filter(({ job, number }) => !state.told.has(`${job}.${number}`));
    await giveBack(unknown.map(({ job, number }) => ({ job: Number(job), number, outcome: OUTCOME })));
    state.isDoubtful = false;
  }
}
