/** A worker's life: opens the storage, enrols, works, leaves. */
import { hostname } from 'node:os';
import { Lease, OptionError, run, StartError } from 'spillway';
import { startTimeOf, thisPlace } from '../attempt/index.js';
import { JobsError, libraryVersion, openStore } from '../store/index.js';
import { DEFAULT_LEASE_MS, LEAST_LEASE_MS, patienceFor, type WorkerOptions } from './options.js';
import { giveSignsOfLife } from './sign-of-life.js';
import { Worker } from './worker.js';

/** See index.ts. */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const {
    url,
    stateDirectory,
    groups,
    leaseMs = DEFAULT_LEASE_MS,
    untilEmpty = false,
    log,
    signal,
  } = options;
  if (!(leaseMs >= LEAST_LEASE_MS)) throw new OptionError('leaseMs', leaseMs, `${LEAST_LEASE_MS} or more`);
  await requireGuard(leaseMs);
  const life = await giveSignsOfLife();
  try {
    await using store = await openStore({ url, stateDirectory, patienceMs: patienceFor(leaseMs) });
    const { supervisor } = life;
    const name = await store.enrol({
      name: `${hostname()}-${process.pid}`,
      place: thisPlace(),
      pid: process.pid,
      startTime: startTimeOf(process.pid) ?? '',
      supervisor,
      version: libraryVersion(),
      groups,
    });
    log({ type: 'started', worker: name, groups });
    const worker = new Worker(store, { name, supervisor, groups, leaseMs, untilEmpty, log });
    try {
      await worker.run(signal);
    } finally {
      await store.leave(name).catch((error: unknown) => log({ type: 'trouble', message: String(error) }));
    }
    log({ type: 'left' });
  } finally {
    life.end();
  }
}

/** Without one each job that it takes would fail. Errors: JobsError. */
async function requireGuard(leaseMs: number): Promise<void> {
  try {
    await run('/bin/sh', ['-c', ':'], { lease: new Lease(leaseMs) });
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    throw new JobsError('ERR_JOBS_NO_GUARD', `a worker cannot run jobs here: ${error.reason}`, {
      cause: error,
    });
  }
}
