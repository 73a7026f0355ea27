/**
 * One child's life after its start: signals to its group, termination, and the handling of its exit.
 *
 * The leader stays an unreaped zombie as long as its group may be signalled, so no signal can reach a
 * stranger.
 */
import {
  Deadline,
  isThenable,
  monotonicMs,
  nodeTimers,
  type Stopwatch,
  type Timers,
} from '../../base/index.js';
import { groupExists, SystemError, signalName, signals } from '../../system/index.js';
import type { AskedCommand, Termination } from '../policy.js';
import { type ChildOwner, type Ending, LOADED_EXECVE_MS, reaper } from '../wait/index.js';
import { Aftermath, KILL_AT_ONCE, KILL_PATIENCE_MS, LEFTOVER_PATIENCE_MS, whenGone } from './aftermath.js';
import { keyOf } from './descendant.js';
import type { Leftover } from './descendants.js';
import { cancelDeadline, type Step } from './ladder.js';
import type { LifeHooks, Owned } from './owned.js';
import { Pursuit } from './pursuit.js';
import { otherSessionGroups, signalGroups } from './session.js';

/**
 * `'lingering'`: the leader has exited; after a termination the leftovers have the rest of the grace period.
 * `'settled'`: the leader's output has been read; the leftovers are being ended, or left alone.
 */
type Phase = 'running' | 'lingering' | 'settled' | 'over';

export class OwnedProcess {
  /** Names of the signals that the ladder sent while the leader ran, in order. */
  readonly sent: string[] = [];
  readonly #owned: Owned;
  readonly #hooks: LifeHooks;
  readonly #owner: ChildOwner;
  readonly #timers: Timers;
  readonly #pursuit: Pursuit;
  #phase: Phase = 'running';
  #step: Step = { is: 'none' };

  constructor(owned: Owned, hooks: LifeHooks, owner: ChildOwner = reaper, timers = nodeTimers) {
    this.#owned = owned;
    this.#hooks = hooks;
    this.#owner = owner;
    this.#timers = timers;
    this.#pursuit = new Pursuit({
      leader: owned.pid,
      mark: owned.mark,
      census: owner.census,
      adoptsOrphans: owner.adoptsOrphans,
      holdsNumber: () => owner.holdsNumber(owned.pid),
      pipes: () => hooks.pipes(),
    });
    const watcher = {
      exited: (lost: boolean) => (lost ? this.#lose() : this.#exited()),
      stopped: hooks.stopped,
    };
    owner.add(owned.pid, watcher, owned.moment);
  }

  get pid(): number {
    return this.#owned.pid;
  }

  get mark(): string {
    return this.#owned.mark;
  }

  get clock(): Stopwatch {
    return this.#owned.clock;
  }

  get gate(): Owned['gate'] {
    return this.#owned.gate;
  }

  get running(): boolean {
    return this.#phase === 'running';
  }

  /** Whether it has exited, even if SIGCHLD is still on its way. */
  checkExit(): boolean {
    return this.#owner.check(this.pid);
  }

  /** It no longer holds the event loop. */
  unref(): void {
    this.#owner.unref(this.pid);
  }

  /** Signals the group; false when nothing is left of it. Errors: EPERM if it runs as another user. */
  signal(signal: number): boolean {
    if (this.#phase === 'over') return false;
    const { terminal } = this.#owned;
    const reached = this.#owner.signal(this.pid, signal);
    if (!terminal) return reached;
    return signalGroups(otherSessionGroups(this.pid, terminal.master), signal) || reached;
  }

  /** Announces a termination: leftovers of an earlier exit are treated as after a termination. */
  announce(): void {
    if (this.#step.is === 'none') this.#step = { is: 'announced' };
  }

  /**
   * The ladder: signal, grace period, SIGKILL. It is for the whole group, and for processes outside it unless
   * `leftovers` spares them. A second call changes nothing, except that `anew` restarts the ladder, for a
   * caller that no longer waits.
   */
  terminate(termination: Termination, anew = false): void {
    if (this.#phase === 'over' || this.#step.is === 'killed') return;
    if ((this.#step.is === 'signalled' || this.#step.is === 'asked') && !anew) return;
    cancelDeadline(this.#step);
    if (termination.ask && this.running) this.#ask(termination, termination.ask);
    else this.#signalFirst(termination);
  }

  #ask(termination: Termination, ask: (command: AskedCommand) => unknown): void {
    const step = {
      is: 'asked',
      untilSignal: new Deadline(termination.grace, () => goOn(), this.#timers),
    } as const;
    const goOn = () => {
      if (this.#step !== step) return;
      step.untilSignal.cancel();
      this.#signalFirst(termination);
    };
    this.#step = step;
    try {
      const kill = (signal: number) => this.signal(signal);
      const asked = ask({ pid: this.pid, stdin: this.#hooks.stdin(), kill });
      // One that fails has not asked.
      if (isThenable(asked)) asked.then(undefined, goOn);
    } catch {
      goOn();
    }
  }

  #signalFirst({ signal, grace }: Termination): void {
    const untilKill = new Deadline(grace, () => this.#kill(), this.#timers);
    this.#step = { is: 'signalled', untilKill };
    if (this.running) this.sent.push(signalName(signal));
    if (signal === signals.SIGKILL && this.#endsLeftovers) this.#pursuit.killByCgroup(this.running);
    this.#signalAll(signal);
  }

  /** For `leftovers: 'wait'`: the streams have ended, so the wait is over. */
  release(): void {
    this.#finish();
  }

  get #endsLeftovers(): boolean {
    return this.#owned.leftovers === 'kill' || this.#owned.leftovers === 'kill-all';
  }

  /** After a normal exit, a detached process is meant to live on. */
  get #endsDetached(): boolean {
    if (this.#owned.leftovers === 'kill-all') return true;
    if (this.#owned.leftovers !== 'kill') return false;
    return this.#step.is !== 'none' || this.#owner.wasKilled(this.pid);
  }

  #exited(): void {
    this.#phase = 'lingering';
    if (this.#step.is !== 'signalled' || !this.#endsLeftovers) {
      this.#settleOnceKnown();
      return;
    }
    // The leader went at the first signal; the leftovers have the rest of the grace period.
    const isOver = () => {
      const rest = this.#pursuit.look(true) ?? [];
      return rest.length === 0 || this.#step.is === 'killed';
    };
    whenGone(this.#timers, isOver, () => this.#settle());
  }

  /** A process in the middle of execve(2) does not show yet whose it is: waits for all of them together. */
  #settleOnceKnown(): void {
    const rest = this.#pursuit.look(true);
    const end = monotonicMs() + LOADED_EXECVE_MS;
    const isKnown = () => {
      this.#pursuit.look(true);
      return !this.#pursuit.isUnsettled || monotonicMs() >= end;
    };
    if (this.#pursuit.isUnsettled) whenGone(this.#timers, isKnown, () => this.#settle());
    else this.#settle(rest);
  }

  /** Has the leader's output read, and ends the leftovers or leaves them alone. */
  #settle(rest = this.#pursuit.look(true)): void {
    if (this.#phase !== 'lingering') return;
    this.#phase = 'settled';
    const detachedToo = (this.#step.is === 'killed' || (rest?.length ?? 0) > 0) && this.#endsDetached;
    const found = rest?.filter(({ inGroup }) => (inGroup ? this.#endsLeftovers : detachedToo)) ?? [];
    // Without a member in sight it costs nothing; without /proc, none is in sight.
    if (found.length === 0 && this.#endsLeftovers) this.#send(signals.SIGKILL);
    if (found.length === 0 && detachedToo) this.#pursuit.killByCgroup(false);
    this.#hooks.exited(found.length > 0);
    if (this.#owned.leftovers === 'wait') return;
    if (!this.#endsLeftovers || (found.length === 0 && this.#pursuit.finishCgroup())) {
      this.#finish();
      return;
    }
    const termination = this.#step.is === 'killed' ? KILL_AT_ONCE : this.#owned.leftoverTermination;
    const aftermath = new Aftermath(this.#pursuit, this.#timers, (signal) => this.#send(signal));
    aftermath.end({ found, detachedToo, termination }, () => this.#finish());
  }

  #finish(): void {
    if (this.#phase !== 'settled') return;
    this.#close();
    const ending = this.#owner.reap(this.pid);
    const leftovers = this.#pursuit.report();
    const end = () => this.#end(ending, leftovers);
    if (!this.#endsLeftovers || !this.#pursuit.isBlind || !groupExists(this.pid)) {
      end();
      return;
    }
    // Without /proc, signal 0 tells whether the group has members, but not before the leader is reaped: its
    // zombie counts as one. Signal 0 is harmless to a stranger.
    const since = monotonicMs();
    whenGone(
      this.#timers,
      () => !groupExists(this.pid) || monotonicMs() - since >= LEFTOVER_PATIENCE_MS,
      end,
    );
  }

  #kill(): void {
    const untilAbandoned = new Deadline(KILL_PATIENCE_MS, () => this.#abandon(), this.#timers);
    this.#step = { is: 'killed', untilAbandoned };
    if (this.running) this.sent.push(signalName(signals.SIGKILL));
    const areAllKilled = this.#endsLeftovers && this.#pursuit.killByCgroup(this.running);
    if (areAllKilled) this.#send(signals.SIGKILL);
    else this.#signalAll(signals.SIGKILL);
    if (this.#phase === 'settled' && this.#owned.leftovers === 'wait') {
      // A process outside the group still holds the streams; stop waiting for it.
      this.#hooks.exited(false);
      this.#finish();
    }
  }

  #abandon(): void {
    if (this.#phase === 'over') return;
    this.#close();
    this.#owner.abandon(this.pid);
    this.#end('abandoned', this.#pursuit.report());
  }

  /** Another part of the program has reaped it: its pid may be a stranger's, so it gets no more signals. */
  #lose(): void {
    this.#close();
    this.#hooks.exited(false);
    this.#end(this.#owner.reap(this.pid), []);
  }

  #close(): void {
    this.#phase = 'over';
    cancelDeadline(this.#step);
    this.#pursuit.abandonCgroup();
  }

  #end(ending: Ending | 'abandoned', leftovers: readonly Leftover[]): void {
    this.#owned.guarded?.release();
    this.#hooks.ended(ending, leftovers);
  }

  /** The group and, unless `leftovers` spares them, the descendants outside of it. */
  #signalAll(signal: number): void {
    // By its parent, which may be gone after the signal, a process that shows no mark is found.
    const before = (this.#endsLeftovers && this.#pursuit.look(true)) || [];
    // The group first, so that the leader dies of the signal, not of the death of a detached process.
    this.#send(signal);
    if (!this.#endsLeftovers) return;
    const known = new Set(before.map(keyOf));
    const since = this.#pursuit.look(true)?.filter((one) => !known.has(keyOf(one))) ?? [];
    this.#pursuit.signalDetached([...before, ...since], signal);
  }

  /** Sends a signal and ignores EPERM: the grace period ends in SIGKILL or `'abandoned'` anyway. */
  #send(signal: number): void {
    try {
      this.signal(signal);
      // A stopped process acts only on SIGKILL until it is continued.
      if (signal !== signals.SIGKILL) this.signal(signals.SIGCONT);
    } catch (error) {
      if (!(error instanceof SystemError && error.code === 'EPERM')) throw error;
    }
  }
}
