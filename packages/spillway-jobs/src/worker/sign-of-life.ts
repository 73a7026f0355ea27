/** A supervised worker tells its supervisor that it goes on. */
import type { ChannelWriter } from 'spillway/channel';

/** The channel's name. */
export const PULSE = 'pulse';
/** Set for a worker that has a supervisor. */
export const SUPERVISED = 'SPILLWAY_WORKER_SUPERVISED';

const INTERVAL_MS = 500;

/** Begins to give signs of life, where there is a supervisor; returns what ends that. */
export async function giveSignsOfLife(): Promise<() => void> {
  if (process.env[SUPERVISED] === undefined) return () => {};
  const { inherited } = await import('spillway/channel');
  const pulse = inherited<ChannelWriter<null>>(PULSE);
  // Its jobs are not workers.
  delete process.env[SUPERVISED];
  let isSending = false;
  const timer = setInterval(() => {
    // A supervisor that is stopped reads none; one sign in the pipe is enough.
    if (isSending) return;
    isSending = true;
    pulse.send(null).then(
      () => {
        isSending = false;
      },
      () => clearInterval(timer),
    );
  }, INTERVAL_MS);
  return () => clearInterval(timer);
}
