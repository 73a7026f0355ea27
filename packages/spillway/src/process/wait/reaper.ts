/**
 * Reaps every child that was started here, and no other.
 *
 * The kernel keeps an exited child as a zombie until its parent waits for it, and does not reuse the pid and
 * the group of a zombie. So an exit takes three steps: peek (waitid with WNOWAIT), settle (signal the rest of
 * the group, read the rest of the pipes), reap. After an early reap, a signal could reach a stranger.
 *
 * The kernel keeps the set of exited children (ExitWatch), so an exit costs the same however many other
 * children live. Children that cannot be in the set are checked one by one.
 */
import { monotonicMs, type Postponed } from '../../base/index.js';
import { kill, wasKilled } from '../../system/index.js';
import { Census } from './census.js';
import type { ChildOwner, Ending, Watcher } from './owner.js';
import type { Moment } from './pid-turns.js';

/** Calls to the kernel; tests of races replace them. */
export interface WaitCalls {
  /** False if the child cannot be watched, and must be checked by its pid. */
  add(pid: number): boolean;
  remove(pid: number): void;
  /** Some of the watched children that have exited; the same again until they are removed. */
  exited(): readonly number[];
  /** Any zombie among this process's children, whichever code started it. */
  peekAnyExited(): number | undefined;
  peekChild(pid: number): 'running' | 'exited' | 'lost';
  reap(pid: number): Exclude<Ending, 'lost'> | undefined;
  /** A stopped child, whichever code started it; the same again until its stop is taken. */
  peekAnyStopped(): number | undefined;
  takeStop(pid: number): number | undefined;
}

/** Wakes the reaper when a child may have exited, and holds the event loop while children run. */
export interface Wakeups {
  /** Calls `look` after each SIGCHLD and `sweep` from time to time; holds the event loop. */
  start(look: () => void, sweep: () => void): void;
  stop(): void;
  /** Calls `look` after this time, without holding the event loop. */
  lookAgain(ms: number): void;
  /** Postpones `act` until a child has lived for a moment; a shorter life skips it. */
  postpone(act: (pid: number) => void): Postponed<number>;
}

/** Longer than a turn of a busy event loop. */
const LINGERING_MS = 100;

interface Entry {
  readonly watcher: Watcher;
  exited: boolean;
}

interface Orphans {
  areAdopted: boolean;
  /** As process 1: an unknown zombie, and when it was first seen. */
  lingering: { readonly pid: number; readonly sinceMs: number } | undefined;
}

export class Reaper implements ChildOwner {
  readonly #calls: WaitCalls;
  readonly #wakeups: Wakeups;
  /** Takes over the children that this reaper abandons. */
  readonly #heir: Reaper;
  readonly #children = new Map<number, Entry>();
  readonly #unwatched = new Set<number>();
  /** Children that do not hold the event loop, by their caller's wish. */
  readonly #unreferenced = new Set<number>();
  /** Not watched yet: many exit before a watch pays, and a start need not wait for it. */
  readonly #fresh: Postponed<number>;
  /** Children whose watchers want to know of stops: those of a program with a terminal. */
  readonly #watchedForStops = new Map<number, Entry>();
  /** Children that do not hold the event loop, with a callback for after the reaping. */
  readonly #background = new Map<number, (() => void) | undefined>();
  /** Of this reaper's, whose pids it does not know yet. */
  #startsUnderWay = 0;
  readonly #orphans: Orphans = { areAdopted: false, lingering: undefined };
  readonly census = new Census(
    () => this.#orphans.areAdopted,
    () => this.#startsUnderWay > 0,
  );

  constructor(calls: WaitCalls, wakeups: Wakeups, heir?: Reaper) {
    this.#calls = calls;
    this.#wakeups = wakeups;
    this.#heir = heir ?? this;
    this.#fresh = wakeups.postpone((pid) => {
      if (!calls.add(pid)) this.#unwatched.add(pid);
    });
  }

  /** Call it before the start: signals coalesce, so an early SIGCHLD must find the handler in place. */
  prepare(): void {
    if (!this.#holdsEventLoop) {
      this.#wakeups.start(
        () => this.look(),
        () => this.sweep(),
      );
    }
    this.#startsUnderWay++;
  }

  /** `prepare` was called for it. Off the event loop it may have exited already: then call `check` soon. */
  add(pid: number, watcher: Watcher, moment?: Moment): void {
    if (this.#startsUnderWay > 0) this.#startsUnderWay--;
    this.#watchFor(pid, moment);
    const entry = { watcher, exited: false };
    this.#children.set(pid, entry);
    if (watcher.stopped) this.#watchedForStops.set(pid, entry);
  }

  /** Undoes `prepare` when no child was started. */
  cancel(): void {
    this.#startsUnderWay--;
    this.#idle();
  }

  #idle(): void {
    if (!this.#holdsEventLoop) this.#wakeups.stop();
  }

  unref(pid: number): void {
    if (this.#children.has(pid)) this.#unreferenced.add(pid);
    this.#idle();
  }

  get #holdsEventLoop(): boolean {
    return this.#startsUnderWay > 0 || this.#children.size > this.#unreferenced.size;
  }

  /** Whether it has exited, even if SIGCHLD is still on its way; if so, calls `exited` on its watcher. */
  check(pid: number): boolean {
    const entry = this.#children.get(pid);
    if (!entry || entry.exited) return true;
    const state = this.#calls.peekChild(pid);
    if (state === 'running') {
      // Its stop may have come before it was known here.
      this.#takeStop(pid);
      return false;
    }
    // The watcher is called once: later looks must not find a zombie that is being settled.
    this.#unwatch(pid);
    entry.exited = true;
    entry.watcher.exited(state === 'lost');
    return true;
  }

  /** Reaps a zombie; from now on the kernel may reuse its pid. */
  reap(pid: number): Ending {
    this.#forget(pid);
    this.#idle();
    return this.#calls.reap(pid) ?? 'lost';
  }

  /** Stops waiting for a child that cannot be ended; the heir reaps it if it ever exits. */
  abandon(pid: number): void {
    this.#forget(pid);
    this.#heir.addInBackground(pid);
    this.#idle();
  }

  /** Reaps this child when it exits, without holding the event loop. */
  addInBackground(pid: number, ended?: () => void): void {
    this.#watchFor(pid);
    this.#background.set(pid, ended);
  }

  /**
   * Reaps every unknown zombie, since orphans become children of this process (PR_SET_CHILD_SUBREAPER). Not
   * for programs that also start children by other means.
   */
  adoptOrphans(): void {
    this.#orphans.areAdopted = true;
  }

  get adoptsOrphans(): boolean {
    return this.#orphans.areAdopted;
  }

  /** Call it before the child is reaped. */
  wasKilled(pid: number): boolean {
    return wasKilled(pid);
  }

  /** Its zombie keeps the number. */
  holdsNumber(): boolean {
    return true;
  }

  /** Call it before the child is reaped: its zombie keeps the group's number. */
  signal(pid: number, signal: number): boolean {
    return kill(-pid, signal);
  }

  look(): void {
    for (let pids = this.#calls.exited(); pids.length > 0; pids = this.#calls.exited()) {
      for (const pid of pids) this.#lookAt(pid);
    }
    for (const pid of [...this.#fresh, ...this.#unwatched]) this.#lookAt(pid);
    // The zombie of a start that is under way is known to it alone.
    if ((this.#orphans.areAdopted || process.pid === 1) && this.#startsUnderWay > 0)
      this.#wakeups.lookAgain(LINGERING_MS);
    else if (this.#orphans.areAdopted) this.#reapOrphans();
    else if (process.pid === 1) this.#reapLingering();
    this.#lookForStops();
  }

  #lookAt(pid: number): void {
    if (this.#background.has(pid)) this.#reapInBackground(pid);
    else this.check(pid);
  }

  #reapOrphans(): void {
    for (;;) {
      const pid = this.#calls.peekAnyExited();
      // A known child comes first: it is being settled, and will be gone by the next look.
      if (pid === undefined || this.#children.has(pid) || this.#background.has(pid)) return;
      this.#calls.reap(pid);
    }
  }

  /**
   * As the init of a container this process inherits orphans, of its runs and of others, whose zombies would
   * stay for ever. A zombie of node:child_process is gone after the same turn of the event loop; one that is
   * still there a moment later is reaped.
   */
  #reapLingering(): void {
    for (;;) {
      const pid = this.#calls.peekAnyExited();
      if (pid === undefined || this.#children.has(pid) || this.#background.has(pid)) return;
      const now = monotonicMs();
      if (this.#orphans.lingering?.pid !== pid) this.#orphans.lingering = { pid, sinceMs: now };
      if (now - this.#orphans.lingering.sinceMs < LINGERING_MS) {
        this.#wakeups.lookAgain(LINGERING_MS);
        return;
      }
      this.#calls.reap(pid);
      this.#orphans.lingering = undefined;
    }
  }

  /** Checks every child by its pid, and looks for stops. */
  sweep(): void {
    for (const pid of [...this.#children.keys()]) this.check(pid);
    for (const pid of [...this.#background.keys()]) this.#reapInBackground(pid);
    this.#lookForStops();
  }

  #reapInBackground(pid: number): void {
    if (this.#calls.peekChild(pid) === 'running') return;
    this.#unwatch(pid);
    this.census.forgetChild(pid);
    this.#calls.reap(pid);
    const ended = this.#background.get(pid);
    this.#background.delete(pid);
    ended?.();
  }

  #watchFor(pid: number, moment?: Moment): void {
    this.census.remember(pid, moment);
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
    this.census.forgetChild(pid);
    this.#children.delete(pid);
    this.#unreferenced.delete(pid);
    this.#watchedForStops.delete(pid);
  }

  /** One call for all of them, unless a stopped child of other code hides those behind it. */
  #lookForStops(): void {
    if (this.#watchedForStops.size === 0) return;
    for (;;) {
      const pid = this.#calls.peekAnyStopped();
      if (pid === undefined) return;
      if (!this.#takeStop(pid)) break;
    }
    for (const pid of this.#watchedForStops.keys()) this.#takeStop(pid);
  }

  #takeStop(pid: number): boolean {
    const entry = this.#watchedForStops.get(pid);
    const signal = entry && !entry.exited ? this.#calls.takeStop(pid) : undefined;
    if (signal === undefined) return false;
    entry?.watcher.stopped?.(signal);
    return true;
  }
}
