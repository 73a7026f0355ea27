/** Jobs, workers and outcomes for tests of the store. */
import type { Fence, Outcome } from '../../src/attempt/index.js';
import { thisPlace } from '../../src/attempt/index.js';
import type { JobSpec, Store, WorkerSpec } from '../../src/store/index.js';

export function spec(options: Partial<JobSpec> = {}): JobSpec {
  return {
    argv: ['true'],
    cwd: '/',
    env: [],
    group: 'default',
    priority: 0,
    retries: 0,
    backoffMs: 0,
    timeoutMs: Number.POSITIVE_INFINITY,
    idleTimeoutMs: Number.POSITIVE_INFINITY,
    graceMs: 5000,
    delayMs: 0,
    runAt: undefined,
    deadline: undefined,
    unique: undefined,
    after: [],
    onEnd: undefined,
    ...options,
  };
}

export function workerSpec(options: Partial<WorkerSpec> = {}): WorkerSpec {
  return {
    name: 'here-1',
    place: thisPlace(),
    pid: process.pid,
    startTime: '1',
    version: '0.1.0',
    groups: { default: 4 },
    ...options,
  };
}

export function outcome(options: Partial<Outcome> = {}): Outcome {
  const ok = options.ok ?? options.reason === undefined;
  return {
    ok,
    reason: 'exit',
    exitCode: ok ? 0 : 1,
    decidedBy: 'command',
    message: ok ? 'exited with 0' : 'exited with 1',
    durationMs: 5,
    leftovers: [],
    output: { bytes: 0, dropped: 0 },
    ...options,
  };
}

export const failure = (options: Partial<Outcome> = {}) => outcome({ ok: false, ...options });

export function fence(job: number, number: number): Fence {
  return {
    id: String(job),
    number,
    place: thisPlace(),
    pid: 4711,
    startTime: '99',
    mark: `mark-${job}.${number}`,
    leaseMs: 10_000,
    graceMs: 5000,
  };
}

/** Adds one job, and gives its number. */
export async function addOne(store: Store, options: Partial<JobSpec> = {}): Promise<number> {
  const [added] = await store.add([spec(options)]);
  if (!added) throw new Error('nothing was added');
  return added.id;
}

/** Takes up to so many jobs of a group. */
export function take(store: Store, worker: string, count = 1, group = 'default', leaseMs = 60_000) {
  return store.claim(worker, new Map([[group, count]]), leaseMs);
}

/** Takes the next job, which must be this one, and ends it. */
export async function runNext(store: Store, worker: string, job: number, result = outcome()) {
  const [claim] = await take(store, worker);
  if (claim?.job !== job) throw new Error(`job ${claim?.job} came instead of ${job}`);
  await store.commit(worker, [fence(job, claim.number)]);
  return store.settle(worker, [{ job, number: claim.number, outcome: result }]);
}
