/**
 * Outlives this process for long enough to end its children, however it dies: by SIGKILL, by the OOM killer,
 * by a fault.
 *
 * Each program has one small shell, or one for each effective user that it starts children as. It is started
 * with the first guarded child and ended some time after the last. The shell holds a pipe from this process
 * and a memory file that lists the runs under way. A child costs two writes to that file.
 */
import { deferred, GUARD_NAME, isMainThread, monotonicMs, setTimeout, warnOnce } from '../../base/index.js';
import {
  closeSync,
  createMemoryFile,
  kill,
  libcProblem,
  peekChild,
  poll,
  reap,
  SystemError,
  signals,
  writeAt,
} from '../../system/index.js';
import type { Termination } from '../policy.js';
import { atOnce, type Steps } from '../queue/index.js';
import { type GuardProcess, guardObstacle, startGuard } from './guard-process.js';
import { followLease, type Lease } from './lease.js';

/** A guarded run. */
export interface Guarded {
  /**
   * Take these steps before those of the child, so that it is never unguarded. Gives why there is no guard,
   * if there is none.
   */
  ensure(): Steps<string | undefined>;
  /** Names the group that gets the first signal at an orderly exit of this program. */
  started(group: number): void;
  /** The run is over: its leftovers, if any, were left on purpose. */
  release(): void;
}

interface Run {
  readonly slot: number;
  record: string;
  readonly signal: number;
  group: number | undefined;
  unfollow: (() => void) | undefined;
}

const RECORD_BYTES = 80;
const EMPTY_RECORD = '';
const NEWLINE = 0x0a;
/** The guard's wait for the next child: a new guard for each of many short commands would cost more. */
const LINGER_MS = 5000;
/** The most time that an ending thread waits for the end of its guard. */
const END_PATIENCE_MS = 500;
/** A number that every shell can count with. */
const LONGEST_GRACE = 1e9;
/** A guard that lives for a shorter time has not been killed by chance. */
const SHORT_LIFE_MS = 1000;
const MOST_SHORT_LIVES = 5;
const SHORT_LIVED = 'the guard, a shell, ends soon after each start';

/** The guard of one effective user, for runs with a lease or for those without. */
export class Guard {
  readonly #watchesLeases: boolean;
  readonly #runs = new Map<string, Run>();
  readonly #line = Buffer.alloc(RECORD_BYTES);
  readonly #freeSlots: number[] = [];
  #records: number | undefined;
  /** Mostly one. */
  #processes: readonly GuardProcess[] = [];
  /** Resolves when the one on its way is there, or fails to come. */
  #coming: Promise<void> | undefined;
  #linger: NodeJS.Timeout | undefined;
  #idleSince = 0;
  #isListening = false;
  #startedAt = 0;
  #shortLives = 0;

  constructor(watchesLeases: boolean) {
    this.#watchesLeases = watchesLeases;
  }

  /** Of those that run. */
  get pids(): number[] {
    return this.#processes.map(({ pid }) => pid);
  }

  /** The descriptors that it holds open in this process. */
  get descriptors(): number[] {
    return [this.#records, ...this.#processes.map(({ lifeline }) => lifeline)].filter(
      (fd) => fd !== undefined,
    );
  }

  /** Call it, and `ensure`, before the child starts. */
  enlist(mark: string, { signal, grace }: Termination, lease?: Lease): Guarded {
    const hundredths = Math.min(Math.ceil(grace / 10), LONGEST_GRACE);
    const record = `${mark} ${signal} ${hundredths} `;
    const slot = this.#freeSlots.pop() ?? this.#runs.size;
    const run: Run = { slot, record, signal, group: undefined, unfollow: undefined };
    this.#runs.set(mark, run);
    const write = (until?: number) => {
      run.record = until === undefined ? record : `${record}${until} `;
      this.#write(slot, run.record);
    };
    if (lease) run.unfollow = followLease(lease, write);
    else write();
    return {
      ensure: () => this.#ensure(),
      started: (group) => {
        run.group = group;
      },
      release: () => this.#release(mark),
    };
  }

  #release(mark: string): void {
    const run = this.#runs.get(mark);
    if (!run) return;
    run.unfollow?.();
    this.#runs.delete(mark);
    this.#freeSlots.push(run.slot);
    this.#write(run.slot, EMPTY_RECORD);
    if (this.#runs.size > 0) return;
    this.#idleSince = monotonicMs();
    if (this.#linger === undefined) this.#dismissAfter(LINGER_MS);
  }

  /** One timer serves many idle periods, since each may end with the next call. */
  #dismissAfter(ms: number): void {
    this.#linger = setTimeout(() => {
      this.#linger = undefined;
      if (this.#runs.size > 0) return;
      const left = this.#idleSince + LINGER_MS - monotonicMs();
      if (left > 0) this.#dismissAfter(Math.ceil(left));
      else this.#dismiss();
    }, ms);
    this.#linger.unref();
  }

  #write(slot: number, record: string): void {
    if (this.#records === undefined) return;
    // The shell ignores empty lines anywhere.
    this.#line.fill(NEWLINE);
    this.#line.write(record, 'latin1');
    writeAt(this.#records, this.#line, slot * RECORD_BYTES);
  }

  /** Starts the guard if there is none; if that fails, children run unguarded, with a warning. */
  *#ensure(): Steps<string | undefined> {
    // Without /proc it would find no process.
    if (process.platform !== 'linux') return 'a guard needs Linux';
    if (this.#shortLives > MOST_SHORT_LIVES) return SHORT_LIVED;
    // A call that cannot wait for the one on its way starts another: two that end the same runs do no harm.
    while (this.#isMissing && this.#coming) if ((yield { is: 'wait', for: this.#coming }) === 0) break;
    if (!this.#isMissing) return undefined;
    this.#listen();
    const obstacle = guardObstacle();
    if (obstacle !== undefined) return warn(obstacle);
    try {
      if (this.#records === undefined) {
        this.#records = createMemoryFile(GUARD_NAME);
        for (const { slot, record } of this.#runs.values()) this.#write(slot, record);
      }
      yield* this.#start(this.#records);
      return undefined;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.#dismiss();
      return warn(error.message);
    }
  }

  *#start(records: number): Steps<void> {
    const { promise, resolve } = deferred<void>();
    this.#coming = promise;
    try {
      this.#startedAt = monotonicMs();
      const started = yield* startGuard(records, this.#watchesLeases, (pid) => this.#ended(pid));
      this.#processes = [...this.#processes, started];
    } finally {
      if (this.#coming === promise) this.#coming = undefined;
      resolve();
    }
  }

  get #isMissing(): boolean {
    return this.#processes.length === 0;
  }

  /** Another process has killed the guard, or this one has dismissed it. */
  #ended(pid: number): void {
    const ended = this.#processes.find((one) => one.pid === pid);
    if (!ended) return;
    ended.close();
    this.#processes = this.#processes.filter((one) => one !== ended);
    if (this.#runs.size === 0 || !this.#isMissing) return;
    if (monotonicMs() - this.#startedAt < SHORT_LIFE_MS) this.#shortLives++;
    if (this.#shortLives > MOST_SHORT_LIVES) warn(SHORT_LIVED);
    atOnce(this.#ensure());
  }

  /** Closes the pipe: the guard finds no run and exits. */
  #dismiss(): void {
    for (const one of this.#processes) one.close();
    this.#processes = [];
    if (this.#records !== undefined) closeSync(this.#records);
    this.#records = undefined;
    if (this.#runs.size === 0) this.#freeSlots.length = 0;
  }

  /** Reaps the guard of an ending thread; otherwise its zombie would stay as long as the program runs. */
  #endWithThread(): void {
    const { pids } = this;
    this.#dismiss();
    if (libcProblem()) return;
    const end = monotonicMs() + END_PATIENCE_MS;
    for (const pid of pids)
      while (!reap(pid) && peekChild(pid) !== 'lost' && monotonicMs() < end) poll([], 1);
  }

  /** Signals the groups at an orderly exit; the guard would do the same a little later. */
  #listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    process.on('exit', () => {
      for (const { group, signal } of this.#runs.values()) {
        if (group === undefined) continue;
        try {
          kill(-group, signal);
          kill(-group, signals.SIGCONT);
        } catch {
          // EPERM: it runs as another user.
        }
      }
      if (!isMainThread() && this.#runs.size === 0) this.#endWithThread();
    });
  }
}

function warn(reason: string): string {
  warnOnce(
    'guard',
    `children cannot be guarded, so they live on if this process is killed: ${reason}; ` +
      'set guard: false to accept this without a warning',
  );
  return reason;
}
