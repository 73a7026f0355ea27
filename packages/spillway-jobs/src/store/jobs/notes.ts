/** Why a job waits, what it does, how it ended: one line for people. */

import { safeOneLine } from '../../base/index.js';
import { type Progress, progressText } from '../../job/index.js';
import type { Connection } from '../database/index.js';
import type { JobRow } from './job-row.js';
import { progressOfAll } from './progress.js';

/** What jobs that have not begun wait for. */
export interface NoteContext {
  readonly now: Date;
  /** Of each group: jobs that run, the lowest numbers first. */
  readonly running: ReadonlyMap<string, readonly number[]>;
  /** Slots of each group: its limit in all, or those of its live workers if they are fewer. */
  readonly slots: ReadonlyMap<string, number>;
  /** Of each waiting job: what it waits for. */
  readonly needs: ReadonlyMap<number, readonly number[]>;
  /** Of running jobs. */
  readonly progress: ReadonlyMap<number, Progress>;
}

export const NO_CONTEXT: NoteContext = {
  now: new Date(0),
  running: new Map(),
  slots: new Map(),
  needs: new Map(),
  progress: new Map(),
};

/** Of running jobs in a note. */
const MOST_NUMBERS = 5;

export async function noteContext(
  connection: Connection,
  rows: readonly Pick<JobRow, 'id' | 'state' | 'grp' | 'attempt'>[],
): Promise<NoteContext> {
  const progress = await progressOfAll(connection, rows);
  const groups = [...new Set(rows.filter(({ state }) => state === 'queued').map(({ grp }) => grp))];
  const waiting = rows.filter(({ state }) => state === 'waiting').map(({ id }) => id);
  if (groups.length === 0 && waiting.length === 0) return { ...NO_CONTEXT, progress };
  const [row] = await connection.query<ContextRow>(CONTEXT, [groups, waiting]);
  const { now, running, workers, limits, needs } = row as ContextRow;
  const slots = new Map<string, number>();
  for (const worker of workers ?? [])
    for (const [group, count] of Object.entries(worker)) slots.set(group, (slots.get(group) ?? 0) + count);
  for (const { grp, slots: limit } of limits ?? []) if ((slots.get(grp) ?? 0) > limit) slots.set(grp, limit);
  return {
    now,
    running: grouped(running ?? [], ({ grp, id }) => [grp, id]),
    slots,
    needs: grouped(needs ?? [], ({ job, needs: needed }) => [job, needed]),
    progress,
  };
}

interface ContextRow {
  readonly now: Date;
  readonly running: { grp: string; id: number }[] | null;
  readonly workers: Record<string, number>[] | null;
  readonly limits: { grp: string; slots: number }[] | null;
  readonly needs: { job: number; needs: number }[] | null;
}

const CONTEXT = `
  select now() as now,
    (select json_agg(json_build_object('grp', grp, 'id', id) order by id) from spillway_jobs.job
     where state = 'running' and grp = any($1)) as running,
    (select json_agg(groups) from spillway_jobs.worker where lease_until > now()) as workers,
    (select json_agg(json_build_object('grp', grp, 'slots', slots)) from spillway_jobs.group_limit
     where grp = any($1)) as limits,
    (select json_agg(json_build_object('job', job, 'needs', needs) order by needs)
     from spillway_jobs.dependency where job = any($2::bigint[])) as needs`;

export function noteOf(row: JobRow, context: NoteContext): string {
  switch (row.state) {
    case 'waiting':
      return `waits for ${numbers(context.needs.get(Number(row.id)) ?? [])}`;
    case 'queued':
      return queuedNote(row, context);
    case 'running':
      return runningNote(row, context);
    default:
      return safeOneLine(row.reason ?? row.outcome?.message ?? '');
  }
}

function runningNote({ id, worker, is_to_stop }: JobRow, { progress }: NoteContext): string {
  if (is_to_stop) return `is being stopped by worker ${worker}`;
  const told = progress.get(Number(id));
  return told ? `worker ${worker}, ${progressText(told)}` : `worker ${worker}`;
}

function queuedNote({ grp, run_at }: JobRow, { now, running, slots }: NoteContext): string {
  if (run_at > now) return `not before ${run_at.toISOString().replace(/\.\d+Z$/, 'Z')}`;
  const most = slots.get(grp);
  if (most === undefined) return `no worker takes group ${grp}`;
  const busy = running.get(grp) ?? [];
  if (busy.length < most) return 'waits for a worker to take it';
  return `waits for a slot of ${grp} (${busy.length}/${most}${busy.length > 0 ? `: ${numbers(busy)}` : ''})`;
}

function numbers(all: readonly number[]): string {
  const shown = all.slice(0, MOST_NUMBERS).join(', ');
  return all.length > MOST_NUMBERS ? `${shown} and ${all.length - MOST_NUMBERS} more` : shown;
}

function grouped<T, K>(all: readonly T[], of: (one: T) => [K, number]): Map<K, number[]> {
  const result = new Map<K, number[]>();
  for (const one of all) {
    const [key, value] = of(one);
    const list = result.get(key);
    if (list) list.push(value);
    else result.set(key, [value]);
  }
  return result;
}
