/** From rows of the table of jobs to what users get, and from what users give to columns. */
import type { JobInfo } from '../../job/index.js';
import type { JobSpec } from '../store.js';
import type { JobRow } from './job-row.js';
import { type NoteContext, noteOf } from './notes.js';

export function infoOf(row: JobRow, context: NoteContext): JobInfo {
  const progress = context.progress.get(Number(row.id));
  return {
    id: Number(row.id),
    argv: row.command.argv,
    cwd: row.command.cwd,
    group: row.grp,
    priority: row.priority,
    state: row.state,
    attempt: row.attempt,
    attempts: row.attempts,
    ...(row.unique_key === null ? {} : { unique: row.unique_key }),
    created: row.created,
    since: row.since,
    runAt: row.run_at,
    ...(row.deadline === null ? {} : { deadline: row.deadline }),
    ...(row.worker === null ? {} : { worker: row.worker }),
    ...(row.outcome === null ? {} : { outcome: row.outcome }),
    ...(progress ? { progress } : {}),
    note: noteOf(row, context),
  };
}

/** What of a spec has no column of its own. Infinity, which JSON does not have, is left out. */
export type StoredOptions = Partial<
  Pick<
    JobSpec,
    'env' | 'retries' | 'backoffMs' | 'timeoutMs' | 'idleTimeoutMs' | 'graceMs' | 'onEnd' | 'delayMs'
  >
>;

const FINITE = ['retries', 'backoffMs', 'timeoutMs', 'idleTimeoutMs', 'graceMs', 'delayMs'] as const;

export function commandText({ argv, cwd }: JobSpec): string {
  return JSON.stringify({ argv, cwd });
}

export function optionsText(spec: JobSpec): string {
  const { env, onEnd } = spec;
  const finite = FINITE.filter((name) => Number.isFinite(spec[name])).map((name) => [name, spec[name]]);
  return JSON.stringify({ env, onEnd, ...Object.fromEntries(finite) });
}

/** Of a whole spec in one column. */
export function specText(spec: JobSpec): string {
  const { argv, cwd, group, priority, deadline, unique, after } = spec;
  return JSON.stringify({
    ...JSON.parse(optionsText(spec)),
    ...{ argv, cwd, group, priority, deadline, unique, after },
  });
}

export interface SpecRow {
  readonly command: { readonly argv: readonly string[]; readonly cwd: string };
  readonly options: StoredOptions;
  readonly grp: string;
  readonly priority: number;
  readonly run_at: Date;
  readonly deadline: Date | null;
  readonly unique_key: string | null;
}

export function specOf({ command, options, grp, priority, run_at, deadline, unique_key }: SpecRow): JobSpec {
  return {
    ...withInfinity(options),
    argv: command.argv,
    cwd: command.cwd,
    group: grp,
    priority,
    runAt: run_at,
    deadline: deadline ?? undefined,
    unique: unique_key ?? undefined,
    after: [],
  };
}

type StoredSpec = StoredOptions &
  Pick<JobSpec, 'argv' | 'cwd' | 'group' | 'priority' | 'unique' | 'after'> & { readonly deadline?: string };

export function specFromText(stored: StoredSpec): JobSpec {
  const { argv, cwd, group, priority, unique, after, deadline, ...options } = stored;
  return {
    ...withInfinity(options),
    ...{ argv, cwd, group, priority, unique, after },
    runAt: undefined,
    deadline: deadline === undefined ? undefined : new Date(deadline),
  };
}

function withInfinity(options: StoredOptions) {
  return {
    env: options.env ?? [],
    retries: options.retries ?? Number.POSITIVE_INFINITY,
    backoffMs: options.backoffMs ?? 0,
    timeoutMs: options.timeoutMs ?? Number.POSITIVE_INFINITY,
    idleTimeoutMs: options.idleTimeoutMs ?? Number.POSITIVE_INFINITY,
    graceMs: options.graceMs ?? Number.POSITIVE_INFINITY,
    delayMs: options.delayMs ?? 0,
    onEnd: options.onEnd,
  };
}
