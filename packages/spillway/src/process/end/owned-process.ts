/**
 * One child's life after its start: signals to its group, its termination, and the settling of its exit.
 *
 * The leader stays an unreaped zombie for as long as its group may be signalled, so no signal can reach a stranger.
 */

import { Deadline, nodeTimers, type Timers } from '../../base/index.js';
import { groupExists, SystemError, signals } from '../../system/index.js';
import type { ChildOwner } from '../wait/index.js';
import { type Ending, reaper } from '../wait/index.js';
import { CgroupKill } from './cgroup-kill.js';
import { type Descendant, Descendants, type Leftover, signalEach } from './descendants.js';
import { otherSessionGroups, signalGroups } from './session.js';

/** What becomes of processes that the child leaves behind. */
export type Leftovers = 'kill' | 'kill-all' | 'wait' | 'leave';

export interface Termination {
  /** The first signal; SIGKILL follows. */
  readonly signal: number;
  /** Milliseconds between the two. */
  readonly grace: number;
}

export interface LifeHooks {
  /** The leader has exited and nothing of its group will write any more, unless it was left alive: read what is there. */
  exited(): void;
  /** All is over. `'abandoned'`: it could not be ended, even by SIGKILL, and is no longer waited for. */
  ended(ending: Ending | 'abandoned', leftovers: readonly Leftover[]): void;
  /** A step of the ladder has been taken while the leader still ran. */
  escalated?(signal: number): void;
  stopped?(signal: number): void;
  /** The inode of the pipe behind each of its standard streams that is still open here. */
  pipes?(): readonly (readonly ['stdin' | 'stdout' | 'stderr', number])[];
}

export interface Owned {
  readonly pid: number;
  /** What the environments of its descendants contain. */
  readonly mark: string;
  readonly leftovers: Leftovers;
  /** The terminal of the session that it leads, if it leads one: signals reach all of the session's groups. */
  readonly terminal?: { readonly master: number | undefined } | undefined;
}

/** How long something may take to die of SIGKILL; only a process stuck in the kernel, or another user's, takes longer. */
const KILL_PATIENCE_MS = 5000;
/** How long a result waits for killed leftovers to be gone, from the last one that was found. */
const LEFTOVER_PATIENCE_MS = 1000;

export class OwnedProcess {
  readonly pid: number;
  readonly #hooks: LifeHooks;
  readonly #leftovers: Leftovers;
  readonly #terminal: Owned['terminal'];
  readonly #reaper: ChildOwner;
  readonly #timers: Timers;
  readonly #descendants: Descendants;
  /** Made when something beside the leader has to be ended by force. */
  #cgroup: CgroupKill | undefined;
  #state: 'running' | 'exited' | 'over' = 'running';
  #grace: Deadline | undefined;
  #isDoomed = false;
  #killed = false;
  #settled = false;

  constructor(
    { pid, mark, leftovers, terminal }: Owned,
    hooks: LifeHooks,
    owner: ChildOwner = reaper,
    timers = nodeTimers,
  ) {
    this.pid = pid;
    this.#hooks = hooks;
    this.#leftovers = leftovers;
    this.#terminal = terminal;
    this.#reaper = owner;
    this.#timers = timers;
    this.#descendants = new Descendants({
      leader: pid,
      mark,
      census: owner.census,
      adoptsOrphans: owner.adoptsOrphans,
      pipes: () => hooks.pipes?.() ?? [],
    });
    owner.add(pid, {
      exited: (lost) => (lost ? this.#lost() : this.#exited()),
      ...(hooks.stopped ? { stopped: (signal: number) => hooks.stopped?.(signal) } : {}),
    });
  }

  get running(): boolean {
    return this.#state === 'running';
  }

  /** Looks whether it has exited, in case the signal that tells is still on its way. */
  checkExit(): boolean {
    return this.#reaper.check(this.pid);
  }

  /** Sends a signal to the group; false when all of it is over. Errors: EPERM when it runs as another user. */
  signal(signal: number): boolean {
    if (this.#state === 'over') return false;
    const reached = this.#reaper.signal(this.pid, signal);
    if (!this.#terminal) return reached;
    return signalGroups(otherSessionGroups(this.pid, this.#terminal.master), signal) || reached;
  }

  /**
   * The ladder: signal, grace period, SIGKILL, for the whole group, and for what has left it unless it is to be left alone. A second
   * call changes nothing, unless it is to begin anew, as when somebody will not wait any longer.
   */
  terminate({ signal, grace }: Termination, anew = false): void {
    if (this.#state === 'over' || this.#killed || (this.#grace && !anew)) return;
    this.#grace?.cancel();
    this.#grace = new Deadline(grace, () => this.#kill(), this.#timers);
    if (this.#state === 'running') this.#hooks.escalated?.(signal);
    if (signal === signals.SIGKILL && this.#endsLeftovers) this.#killByCgroup();
    // The group first, so that the leader dies of the signal, and not of the end of what it has started elsewhere.
    this.#send(signal);
    this.#sendToDetached(signal);
  }

  /** It will be terminated soon: what it leaves when it exits before that is treated as after a termination. */
  doom(): void {
    this.#isDoomed = true;
  }

  /** For `leftovers: 'wait'`: the streams have ended, so nobody is left to wait for. */
  release(): void {
    if (this.#state === 'exited') this.#finish();
  }

  get #endsLeftovers(): boolean {
    return this.#leftovers === 'kill' || this.#leftovers === 'kill-all';
  }

  /** Its pid may be a stranger's by now: nothing is signalled any more. */
  #lost(): void {
    this.#state = 'over';
    this.#grace?.cancel();
    this.#cgroup?.abandon();
    this.#hooks.exited();
    this.#hooks.ended(this.#reaper.reap(this.pid), []);
  }

  #exited(): void {
    this.#state = 'exited';
    if (this.#grace && this.#endsLeftovers && !this.#killed) {
      // The leader went at the first signal; the rest has what is left of the grace period.
      const isOver = () => {
        const rest = this.#rest(true);
        this.#descendants.note(rest, 'killed');
        return rest.length === 0 || this.#killed;
      };
      this.#whenGone(isOver, () => this.#settle());
      return;
    }
    this.#settle();
  }

  /** What the leader has left is ended or left alone, and what it wrote is read. */
  #settle(): void {
    if (this.#state !== 'exited' || this.#settled) return;
    this.#settled = true;
    const rest = this.#descendants.look();
    const group = this.#endsLeftovers ? (rest?.filter(({ inGroup }) => inGroup) ?? []) : [];
    const detached = rest?.filter(({ inGroup }) => !inGroup) ?? [];
    if ((this.#killed || rest?.length) && this.#endsDetached()) this.#killByCgroup();
    if (this.#endsLeftovers) this.#send(signals.SIGKILL);
    const doomed = detached.length > 0 && this.#endsDetached() ? detached : [];
    signalEach(doomed, signals.SIGKILL);
    this.#descendants.note([...group, ...doomed], 'killed');
    this.#hooks.exited();
    if (this.#leftovers === 'wait') return;
    if (this.#endsLeftovers && (group.length > 0 || doomed.length > 0 || !this.#finishCgroup()))
      this.#finishWhenGone(doomed.length > 0);
    else this.#finish();
  }

  /** After a normal exit, what detached itself did so on purpose. */
  #endsDetached(): boolean {
    if (this.#leftovers === 'kill-all') return true;
    return (
      this.#leftovers === 'kill' &&
      (this.#isDoomed || this.#grace !== undefined || this.#reaper.wasKilled(this.pid))
    );
  }

  /** Ends what is left for as long as anything is: a program that forks as fast as it can may do so once more. */
  #finishWhenGone(detachedToo: boolean): void {
    let least = Number.POSITIVE_INFINITY;
    const since = performance.now();
    let lastProgress = since;
    const isOver = () => {
      const rest = this.#rest(detachedToo);
      if (rest.length === 0 && this.#finishCgroup()) return true;
      this.#descendants.note(rest, 'killed');
      if (this.#endsDetached()) this.#killByCgroup();
      this.#send(signals.SIGKILL);
      signalEach(
        rest.filter(({ inGroup }) => !inGroup),
        signals.SIGKILL,
      );
      const now = performance.now();
      if (rest.length < least) lastProgress = now;
      least = Math.min(least, rest.length);
      return now - lastProgress >= LEFTOVER_PATIENCE_MS || now - since >= KILL_PATIENCE_MS;
    };
    this.#whenGone(isOver, () => this.#finish());
  }

  #finish(): void {
    if (this.#state !== 'exited') return;
    this.#state = 'over';
    this.#grace?.cancel();
    this.#cgroup?.abandon();
    const ending = this.#reaper.reap(this.pid);
    this.#descendants.settle();
    const end = () => this.#hooks.ended(ending, this.#descendants.report());
    if (!this.#endsLeftovers || !this.#descendants.areUnseen || !groupExists(this.pid)) {
      end();
      return;
    }
    // Without /proc, signal 0 tells, but not while the zombie of the leader counts as a member. It cannot hurt anyone.
    const since = performance.now();
    this.#whenGone(() => !groupExists(this.pid) || performance.now() - since >= LEFTOVER_PATIENCE_MS, end);
  }

  /** Polls, since the kernel tells nobody about the end of another's child. Only leftovers and terminated groups come here. */
  #whenGone(isOver: () => boolean, then: () => void): void {
    const look = (pause: number) => {
      if (isOver()) then();
      else this.#timers.after(pause, () => look(Math.min(pause * 2, 50)));
    };
    look(1);
  }

  /** What lives of it. */
  #rest(detachedToo: boolean): readonly Descendant[] {
    return this.#descendants.look()?.filter(({ inGroup }) => inGroup || detachedToo) ?? [];
  }

  #kill(): void {
    this.#killed = true;
    if (this.#state === 'running') this.#hooks.escalated?.(signals.SIGKILL);
    const areAllKilled = this.#endsLeftovers && this.#killByCgroup();
    this.#send(signals.SIGKILL);
    if (!areAllKilled) this.#sendToDetached(signals.SIGKILL);
    this.#grace = new Deadline(KILL_PATIENCE_MS, () => this.#abandon(), this.#timers);
    if (this.#state === 'exited' && this.#leftovers === 'wait') {
      // What still holds the streams has left the group; they are not waited for any longer than this.
      this.#hooks.exited();
      this.#finish();
    }
  }

  #abandon(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#cgroup?.abandon();
    this.#reaper.abandon(this.pid);
    this.#descendants.settle();
    this.#hooks.ended('abandoned', this.#descendants.report());
  }

  /**
   * For where it does not end at the group: a signal to that reaches all of it, what is being forked included, but what leaves it in
   * that moment is found only at the next look, when it may have forked again. False where signals are still needed.
   */
  #killByCgroup(): boolean {
    this.#cgroup ??= new CgroupKill(this.#descendants);
    this.#descendants.note(this.#cgroup.kill(this.#state === 'running'), 'killed', 'cgroup.kill');
    return this.#cgroup.hasKilledAll;
  }

  #finishCgroup(): boolean {
    return this.#cgroup?.tryToFinish() ?? true;
  }

  #sendToDetached(signal: number): void {
    if (!this.#endsLeftovers) return;
    const rest = this.#rest(true);
    // Those in the group have had the signal already.
    this.#descendants.note(rest, 'killed');
    const detached = rest.filter(({ inGroup }) => !inGroup);
    signalEach(detached, signal);
    if (signal !== signals.SIGKILL) signalEach(detached, signals.SIGCONT);
  }

  /** A signal of ours; that it may not be sent is found out by what does not happen then. */
  #send(signal: number): void {
    try {
      this.signal(signal);
      // A stopped process acts on nothing but SIGKILL until it is continued.
      if (signal !== signals.SIGKILL) this.signal(signals.SIGCONT);
    } catch (error) {
      if (!(error instanceof SystemError && error.code === 'EPERM')) throw error;
    }
  }
}
