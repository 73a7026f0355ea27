/** `spillway job list`. */
import { setTimeout as pause } from 'node:timers/promises';
import type { JobInfo, JobState, ListOptions } from '../../queue/types.js';
import { OPEN_STATES } from '../../queue/types.js';
import { shown, UsageError } from '../failures.js';
import { print, printJson, type Screen, screen } from '../output.js';
import type { Parts, Queue } from '../parts.js';
import { type CommonOptions, withQueue } from '../session.js';
import { type Column, table } from '../table.js';
import { tools } from '../tools.js';
import { count } from '../values.js';
import { commandText, shortAge } from './wording.js';

export interface RawListOptions extends CommonOptions {
  readonly all?: true;
  readonly state?: readonly string[];
  readonly group?: string;
  readonly limit?: string;
  readonly follow?: true;
}

const ENDED_STATES = ['succeeded', 'failed', 'stopped', 'skipped', 'lost'] as const satisfies JobState[];
const STATES: readonly string[] = [...OPEN_STATES, ...ENDED_STATES];
const DEFAULT_LIMIT = 1000;
/** Beside the open ones. */
const ENDED_SHOWN = 20;
const LOOK_MS = 1000;

export async function listCommand(parts: Parts, raw: RawListOptions): Promise<number> {
  const states = raw.state?.map(stateOf);
  if (raw.follow && raw.json) throw new UsageError('--follow and --json exclude each other');
  const limit = raw.limit === undefined ? DEFAULT_LIMIT : count('--limit', raw.limit);
  if (limit === 0) throw new UsageError('--limit is 0; allowed: a whole number from 1');
  const { group } = raw;
  const wanted = { group, limit, states: states ?? (raw.all ? STATES_TO_ALL : undefined) };
  return await withQueue(parts, raw, async (queue) => {
    if (raw.follow) return await follow(queue, wanted);
    const { jobs, more } = await read(queue, wanted);
    if (raw.json) await printJson(jobs);
    else await print(listText(jobs, screen()));
    if (more !== undefined && !raw.json) tools.say(`job list: ${more}`);
    return 0;
  });
}

const STATES_TO_ALL = [...OPEN_STATES, ...ENDED_STATES];

function stateOf(text: string): JobState {
  if (STATES.includes(text)) return text as JobState;
  throw new UsageError(`--state is ${shown(text)}; allowed: ${STATES.join(', ')}`);
}

interface Wanted {
  readonly group: string | undefined;
  readonly limit: number;
  /** Undefined: the open ones, and the last few that have ended. */
  readonly states: readonly JobState[] | undefined;
}

interface Read {
  readonly jobs: readonly JobInfo[];
  /** That there are more, for people. */
  readonly more: string | undefined;
}

async function read(queue: Queue, { group, limit, states }: Wanted): Promise<Read> {
  const list = async (options: ListOptions & { readonly limit: number }) => {
    // One more tells whether there are more.
    const found = await queue.list({ group, ...options, limit: options.limit + 1 });
    return { jobs: found.slice(0, options.limit), isAll: found.length <= options.limit };
  };
  const first = await list({ states: states ?? OPEN_STATES, limit });
  const ended = states ? undefined : await list({ states: ENDED_STATES, limit: ENDED_SHOWN });
  const jobs = [...first.jobs, ...(ended?.jobs ?? [])].sort(inOrder);
  const more = first.isAll
    ? undefined
    : `these are the latest ${tools.formatCount(limit)}; more: --limit ${limit * 10}`;
  return { jobs, more };
}

const RANKS: Readonly<Partial<Record<JobState, number>>> = { running: 0, queued: 1, waiting: 2 };

/** What runs, what comes next, what has ended, the latest first. */
function inOrder(a: JobInfo, b: JobInfo): number {
  const [rankA = 3, rankB = 3] = [RANKS[a.state], RANKS[b.state]];
  if (rankA !== rankB) return rankA - rankB;
  if (rankA === 3) return b.since.getTime() - a.since.getTime() || b.id - a.id;
  if (rankA === 1 && a.priority !== b.priority) return b.priority - a.priority;
  return a.id - b.id;
}

const COLOURS: Readonly<Partial<Record<string, number>>> = {
  running: 32,
  succeeded: 2,
  failed: 31,
  lost: 31,
  stopped: 33,
  skipped: 33,
  waiting: 2,
};

/** For a program: JSON has all of it. */
const LONGEST_COMMAND = 100;

const COLUMNS: readonly Column[] = [
  { title: 'id', align: 'right' },
  { title: 'state', colour: (state) => COLOURS[state] },
  { title: 'group', most: 24 },
  { title: 'command', givesWay: true, most: LONGEST_COMMAND },
  { title: 'attempt' },
  { title: 'since', align: 'right' },
  { title: 'note', givesWay: true },
];
const GROUP_COLUMNS = 12;

/** Ends with a newline; empty for no jobs that a program reads. */
export function listText(jobs: readonly JobInfo[], on: Screen, now = new Date()): string {
  if (jobs.length === 0) return on.isTerminal ? 'no jobs\n' : '';
  const rows = jobs.map((info) => [
    String(info.id),
    info.state,
    on.columns === undefined
      ? tools.safe(info.group)
      : tools.clippedTo(tools.safe(info.group), GROUP_COLUMNS),
    commandText(info.argv, on.columns ?? LONGEST_COMMAND),
    info.attempt === 0 ? '–' : `${info.attempt}/${info.attempts}`,
    shortAge(now.getTime() - info.since.getTime()),
    tools.safeLine(info.note),
  ]);
  return table(COLUMNS, rows, on);
}

/** Until Ctrl-C: on a terminal in place, elsewhere only what has changed. */
async function follow(queue: Queue, wanted: Wanted): Promise<number> {
  let last = '';
  for (;;) {
    const { jobs } = await read(queue, wanted);
    const on = screen();
    const text = listText(jobs, on);
    // Without ages, which change by themselves.
    const state = JSON.stringify(jobs.map(({ id, state, attempt, note }) => [id, state, attempt, note]));
    if (on.isTerminal) await print(`\x1b[H\x1b[J${withinRows(text, process.stdout.rows)}`);
    else if (state !== last) await print(`${last === '' ? '' : '\n'}${text}`);
    last = state;
    await pause(LOOK_MS);
  }
}

/** What would scroll the first lines away is left out. */
function withinRows(text: string, rows = 24): string {
  const lines = text.split('\n');
  if (lines.length <= rows) return text;
  return `${lines.slice(0, rows - 2).join('\n')}\n… ${tools.counted(lines.length - rows + 1, 'more line')}`;
}
