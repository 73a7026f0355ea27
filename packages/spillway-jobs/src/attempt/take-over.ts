/** Makes sure that nothing of the last attempt runs, before the next one starts. */
import { setTimeout as pause } from 'node:timers/promises';
import { endRemains, formatDuration, type Leftover } from 'spillway';
import { type Fence, type Place, viewOf } from './fence.js';

/** The guard looks every half second; the rest is for a busy machine. */
const MARGIN_MS = 1500;
/** What a supervisor gives the processes that a worker leaves. */
export const SUPERVISOR_GRACE_MS = 2000;
/** It looks twice a second, and its lease began up to a second later than the worker's. */
const SUPERVISOR_MARGIN_MS = 2000;

/** The last attempt cannot be ended: the next one must not start. */
export class TakeOverError extends Error {
  override readonly name = 'TakeOverError';
}

/**
 * Resolves when nothing of this attempt can run any more, with what had to be ended. `msSinceLeaseOver`: how
 * long ago its lease ran out; undefined if it may hold until now. Errors: TakeOverError; the signal's reason.
 */
export async function takeOver(
  last: Fence,
  here: Place,
  msSinceLeaseOver: number | undefined,
  signal?: AbortSignal,
): Promise<Leftover[]> {
  const view = viewOf(last.place, here);
  if (view === 'rebooted') return [];
  if (view === 'visible') {
    const ended = await endVisible(last);
    // Processes that show no mark are found by those alone who started them, and who see the lease run out.
    if (msSinceLeaseOver !== undefined && msSinceLeaseOver > 0)
      await waitFor(
        Math.max(last.graceMs, SUPERVISOR_GRACE_MS) + SUPERVISOR_MARGIN_MS - msSinceLeaseOver,
        signal,
      );
    return ended;
  }
  if (last.leaseMs === undefined) {
    const reason = `it ran in another place (${last.place.host}), where its processes cannot be seen`;
    const cure = 'and it had no lease; make sure that it has ended, and leave `previous` out';
    throw new TakeOverError(`attempt ${last.number} of ${last.id} may still run: ${reason}, ${cure}`);
  }
  // Its guard begins to end it when the lease is over, and needs the grace period.
  const untilGone = last.graceMs + MARGIN_MS;
  const leftMs = msSinceLeaseOver === undefined ? last.leaseMs + untilGone : untilGone - msSinceLeaseOver;
  await waitFor(leftMs, signal);
  return [];
}

async function waitFor(ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (ms > 0) await pause(ms, undefined, signal && { signal });
}

async function endVisible(last: Fence): Promise<Leftover[]> {
  const ended = await endRemains(last.mark, { grace: last.graceMs });
  const survivors = ended.filter(({ action }) => action === 'survived');
  if (survivors.length > 0) {
    const names = survivors.map(({ pid, command }) => `${command} (${pid})`).join(', ');
    throw new TakeOverError(
      `attempt ${last.number} of ${last.id} still runs: SIGKILL did not end ${names} within ` +
        `${formatDuration(last.graceMs + 5000)}`,
    );
  }
  return ended;
}
