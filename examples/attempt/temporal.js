/**
 * A command as an activity of Temporal, with `{ startToCloseTimeout: '2h', heartbeatTimeout: '30s' }`.
 * The client's heartbeat is used, which rejects when the server does not take it; that of the context tells
 * nothing.
 */
import { Context } from '@temporalio/activity';
import { Lease } from 'spillway';
import { attempt } from 'spillway-jobs/attempt';

/** @param {string[]} argv */
export async function command(argv) {
  const { info, client, cancellationSignal } = Context.current();
  const { heartbeatTimeoutMs = 30_000, heartbeatDetails: previous, attempt: number } = info;
  // Temporal gives the activity to another worker when it hears nothing for this time.
  const lease = new Lease(heartbeatTimeoutMs);
  const stop = new AbortController();
  /** @type {import('spillway-jobs/attempt').Fence | undefined} */
  let details = previous;
  const beat = async () => {
    const asked = Lease.now();
    await client.activity.heartbeat(info.taskToken, details);
    lease.renew(asked);
  };
  // It rejects when the activity is cancelled or has timed out, and when the server is away.
  const failed = (/** @type {Error} */ { name }) => {
    if (/Cancelled|NotFound/.test(name)) stop.abort();
  };
  const timer = setInterval(() => beat().catch(failed), heartbeatTimeoutMs / 3);
  try {
    const signal = AbortSignal.any([stop.signal, cancellationSignal]);
    const outcome = await attempt(argv, {
      id: `${info.workflowExecution?.runId}:${info.activityId}`,
      number,
      previous,
      fence: (fence) => {
        details = fence;
        return beat();
      },
      lease,
      signal,
    });
    details = undefined;
    if (outcome.startedAt) await beat().catch(() => {});
    if (!outcome.ok) throw new Error(outcome.message);
    return outcome;
  } finally {
    clearInterval(timer);
  }
}
