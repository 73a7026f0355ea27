/** Commands as jobs of BullMQ: `await queue.add('check', { argv: ['make', 'check'] })`. */
import { Worker } from 'bullmq';
import { Lease } from 'spillway';
import { attempt } from 'spillway-jobs/attempt';

export function workOff(queue, { lockDuration = 30_000, ...options }) {
  const work = async (job, token, signal) => {
    // BullMQ gives the job to another worker when its lock is over. Both are renewed together.
    const lease = new Lease(lockDuration);
    const renew = async () => {
      const asked = Lease.now();
      return (await job.extendLock(token, lockDuration)) === 1 && lease.renew(asked);
    };
    const timer = setInterval(() => renew().catch(() => {}), lockDuration / 3);
    try {
      const { fence: previous, ...data } = job.data;
      const fence = async (fence) => {
        await job.updateData({ ...data, fence });
        return renew();
      };
      const number = job.attemptsStarted;
      const id = `${queue}:${job.id}`;
      const outcome = await attempt(data.argv, { id, number, previous, fence, lease, signal });
      if (outcome.startedAt && (await renew())) await job.updateData(data);
      if (!outcome.ok) throw new Error(outcome.message);
      return outcome;
    } finally {
      clearInterval(timer);
    }
  };
  return new Worker(queue, work, { ...options, lockDuration, skipLockRenewal: true });
}
