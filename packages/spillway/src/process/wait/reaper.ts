/**
 * Collects the exit of every child this process started, and of no other.
 *
 * The kernel keeps an exited child as a zombie until it is waited for, and while it is one, its pid and its process group
 * cannot be reused. So an exit is handled in three steps: peek (waitid with WNOWAIT), settle (signal what the group still
 * holds, read what its pipes still hold), reap. Reaping first would leave a moment in which a signal could reach a stranger.
 *
 * Which have exited is asked of a set that the kernel keeps (ExitWatch), so an exit costs the same however many others live.
 * Children that cannot be in it are looked at one by one.
 */
import { isMainThread } from 'node:worker_threads';
import { type Postponed, PostponedByTimer } from '../../base/index.js';
import {
  type CpuTime,
  type ExitStatus,
  ExitWatch,
  kill,
  peekAnyExited,
  peekChild,
  reap,
  takeStop,
  wasKilled,
} from '../../system/index.js';
import { Census } from './census.js';
import type { ChildOwner } from './started.js';

/** How a child ended and what it cost; `'lost'` when another part of the program has reaped it. */
export type Ending = { readonly status: ExitStatus; readonly cpu: CpuTime } | 'lost';

/** What the reaper asks of the kernel; a fake stands here in the tests of races. */
export interface WaitCalls {
  /** False where the child cannot be watched, and must be looked at. */
  add(pid: number): boolean;
  remove(pid: number): void;
  /** Some of the watched that have exited, each as long as it is not removed. */
  exited(): readonly number[];
  /** Any zombie, a stranger's too. */
  peekAnyExited(): number | undefined;
  peekChild(pid: number): 'running' | 'exited' | 'lost';
  reap(pid: number): Exclude<Ending, 'lost'> | undefined;
  takeStop(pid: number): number | undefined;
}

/** When to look, and what keeps the program's event loop alive meanwhile. */
export interface Watch {
  /** Calls `look` after each SIGCHLD, and `sweep` now and then; holds the event loop. */
  start(look: () => void, sweep: () => void): void;
  stop(): void;
  /** For what is done with a child that has lived for a moment. */
  postpone(act: (pid: number) => void): Postponed<number>;
}

export interface Watcher {
  /** It has exited and is a zombie: settle, then call `reap`, at once or later. `lost`: somebody else has reaped it. */
  exited(lost: boolean): void;
  /** It was stopped by this signal. */
  stopped?(signal: number): void;
}

interface Entry {
  readonly watcher: Watcher;
  exited: boolean;
}

export class Reaper implements ChildOwner {
  readonly #calls: WaitCalls;
  readonly #watch: Watch;
  readonly #children = new Map<number, Entry>();
  /** Those that cannot be watched. */
  readonly #unwatched = new Set<number>();
  /** Those that are not watched yet: many are gone before that is worth its while, and a start is not to wait for it. */
  readonly #fresh: Postponed<number>;
  /** Those whose stops somebody wants to know; nearly always none. */
  readonly #watchedForStops = new Map<number, Entry>();
  /** Children that nobody waits for, so they do not hold the event loop: reaped when they end, and whoever wants to know is told. */
  readonly #background = new Map<number, (() => void) | undefined>();
  #adoptsOrphans = false;
  readonly census = new Census(() => this.#adoptsOrphans);

  constructor(calls: WaitCalls, watch: Watch) {
    this.#calls = calls;
    this.#watch = watch;
    this.#fresh = watch.postpone((pid) => {
      if (!calls.add(pid)) this.#unwatched.add(pid);
    });
  }

  /**
   * To be called before the start, since signals coalesce: one that comes between the start and the first look must find a handler.
   */
  prepare(): void {
    if (this.#children.size === 0) {
      this.#watch.start(
        () => this.look(),
        () => this.sweep(),
      );
    }
  }

  add(pid: number, watcher: Watcher): void {
    this.#watchFor(pid);
    const entry = { watcher, exited: false };
    this.#children.set(pid, entry);
    if (watcher.stopped) this.#watchedForStops.set(pid, entry);
  }

  /** Takes back `prepare` when nothing was started. */
  idle(): void {
    if (this.#children.size === 0) this.#watch.stop();
  }

  /** Whether it has exited, also when no signal has told yet. Calls `exited` on its watcher in that case. */
  check(pid: number): boolean {
    const entry = this.#children.get(pid);
    if (!entry || entry.exited) return true;
    const state = this.#calls.peekChild(pid);
    if (state === 'running') return false;
    // Told once: a zombie that is being settled is not to be found at every look.
    this.#unwatch(pid);
    this.#tell(entry, state === 'lost');
    return true;
  }

  /** Ends a zombie; its pid means nothing from here on. */
  reap(pid: number): Ending {
    this.#forget(pid);
    this.idle();
    return this.#calls.reap(pid) ?? 'lost';
  }

  /** Nobody waits for this child any more, since it cannot be ended; its zombie is still reaped if it comes to that. */
  abandon(pid: number): void {
    this.#forget(pid);
    this.addInBackground(pid);
    this.idle();
  }

  /** A child that is reaped when it ends, and holds the event loop no longer than the others do. */
  addInBackground(pid: number, ended?: () => void): void {
    this.#watchFor(pid);
    this.#background.set(pid, ended);
  }

  /**
   * Orphans have become children of this process (PR_SET_CHILD_SUBREAPER): whatever zombie is found and known to nobody is reaped.
   * Not for programs that start children by other means as well.
   */
  adoptOrphans(): void {
    this.#adoptsOrphans = true;
  }

  get adoptsOrphans(): boolean {
    return this.#adoptsOrphans;
  }

  /** To be asked before it is reaped. */
  wasKilled(pid: number): boolean {
    return wasKilled(pid);
  }

  /** Before it is reaped: its zombie keeps the group's number. */
  signal(pid: number, signal: number): boolean {
    return kill(-pid, signal);
  }

  look(): void {
    for (let pids = this.#calls.exited(); pids.length > 0; pids = this.#calls.exited()) {
      for (const pid of pids) this.#lookAt(pid);
    }
    for (const pid of [...this.#fresh, ...this.#unwatched]) this.#lookAt(pid);
    if (this.#adoptsOrphans) this.#reapOrphans();
    this.#lookForStops();
  }

  #lookAt(pid: number): void {
    if (this.#background.has(pid)) this.#reapInBackground(pid);
    else this.check(pid);
  }

  #reapOrphans(): void {
    for (;;) {
      const pid = this.#calls.peekAnyExited();
      // One of ours in front, which is being settled, will be gone at the next look.
      if (pid === undefined || this.#children.has(pid) || this.#background.has(pid)) return;
      this.#calls.reap(pid);
    }
  }

  /** Looks at every child by its pid. */
  sweep(): void {
    for (const pid of [...this.#children.keys()]) this.check(pid);
    for (const pid of [...this.#background.keys()]) this.#reapInBackground(pid);
  }

  #reapInBackground(pid: number): void {
    if (this.#calls.peekChild(pid) === 'running') return;
    this.#unwatch(pid);
    this.#calls.reap(pid);
    const ended = this.#background.get(pid);
    this.#background.delete(pid);
    ended?.();
  }

  #watchFor(pid: number): void {
    this.census.remember(pid);
    this.#unwatch(pid);
    this.#fresh.add(pid);
  }

  #unwatch(pid: number): void {
    this.#unwatched.delete(pid);
    this.#fresh.delete(pid);
    this.#calls.remove(pid);
  }

  #forget(pid: number): void {
    this.#unwatch(pid);
    this.#children.delete(pid);
    this.#watchedForStops.delete(pid);
  }

  #lookForStops(): void {
    for (const [pid, { watcher, exited }] of this.#watchedForStops) {
      const signal = exited ? undefined : this.#calls.takeStop(pid);
      if (signal !== undefined) watcher.stopped?.(signal);
    }
  }

  #tell(entry: Entry, lost: boolean): void {
    entry.exited = true;
    entry.watcher.exited(lost);
  }
}

/**
 * A safety net, not the way exits are found: SIGCHLD can be taken from us by `process.removeAllListeners()` or a native add-on.
 * The same timer is what keeps the event loop alive, since signal handlers do not.
 */
const SWEEP_EVERY_MS = 1000;

class SignalWatch implements Watch {
  #timer: NodeJS.Timeout | undefined;
  #isWanted = false;
  #look: (() => void) | undefined;

  start(look: () => void, sweep: () => void): void {
    if (this.#look === undefined || process.listenerCount('SIGCHLD', this.#look) === 0) {
      this.#look ??= look;
      process.on('SIGCHLD', this.#look);
    }
    this.#isWanted = true;
    if (this.#timer) this.#timer.ref();
    else this.#timer = setInterval(() => (this.#isWanted ? sweep() : this.#end()), SWEEP_EVERY_MS);
  }

  /**
   * The handler stays: taking it out and putting it in again for each child costs more than it saves, and it holds nothing alive. The
   * timer stays for its next turn, since the next child is often there by then.
   */
  stop(): void {
    this.#isWanted = false;
    this.#timer?.unref();
  }

  #end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  postpone(act: (pid: number) => void): Postponed<number> {
    return new PostponedByTimer(act);
  }
}

function waitCalls(): WaitCalls {
  const watch = new ExitWatch();
  return {
    // In a worker thread nobody tells when to look, and descriptors outlast the thread.
    add: (pid) => isMainThread && watch.add(pid),
    remove: (pid) => watch.remove(pid),
    exited: () => watch.exited(),
    peekAnyExited,
    peekChild,
    reap,
    takeStop,
  };
}

/** The one reaper of this process. */
export const reaper = new Reaper(waitCalls(), new SignalWatch());
