/**
 * The process above a worker. It is the subreaper of all that the worker's jobs start, so that it ends them
 * when the worker dies in any way: also daemons that show no mark, which the worker's guard cannot find. It
 * ends a worker that gives no sign of life for the time of its lease, and starts another one.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { adoptOrphans, formatDuration, Lease, type Result, start } from 'spillway';
import { type ChannelReader, pipe } from 'spillway/channel';
import { SUPERVISOR_GRACE_MS } from '../attempt/index.js';
import { leaseOfGuard } from './options.js';
import { PULSE, SUPERVISED } from './sign-of-life.js';

export interface Supervised {
  /** The program of the worker and its arguments, which calls `runWorker`. */
  readonly argv: readonly [string, ...string[]];
  /** The lease that the storage gives it. */
  readonly leaseMs: number;
  /** Gets a sentence for people. */
  readonly tell: (text: string) => void;
  /** The worker is asked to end, and the supervision ends with it. */
  readonly end: AbortSignal;
  /** It is ended at once. */
  readonly kill: AbortSignal;
}

/** For the end of its jobs. */
const GRACE = '1m';
/** For what a worker leaves when it dies. Its guard gives jobs no more time either, if theirs is shorter. */
const LEFTOVERS_GRACE = SUPERVISOR_GRACE_MS;
/** A worker that dies sooner is not started again at once. */
const SHORT_LIFE_MS = 5000;
/** It loads its code, and opens the storage. */
const FIRST_SIGN_MS = 60_000;
const PAUSE_MS = 2000;
const LOOK_MS = 500;

/** Resolves with the exit status of the last worker. Errors: StartError. */
export async function supervise(options: Supervised): Promise<number> {
  adoptOrphans();
  for (let isFirst = true; ; isFirst = false) {
    const since = performance.now();
    const { exitCode, signal } = await oneWorker(options);
    // A later one may fail since its storage is away just now.
    if (exitCode === 0 || (exitCode !== undefined && isFirst)) return exitCode;
    const lifeMs = performance.now() - since;
    const isOver = () => options.end.aborted || options.kill.aborted;
    if (!isOver()) {
      const how = exitCode === undefined ? `was killed by ${signal}` : `exited with code ${exitCode}`;
      options.tell(`the worker ${how} after ${formatDuration(lifeMs)}; another one starts`);
      if (lifeMs < SHORT_LIFE_MS) await pause(PAUSE_MS);
    }
    if (isOver()) return exitCode ?? 1;
  }
}

async function oneWorker({ argv, leaseMs, tell, end, kill }: Supervised): Promise<Result> {
  const [program, ...args] = argv;
  const { reader: pulse, writer: theirs } = pipe<null>();
  let lease = new Lease(FIRST_SIGN_MS);
  const child = start(program, args, {
    stdin: 'ignore',
    stdout: 'inherit',
    stderr: 'inherit',
    channels: { [PULSE]: theirs },
    env: { [SUPERVISED]: String(process.pid) },
    leftovers: 'kill-all',
    terminate: { grace: GRACE, leftoversGrace: LEFTOVERS_GRACE },
    check: false,
  });
  const ask = () => void child.kill('SIGTERM');
  if (end.aborted) ask();
  end.addEventListener('abort', ask);
  // All that the worker runs, too: jobs may have a long grace period.
  const endAtOnce = () =>
    void child.terminate({ signal: 'SIGKILL', grace: 0, leftoversGrace: 0 }).catch(() => {});
  if (kill.aborted) endAtOnce();
  kill.addEventListener('abort', endAtOnce);
  const look = setInterval(() => {
    if (!lease.isOver || !child.running) return;
    tell('the worker has given no sign of life for the time of its lease, and is ended');
    child.kill('SIGKILL');
  }, LOOK_MS);
  const listening = listen(pulse, () => {
    lease = new Lease(leaseOfGuard(leaseMs));
  });
  try {
    return await child.result;
  } finally {
    clearInterval(look);
    end.removeEventListener('abort', ask);
    kill.removeEventListener('abort', endAtOnce);
    pulse.close();
    await listening;
  }
}

/** Until the channel ends. */
async function listen(pulse: ChannelReader<null>, heard: () => void): Promise<void> {
  try {
    for await (const _ of pulse) heard();
  } catch {
    // The worker died in the middle of a sign.
  }
}
