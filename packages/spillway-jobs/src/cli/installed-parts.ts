/** The queue and the workers of this package. They are large: nothing of them loads before it is needed. */
import type { Job, Jobs } from '../queue/index.js';
import { DEFAULT_LEASE_MS } from '../worker/options.js';
import { SUPERVISED } from '../worker/sign-of-life.js';
import { noSuchJob } from './failures.js';
import type { Parts, Queue } from './parts.js';

export const installedParts: Parts = {
  async openQueue(url) {
    const { openJobs } = await import('../queue/index.js');
    return new JobsQueue(await openJobs({ url }));
  },
  async runWorker(options) {
    const { runWorker } = await import('../worker/index.js');
    await runWorker(options);
  },
  get isSupervised() {
    return process.env[SUPERVISED] !== undefined;
  },
  async supervise({ leaseMs = DEFAULT_LEASE_MS, ...options }) {
    const { supervise } = await import('../worker/index.js');
    return await supervise({ leaseMs, ...options });
  },
  async migrate(from, to) {
    const { migrate } = await import('../store/index.js');
    return await migrate({ url: from }, { url: to });
  },
};

/** The library, by numbers of jobs. */
class JobsQueue implements Queue {
  readonly #jobs: Jobs;
  /** Ends what waits when it is closed. */
  readonly #closing = new AbortController();

  constructor(jobs: Jobs) {
    this.#jobs = jobs;
  }

  async add(...[argv, options]: Parameters<Queue['add']>) {
    const { id, isNew } = await this.#jobs.add(argv, options);
    return { id, isNew };
  }

  schedule(...[cron, timeZone, argv, options]: Parameters<Queue['schedule']>) {
    return this.#jobs.addSchedule(cron, argv, timeZone === undefined ? options : { ...options, timeZone });
  }

  async get(id: number) {
    return (await this.#jobs.get(id))?.info();
  }

  list(...[options]: Parameters<Queue['list']>) {
    return this.#jobs.list(options);
  }

  async *log(...[id, options]: Parameters<Queue['log']>) {
    yield* (await this.#job(id)).log(options);
  }

  async why(id: number) {
    return await (await this.#job(id)).why();
  }

  async done(id: number) {
    return await (await this.#job(id)).done({ signal: this.#closing.signal });
  }

  async stop(id: number) {
    return await (await this.#job(id)).stop();
  }

  async retry(id: number) {
    return await (await this.#job(id)).retry();
  }

  clean(olderThanMs: number) {
    return this.#jobs.clean(olderThanMs);
  }

  limits() {
    return this.#jobs.groupLimits();
  }

  setLimit(...[group, slots]: Parameters<Queue['setLimit']>) {
    return this.#jobs.setGroupLimit(group, slots);
  }

  schedules() {
    return this.#jobs.schedules();
  }

  unschedule(id: number) {
    return this.#jobs.removeSchedule(id);
  }

  async [Symbol.asyncDispose]() {
    this.#closing.abort();
    await this.#jobs[Symbol.asyncDispose]();
  }

  async #job(id: number): Promise<Job> {
    const job = await this.#jobs.get(id);
    if (!job) throw noSuchJob(id);
    return job;
  }
}
