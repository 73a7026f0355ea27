/**
 * Collects the exit of every child that was started here, and of no other.
 *
 * The kernel keeps an exited child as a zombie until it is waited for, and while it is one, its pid and its
 * process group cannot be reused. So an exit is handled in three steps: peek (waitid with WNOWAIT), settle
 * (signal what the group still holds, read what its pipes still hold), reap. Reaping first would leave a
 * moment in which a signal could reach a stranger.
 *
 * The kernel keeps a set of the exited ones (ExitWatch), so an exit costs the same however many other
 * children live. Children that cannot be in the set are looked at one by one.
 */
import type { Postponed } from '../../base/index.js';
import { kill, wasKilled } from '../../system/index.js';
import { Census } from './census.js';
import type { ChildOwner, Ending, Watcher } from './owner.js';

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

/** Tells the reaper when to look, and keeps the program's event loop alive while children run. */
export interface Wakeups {
  /** Calls `look` after each SIGCHLD, and `sweep` now and then; holds the event loop. */
  start(look: () => void, sweep: () => void): void;
  stop(): void;
  /** Postpones what is done only with a child that has lived for a moment. */
  postpone(act: (pid: number) => void): Postponed<number>;
}

interface Entry {
  readonly watcher: Watcher;
  exited: boolean;
}

export class Reaper implements ChildOwner {
  readonly #calls: WaitCalls;
  readonly #wakeups: Wakeups;
  /** Waits for the children that this one abandons. */
  readonly #heir: Reaper;
  readonly #children = new Map<number, Entry>();
  readonly #unwatched = new Set<number>();
  /** Not watched yet: many exit before watching pays, and a start does not wait for it. */
  readonly #fresh: Postponed<number>;
  /** Children whose stops matter to their watcher; nearly always none. */
  readonly #watchedForStops = new Map<number, Entry>();
  /** Children that do not hold the event loop: reaped when they end, and then the callback is called. */
  readonly #background = new Map<number, (() => void) | undefined>();
  #adoptsOrphans = false;
  readonly census = new Census(() => this.#adoptsOrphans);

  constructor(calls: WaitCalls, wakeups: Wakeups, heir?: Reaper) {
    this.#calls = calls;
    this.#wakeups = wakeups;
    this.#heir = heir ?? this;
    this.#fresh = wakeups.postpone((pid) => {
      if (!calls.add(pid)) this.#unwatched.add(pid);
    });
  }

  /**
   * Call it before the start: signals coalesce, so one that comes before the first look must find a handler.
   */
  prepare(): void {
    if (this.#children.size === 0) {
      this.#wakeups.start(
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
    if (this.#children.size === 0) this.#wakeups.stop();
  }

  /**
   * Whether it has exited, even if no signal has announced the exit yet. Calls `exited` on its watcher in
   * that case.
   */
  check(pid: number): boolean {
    const entry = this.#children.get(pid);
    if (!entry || entry.exited) return true;
    const state = this.#calls.peekChild(pid);
    if (state === 'running') return false;
    // The watcher hears of it once: later looks must not find a zombie that is being settled.
    this.#unwatch(pid);
    entry.exited = true;
    entry.watcher.exited(state === 'lost');
    return true;
  }

  /** Ends a zombie; its pid means nothing from here on. */
  reap(pid: number): Ending {
    this.#forget(pid);
    this.idle();
    return this.#calls.reap(pid) ?? 'lost';
  }

  /** Stops waiting for a child that cannot be ended; its zombie is still reaped if it ever becomes one. */
  abandon(pid: number): void {
    this.#forget(pid);
    this.#heir.addInBackground(pid);
    this.idle();
  }

  /** A child that is reaped when it ends, and does not hold the event loop. */
  addInBackground(pid: number, ended?: () => void): void {
    this.#watchFor(pid);
    this.#background.set(pid, ended);
  }

  /**
   * Orphans have become children of this process (PR_SET_CHILD_SUBREAPER): every unknown zombie is reaped.
   * Not for programs that also start children by other means.
   */
  adoptOrphans(): void {
    this.#adoptsOrphans = true;
  }

  get adoptsOrphans(): boolean {
    return this.#adoptsOrphans;
  }

  /** Call it before the child is reaped. */
  wasKilled(pid: number): boolean {
    return wasKilled(pid);
  }

  /** Before the child is reaped: its zombie keeps the group's number. */
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
      // A child of ours in front is being settled, and will be gone at the next look.
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
}
