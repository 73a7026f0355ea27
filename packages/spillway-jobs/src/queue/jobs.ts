/** Commands as durable jobs: what programs call. */
import { type Duration, OptionError } from 'spillway';
import type { JobInfo, JobOptions, JobState, ListOptions, ScheduleInfo } from '../job/index.js';
import type { JobSpec, Store } from '../store/index.js';
import {
  requireDuration,
  requireGroup,
  requireJobNumber,
  requireList,
  requireNames,
  requireWhole,
  requireWholeOrNone,
} from './checks.js';
import { firstTime, localTimeZone } from './cron.js';
import { Job } from './job.js';
import { specOf } from './options.js';
import { Pauses, patiently } from './patience.js';

/** For `addAll`: a command with its options. */
export interface JobToAdd extends JobOptions {
  readonly argv: readonly string[];
}

export interface ScheduleOptions extends Omit<JobOptions, 'at' | 'in' | 'after' | 'afterOk'> {
  /** An IANA time zone. Default: that of this program. */
  readonly timeZone?: string | undefined;
}

export interface WatchOptions {
  /** Ends the loop. */
  readonly signal?: AbortSignal | undefined;
}

const STATES: readonly JobState[] = [
  'waiting',
  'queued',
  'running',
  'succeeded',
  'failed',
  'stopped',
  'skipped',
  'lost',
];

export class Jobs implements AsyncDisposable {
  readonly #store: Store;

  /** @internal */
  constructor(store: Store) {
    this.#store = store;
  }

  /** The database, without its password. */
  get where(): string {
    return this.#store.where;
  }

  /**
   * Adds a command. When it resolves, the job is kept, whatever happens to this program. Rejects with
   * OptionError; JobsError `ERR_JOBS_UNKNOWN_JOB` for an `after` that does not exist.
   *
   * @example
   * const job = await jobs.add(['make', 'check'], { group: 'cpu', retries: 3, timeout: '30m' });
   */
  async add(argv: readonly string[], options: JobOptions = {}): Promise<Job> {
    return (await this.#addSpecs([specOf(argv, options)]))[0] as Job;
  }

  /** All or none of them, in one transaction. */
  async addAll(jobs: readonly JobToAdd[]): Promise<Job[]> {
    const specs = requireList('jobs', jobs, (_, one) => one as JobToAdd, 'jobs').map((one) => {
      if (typeof one !== 'object' || one === null) throw new OptionError('jobs', one, '{ argv, …options }');
      const { argv, ...options } = one;
      return specOf(argv, options);
    });
    return this.#addSpecs(specs);
  }

  async #addSpecs(specs: readonly JobSpec[]): Promise<Job[]> {
    const added = await this.#store.add(specs);
    return added.map(({ id, isNew }) => new Job(this.#store, id, isNew));
  }

  /** Undefined for a number that no job has. */
  async get(id: number): Promise<Job | undefined> {
    const info = await this.#store.get(requireJobNumber('id', id));
    return info && new Job(this.#store, info.id, false);
  }

  /** The latest first. */
  async list(options: ListOptions = {}): Promise<JobInfo[]> {
    requireNames('options', options, ['states', 'group', 'limit']);
    const { states, group, limit } = options;
    if (states !== undefined) requireList('states', states, requireState, 'states');
    if (group !== undefined) requireGroup('group', group);
    if (limit !== undefined) requireWholeOrNone('limit', limit, 1);
    return this.#store.list(options);
  }

  /**
   * Each job that changes from this call on, as it is then; through an absence of the database of up to two
   * minutes. A job that changes twice within half a second may come once.
   *
   * @example
   * for await (const { id, state } of jobs.watch()) console.log(id, state);
   */
  watch(options: WatchOptions = {}): AsyncIterableIterator<JobInfo> {
    requireNames('options', options, ['signal']);
    const begin = this.#store.changes();
    // Thrown by the first `next`.
    begin.catch(() => {});
    return watching(this.#store, begin, options.signal);
  }

  /** Adds a job at each time of a cron expression, unless the last one has not ended. Returns its number. */
  async addSchedule(cron: string, argv: readonly string[], options: ScheduleOptions = {}): Promise<number> {
    const { timeZone = localTimeZone(), ...rest } = options;
    for (const name of ['at', 'in', 'after', 'afterOk'])
      if (name in rest) throw OptionError.conflict(name, 'cron', 'the schedule says when its jobs begin');
    const spec = specOf(argv, rest);
    return this.#store.addSchedule(cron, timeZone, spec, firstTime(cron, timeZone));
  }

  schedules(): Promise<ScheduleInfo[]> {
    return this.#store.schedules();
  }

  /** Its jobs stay. False when there is none. */
  async removeSchedule(id: number): Promise<boolean> {
    return this.#store.removeSchedule(requireJobNumber('id', id));
  }

  /** How many jobs of a group may run at once on all machines together; undefined for no limit. */
  async setGroupLimit(group: string, slots: number | undefined): Promise<void> {
    requireGroup('group', group);
    await this.#store.setGroupLimit(
      group,
      slots === undefined ? undefined : requireWhole('slots', slots, 0, 1_000_000),
    );
  }

  groupLimits(): Promise<ReadonlyMap<string, number>> {
    return this.#store.groupLimits();
  }

  /** Removes jobs that ended longer ago than that, and their logs. Returns how many. */
  async clean(olderThan: Duration): Promise<number> {
    return this.#store.clean(requireDuration('olderThan', olderThan, false));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store[Symbol.asyncDispose]();
  }
}

function requireState(option: string, value: unknown): JobState {
  if (STATES.includes(value as JobState)) return value as JobState;
  throw new OptionError(option, value, STATES.map((one) => `'${one}'`).join(', '));
}

async function* watching(
  store: Store,
  begin: ReturnType<Store['changes']>,
  signal: AbortSignal | undefined,
): AsyncGenerator<JobInfo> {
  let { cursor } = await begin;
  const pauses = new Pauses();
  while (!signal?.aborted) {
    const changed = await patiently(() => store.changes(cursor), signal);
    cursor = changed.cursor;
    for (const info of changed.jobs) {
      yield info;
      if (signal?.aborted) return;
    }
    if (changed.jobs.length > 0) pauses.reset();
    await pauses.pause(signal, 500);
  }
}
