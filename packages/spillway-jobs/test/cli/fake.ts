/** Commands in this process: a queue in memory, and what is written kept. */
import { lent } from '../../../spillway/src/cli/jobs/lent.js';
import type { Outcome } from '../../src/attempt/index.js';
import { commandLine } from '../../src/cli/index.js';
import type { Parts, Queue } from '../../src/cli/parts.js';
import type { Tools } from '../../src/cli/tools.js';
import type {
  JobInfo,
  JobOptions,
  ListOptions,
  LogOptions,
  LogPiece,
  ScheduleInfo,
} from '../../src/job/index.js';

export const HOUR_MS = 3_600_000;

export function outcome(fields: Partial<Outcome> = {}): Outcome {
  return {
    ok: false,
    reason: 'exit',
    exitCode: 2,
    decidedBy: 'command',
    message: 'exited with code 2',
    startedAt: '2026-11-29T12:00:00.000Z',
    durationMs: 3200,
    leftovers: [],
    output: { bytes: 0, dropped: 0 },
    ...fields,
  };
}

export function job(id: number, fields: Partial<JobInfo> = {}): JobInfo {
  const now = new Date();
  return {
    id,
    argv: ['make', 'check'],
    cwd: '/srv/build',
    group: 'default',
    priority: 0,
    state: 'queued',
    attempt: 0,
    attempts: 1,
    created: now,
    since: now,
    runAt: now,
    note: '',
    ...fields,
  };
}

export function piece(seq: number, bytes: string | Buffer, fields: Partial<LogPiece> = {}): LogPiece {
  const at = new Date('2026-11-29T12:00:00.000Z');
  return { attempt: 1, seq, at, stream: 'stdout', bytes: Buffer.from(bytes), gap: 0, ...fields };
}

export class FakeQueue implements Queue {
  readonly added: { readonly argv: readonly string[]; readonly options: JobOptions }[] = [];
  readonly planned: { readonly cron: string; readonly timeZone: string | undefined }[] = [];
  readonly jobs: Map<number, JobInfo>;
  pieces: LogPiece[] = [];
  asked: LogOptions | undefined;
  all: ScheduleInfo[] = [];
  readonly reasons = new Map<number, string>();
  readonly groupLimits = new Map<string, number>();
  cleanedMs: number | undefined;
  isClosed = false;
  #done = new Map<number, (info: JobInfo) => void>();

  constructor(...jobs: readonly JobInfo[]) {
    this.jobs = new Map(jobs.map((one) => [one.id, one]));
  }

  async add(argv: readonly string[], options: JobOptions) {
    const open = [...this.jobs.values()].find(
      (one) => one.unique !== undefined && one.unique === options.unique,
    );
    if (open) return { id: open.id, isNew: false };
    this.added.push({ argv, options });
    const id = 17 + this.jobs.size;
    this.jobs.set(id, job(id, { argv, unique: options.unique }));
    return { id, isNew: true };
  }

  async schedule(cron: string, timeZone: string | undefined) {
    this.planned.push({ cron, timeZone });
    return 3;
  }

  async get(id: number) {
    return this.jobs.get(id);
  }

  async list({ states, group, limit = 1000 }: ListOptions) {
    const fits = ({ state, group: own }: JobInfo) =>
      (states === undefined || states.includes(state)) && (group === undefined || own === group);
    return [...this.jobs.values()]
      .filter(fits)
      .sort((a, b) => b.id - a.id)
      .slice(0, limit);
  }

  async *log(_id: number, options: LogOptions) {
    this.asked = options;
    yield* this.pieces;
  }

  async why(id: number) {
    return this.reasons.get(id) ?? '';
  }

  done(id: number): Promise<JobInfo> {
    const info = this.jobs.get(id) as JobInfo;
    if (!['queued', 'running', 'waiting'].includes(info.state)) return Promise.resolve(info);
    return new Promise((resolve) => this.#done.set(id, resolve));
  }

  end(id: number, fields: Partial<JobInfo>): void {
    const info = { ...(this.jobs.get(id) as JobInfo), ...fields };
    this.jobs.set(id, info);
    this.#done.get(id)?.(info);
  }

  async stop(id: number) {
    const info = this.jobs.get(id) as JobInfo;
    if (info.state === 'queued') this.end(id, { state: 'stopped' });
    return ['queued', 'running', 'waiting'].includes(info.state);
  }

  async retry(id: number) {
    const { state } = this.jobs.get(id) as JobInfo;
    if (!['failed', 'stopped', 'skipped', 'lost'].includes(state)) return false;
    this.end(id, { state: 'queued' });
    return true;
  }

  async clean(olderThanMs: number) {
    this.cleanedMs = olderThanMs;
    return 12;
  }

  async limits() {
    return this.groupLimits;
  }

  async setLimit(group: string, slots: number | undefined) {
    if (slots === undefined) this.groupLimits.delete(group);
    else this.groupLimits.set(group, slots);
  }

  async schedules() {
    return this.all;
  }

  async unschedule(id: number) {
    this.all = this.all.filter((one) => one.id !== id);
    return true;
  }

  async [Symbol.asyncDispose]() {
    this.isClosed = true;
  }
}

export interface Invoked {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

export interface Invocation {
  readonly done: Promise<Invoked>;
  /** As if this process got it. */
  signal(name: NodeJS.Signals): void;
  /** With what status it ended at once. */
  readonly endedWith: number | undefined;
  readonly written: { readonly out: string; readonly err: string };
}

/** Starts `spillway WORDS`. */
export function begin(
  words: readonly string[],
  parts: Partial<Parts> | Queue = {},
  given: Partial<Tools> = {},
) {
  const written = { out: Buffer.alloc(0), err: Buffer.alloc(0) };
  const keep = (fd: number, bytes: Buffer) => {
    const name = fd === 1 ? 'out' : 'err';
    written[name] = Buffer.concat([written[name], bytes]);
  };
  let receiver: ((signal: NodeJS.Signals) => void) | undefined;
  let endedWith: number | undefined;
  const tools: Tools = {
    ...lent,
    writeAll: async (fd, bytes) => keep(fd, bytes),
    writeLine: (fd, line) => keep(fd, Buffer.from(`${line}\n`)),
    say: (text) => keep(2, Buffer.from(`spillway: ${lent.safeLines(text)}\n`)),
    passSignalsTo: (next) => {
      receiver = next;
    },
    endWith: (status) => {
      endedWith = status;
      return undefined as never;
    },
    ...given,
  };
  const refuse = (name: string) => async () => {
    throw new Error(`${name} is not expected`);
  };
  const opened: Partial<Parts> = 'add' in parts ? { openQueue: async () => parts } : parts;
  const all: Parts = {
    openQueue: refuse('openQueue'),
    runWorker: refuse('runWorker'),
    isSupervised: async () => true,
    supervise: refuse('supervise'),
    migrate: refuse('migrate'),
    ...opened,
  };
  const texts = () => ({ out: written.out.toString(), err: written.err.toString() });
  return {
    done: commandLine(words, tools, all).then((status) => ({ status, ...texts() })),
    signal: (name: NodeJS.Signals) => receiver?.(name),
    get endedWith() {
      return endedWith;
    },
    get written() {
      return texts();
    },
  } satisfies Invocation;
}

/** Runs it to its end. */
export async function spillway(
  words: readonly string[],
  parts: Partial<Parts> | Queue = {},
  given: Partial<Tools> = {},
): Promise<Invoked> {
  return await begin(words, parts, given).done;
}

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
