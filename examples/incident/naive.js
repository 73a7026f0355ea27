/**
 * The incident itself: rsync under a parent that waits for it and does not read, and a look at both from
 * outside.
 *
 * A clock alone does not prove a hang. The watch ends when no file has arrived for two seconds, the kernel
 * has not run rsync in that time, and rsync is blocked in a write to its output.
 */
import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { aliveInGroup, contextSwitches, processOf, sleepOf } from './proc.js';
import { countFiles } from './tree.js';

const POLL_MS = 200;
const STILL_MS = 2_000;
/** Where the kernel does not show what rsync waits for, a longer standstill must be the proof. */
const STILL_UNSEEN_MS = 5_000;
const GIVE_UP_MS = 45_000;
const GRACE_MS = 2_000;

const PARENTS = {
  python3: { program: 'python3', script: './naive-parent.py' },
  node: { program: process.execPath, script: './naive-parent.js' },
};
/** @typedef {keyof typeof PARENTS} ParentName */

/** @param {string} file */
const here = (file) => fileURLToPath(new URL(file, import.meta.url));

/**
 * @param {ParentName} name
 * @param {string} cwd
 * @param {string[]} command
 */
export function startNaive(name, cwd, command) {
  const { program, script } = PARENTS[name];
  const child = spawn(program, [here(script), ...command], {
    cwd,
    detached: true, // its own process group: Ctrl-C here must not end the hang before the look at it
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, LC_ALL: 'C' },
  });
  const naive = { group: child.pid, rsync: 0, ended: listen() };
  naive.ended.catch(() => {}); // the watch handles it, unless an interruption ends the watch first
  return naive;

  /** Reads the parent's two lines: which process it started, and how that one ended. */
  async function listen() {
    const failed = new Promise((_, reject) => child.once('error', reject));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    for (;;) {
      const { value, done } = await Promise.race([lines.next(), failed]);
      if (done) throw new Error(`${program}, the parent of rsync, ended without reporting its end.`);
      const [event, first, second] = value.split(' ');
      if (event === 'started') naive.rsync = Number(first);
      if (event === 'ended') return { exitCode: Number(first), bytes: Number(second) };
    }
  }
}

/** @typedef {ReturnType<typeof startNaive>} Naive */
/** @typedef {{ kind: 'finished', exitCode: number, bytes: number }} Finished */
/**
 * @typedef {object} Hung
 * @property {'hung'} kind
 * @property {number} copied
 * @property {number} stillMs
 * @property {{ pid: number } & import('./proc.js').Sleep} rsync
 * @property {({ pid: number } & import('./proc.js').Sleep) | null} parent
 * @property {{ unread: number, capacity: number } | null} pipe
 */

/**
 * Waits until rsync has finished or hangs.
 *
 * @param {Naive} naive
 * @param {string} destination
 * @param {{ signal: AbortSignal, onProgress: (copied: number, stillMs: number) => void }} options
 * @returns {Promise<Finished | Hung>}
 */
export async function watch(naive, destination, { signal, onProgress }) {
  let lastSeen = '';
  let movedAt = performance.now();
  for (;;) {
    const finished = await Promise.race([naive.ended, sleep(POLL_MS)]);
    signal.throwIfAborted();
    if (finished) return { kind: 'finished', ...finished };

    const copied = await countFiles(destination);
    const seen = `${copied} ${contextSwitches(naive.rsync)}`;
    if (seen !== lastSeen) movedAt = performance.now();
    lastSeen = seen;
    const stillMs = performance.now() - movedAt;
    onProgress(copied, stillMs);

    if (stillMs >= stillnessThatProves(sleepOf(naive.rsync))) return look(naive, copied, stillMs);
    if (stillMs > GIVE_UP_MS) throw new Error('rsync makes no progress, but not because of its output.');
  }
}

/** @param {import('./proc.js').Sleep} sleeping */
function stillnessThatProves({ call, descriptor, kernel }) {
  if (call === 'write' && descriptor === 1) return STILL_MS;
  if (call !== null) return Number.POSITIVE_INFINITY; // it waits for something else
  if (kernel === null) return STILL_UNSEEN_MS;
  return /pipe_write|sock_alloc_send|unix_stream_sendmsg/.test(kernel) ? STILL_MS : Number.POSITIVE_INFINITY;
}

/**
 * @param {Naive} naive
 * @param {number} copied
 * @param {number} stillMs
 * @returns {Promise<Hung>}
 */
async function look({ rsync }, copied, stillMs) {
  const parent = processOf(rsync)?.parent ?? null;
  return {
    kind: 'hung',
    copied,
    stillMs,
    rsync: { pid: rsync, ...sleepOf(rsync) },
    parent: parent === null ? null : { pid: parent, ...sleepOf(parent) },
    pipe: await pipeFill(rsync),
  };
}

/**
 * How full the pipe on a process's stdout is. Node has no ioctl, so Python makes the call; null where that is
 * impossible.
 *
 * @param {number} pid
 */
async function pipeFill(pid) {
  try {
    const { stdout } = await promisify(execFile)('python3', [here('./pipe-fill.py'), String(pid)], {
      timeout: 10_000,
    });
    const [unread, capacity] = stdout.split(' ').map(Number);
    return { unread, capacity };
  } catch {
    return null; // no Python, no /proc, or a socket instead of a pipe
  }
}

/**
 * Ends the parent, rsync and rsync's two helpers, which share one process group, and waits until they are
 * gone.
 *
 * @param {Naive} naive
 * @returns {Promise<{ ended: number[], left: number[] }>}
 */
export async function endNaive({ group }) {
  if (group === undefined) return { ended: [], left: [] }; // it never started
  const ended = aliveInGroup(group);
  let left = ended;
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGKILL'])) {
    const deadline = performance.now() + GRACE_MS;
    if (left.length > 0) kill(-group, signal);
    while (left.length > 0 && performance.now() < deadline) {
      await sleep(20);
      left = aliveInGroup(group);
    }
  }
  return { ended, left };
}

/**
 * @param {number} target
 * @param {NodeJS.Signals} signal
 */
function kill(target, signal) {
  try {
    process.kill(target, signal);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error; // it had ended already
  }
}
