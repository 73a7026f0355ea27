/** A supervised worker tells its supervisor that it goes on. */
import type { ChannelWriter } from 'spillway/channel';
import { startTimeOf } from '../attempt/index.js';
import type { WorkerSpec } from '../store/index.js';

/** The channel's name. */
export const PULSE = 'pulse';
/** Set for a worker that has a supervisor, to its pid. */
export const SUPERVISED = 'SPILLWAY_WORKER_SUPERVISED';

const INTERVAL_MS = 500;

export interface Supervision {
  readonly supervisor: WorkerSpec['supervisor'];
  /** No more signs of life. */
  end(): void;
}

/** Begins to give signs of life, where there is a supervisor. */
export async function giveSignsOfLife(): Promise<Supervision> {
  const pid = Number(process.env[SUPERVISED] ?? '');
  // Its jobs are not workers.
  delete process.env[SUPERVISED];
  if (!(pid > 0)) return { supervisor: undefined, end: () => {} };
  const { inherited } = await import('spillway/channel');
  const pulse = inherited<ChannelWriter<null>>(PULSE);
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
  return { supervisor: { pid, startTime: startTimeOf(pid) ?? '' }, end: () => clearInterval(timer) };
}
