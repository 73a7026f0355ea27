/**
 * One child's life after its start: signals to its group, its termination, and the settling of its exit.
 *
 * The leader stays an unreaped zombie for as long as its group may be signalled, so no signal can reach a stranger.
 */
import { kill, liveGroupMembers, SystemError, signals } from '../system/index.js';
import { Deadline } from './deadline.js';
import { type Ending, type Reaper, reaper } from './reaper.js';

/** What becomes of processes that the child leaves in its group. */
export type Leftovers = 'kill' | 'wait' | 'leave';

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
  ended(ending: Ending | 'abandoned'): void;
  /** A step of the ladder has been taken while the leader still ran. */
  escalated?(signal: number): void;
  stopped?(signal: number): void;
}

/** How long something may take to die of SIGKILL; only a process stuck in the kernel, or another user's, takes longer. */
const KILL_PATIENCE_MS = 5000;
/** How long a result waits for killed leftovers to be gone. */
const LEFTOVER_PATIENCE_MS = 1000;

export class OwnedProcess {
  readonly pid: number;
  readonly #hooks: LifeHooks;
  readonly #leftovers: Leftovers;
  readonly #reaper: Reaper;
  #state: 'running' | 'exited' | 'over' = 'running';
  #grace: Deadline | undefined;
  #killed = false;

  constructor(pid: number, leftovers: Leftovers, hooks: LifeHooks, owner: Reaper = reaper) {
    this.pid = pid;
    this.#hooks = hooks;
    this.#leftovers = leftovers;
    this.#reaper = owner;
    owner.add(pid, {
      exited: (lost) => (lost ? this.#lost() : this.#exited()),
      ...(hooks.stopped ? { stopped: (signal: number) => hooks.stopped?.(signal) } : {}),
    });
  }

  /** True until the exit is known. */
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
    return kill(-this.pid, signal);
  }

  /**
   * The ladder: signal, grace period, SIGKILL, for the whole group. A second call changes nothing, unless it is to begin anew, as when
   * somebody will not wait any longer.
   */
  terminate({ signal, grace }: Termination, anew = false): void {
    if (this.#state === 'over' || this.#killed || (this.#grace && !anew)) return;
    this.#grace?.cancel();
    this.#grace = new Deadline(grace, () => this.#kill());
    if (this.#state === 'running') this.#hooks.escalated?.(signal);
    this.#send(signal);
    // A stopped process acts on nothing but SIGKILL until it is continued.
    if (signal !== signals.SIGKILL) this.#send(signals.SIGCONT);
  }

  /** For `leftovers: 'wait'`: the streams have ended, so nobody is left to wait for. */
  release(): void {
    if (this.#state === 'exited') this.#finish();
  }

  /** Its pid may be a stranger's by now: nothing is signalled any more. */
  #lost(): void {
    this.#state = 'over';
    this.#grace?.cancel();
    this.#hooks.exited();
    this.#hooks.ended(this.#reaper.reap(this.pid));
  }

  #exited(): void {
    this.#state = 'exited';
    if (this.#grace && this.#leftovers === 'kill' && !this.#killed) {
      // The leader went at the first signal; the rest of the group has what is left of the grace period.
      this.#whenGroupIsGone(Number.POSITIVE_INFINITY, () => this.#settle());
      return;
    }
    this.#settle();
  }

  #settle(): void {
    if (this.#state !== 'exited') return;
    if (this.#leftovers === 'kill') this.#send(signals.SIGKILL);
    this.#hooks.exited();
    if (this.#leftovers !== 'wait') this.#finish();
  }

  #finish(): void {
    if (this.#state !== 'exited') return;
    this.#state = 'over';
    this.#grace?.cancel();
    const ending = this.#reaper.reap(this.pid);
    // With the leader gone, the group exists only if something is left in it. Signal 0 cannot hurt anyone.
    if (this.#leftovers !== 'kill' || !groupExists(this.pid)) {
      this.#hooks.ended(ending);
      return;
    }
    this.#whenGroupIsGone(LEFTOVER_PATIENCE_MS, () => this.#hooks.ended(ending));
  }

  /** Polls, since the kernel tells nobody about the end of another's child. Only leftovers and terminated groups come here. */
  #whenGroupIsGone(patience: number, then: () => void): void {
    const since = performance.now();
    const look = (pause: number) => {
      if (
        this.#groupIsGone() ||
        (this.#killed && this.#state === 'exited') ||
        performance.now() - since >= patience
      )
        then();
      else setTimeout(look, pause, Math.min(pause * 2, 50));
    };
    look(1);
  }

  #groupIsGone(): boolean {
    const members = liveGroupMembers(this.pid);
    if (members) return members.length === 0;
    // Without /proc, signal 0 tells, but not while the zombie of the leader counts as a member.
    return this.#state === 'exited' || !groupExists(this.pid);
  }

  #kill(): void {
    this.#killed = true;
    if (this.#state === 'running') this.#hooks.escalated?.(signals.SIGKILL);
    this.#send(signals.SIGKILL);
    this.#grace = new Deadline(KILL_PATIENCE_MS, () => this.#abandon());
    if (this.#state === 'exited' && this.#leftovers === 'wait') {
      // What still holds the streams has left the group; they are not waited for any longer than this.
      this.#hooks.exited();
      this.#finish();
    }
  }

  #abandon(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#reaper.abandon(this.pid);
    this.#hooks.ended('abandoned');
  }

  /** A signal of ours; that it may not be sent is found out by what does not happen then. */
  #send(signal: number): void {
    try {
      this.signal(signal);
    } catch (error) {
      if (!(error instanceof SystemError && error.code === 'EPERM')) throw error;
    }
  }
}

function groupExists(group: number): boolean {
  try {
    return kill(-group, 0);
  } catch {
    // EPERM: it does, and is another user's.
    return true;
  }
}
