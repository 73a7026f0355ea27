/**
 * The embedded PostgreSQL has no autovacuum: rows that were changed or removed would take room, and time of
 * each claim, for ever.
 */
import type { Base, Database } from '../database/index.js';

const EVERY_MS = 10 * 60_000;
const TABLES = [
  ...['job', 'attempt', 'log', 'dependency', 'worker', 'schedule'].map((name) => `spillway_jobs.${name}`),
  'spillway_jobs_queue.job',
];

const last = new WeakMap<Database, number>();

export async function vacuum({ database, isEmbedded }: Base): Promise<void> {
  const now = performance.now();
  if (!isEmbedded || now - (last.get(database) ?? Number.NEGATIVE_INFINITY) < EVERY_MS) return;
  last.set(database, now);
  // One by one: others get their turns in between.
  for (const table of TABLES) await database.query(`vacuum (analyze) ${table}`);
}
