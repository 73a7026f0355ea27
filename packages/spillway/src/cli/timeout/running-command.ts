/**
 * The running command, its time limit, and the signals on the way to it, in timeout(1)'s order of things.
 */
import { Deadline } from '../../base/index.js';
import {
  type ExitStatus,
  ignoreSignal,
  kill,
  peekChild,
  reap,
  SystemError,
  signals,
} from '../../system/index.js';
import type { TimeoutRequest } from './options.js';

/** How the command ended; `lost` when somebody else has reaped it. */
export type Outcome =
  | { readonly kind: 'lost' }
  | {
      readonly kind: 'ended';
      readonly status: ExitStatus;
      readonly dumpedCore: boolean;
      readonly timedOut: boolean;
    };

export interface CommandHooks {
  /** A signal is about to be sent to the command. */
  sending(signal: number): unknown;
  /** It has ended, and is still a zombie. */
  ended(): void;
}

export class RunningCommand {
  readonly #pid: number;
  readonly #foreground: boolean;
  readonly #hooks: CommandHooks;
  readonly #settle: (outcome: Outcome) => void;
  /** What is sent next when a time is up. */
  #signal: number;
  #killAfterSeconds: number;
  #timedOut = false;
  #over = false;
  /** Handlers of signals do not hold the event loop. */
  readonly #hold = setInterval(() => {}, 2 ** 31 - 1);
  readonly #deadlines: Deadline[] = [];

  constructor(pid: number, request: TimeoutRequest, hooks: CommandHooks, settle: (outcome: Outcome) => void) {
    this.#pid = pid;
    this.#foreground = request.foreground;
    this.#signal = request.signal;
    this.#killAfterSeconds = request.killAfterSeconds;
    this.#hooks = hooks;
    this.#settle = settle;
    this.#limit(request.seconds);
  }

  /** Somebody has sent us this signal. SIGALRM means that the time is up. */
  received(signal: number): void {
    if (signal === signals.SIGALRM) this.#timeIsUp();
    else this.#send(signal);
  }

  /** To be called after each SIGCHLD, and once after the start. */
  look(): void {
    if (this.#over || peekChild(this.#pid) === 'running') return;
    this.#over = true;
    this.#hooks.ended();
    const ending = reap(this.#pid);
    clearInterval(this.#hold);
    for (const deadline of this.#deadlines) deadline.cancel();
    this.#settle(ending ? { kind: 'ended', ...ending, timedOut: this.#timedOut } : { kind: 'lost' });
  }

  #limit(seconds: number): void {
    if (seconds > 0) {
      this.#deadlines.push(new Deadline(Math.ceil(seconds * 1000), () => this.#timeIsUp()));
    }
  }

  #timeIsUp(): void {
    this.#timedOut = true;
    this.#send(this.#signal);
  }

  #send(signal: number): void {
    if (this.#over) return;
    if (this.#killAfterSeconds > 0) {
      // From here on a time that is up means KILL, the first limit included when somebody else's signal came before it.
      this.#signal = signals.SIGKILL;
      this.#limit(this.#killAfterSeconds);
      this.#killAfterSeconds = 0;
    }
    this.#hooks.sending(signal);
    // To itself as well, in case it has left our group, or the group is not ours.
    toProcess(this.#pid, signal);
    if (this.#foreground) return;
    this.#toGroup(signal);
    if (signal === signals.SIGKILL || signal === signals.SIGCONT) return;
    // A stopped process dies of nothing but KILL until it is continued.
    toProcess(this.#pid, signals.SIGCONT);
    this.#toGroup(signals.SIGCONT);
  }

  /** We are a member of it, too, and would pass on what we have just sent. SIGCHLD alone is still needed. */
  #toGroup(signal: number): void {
    if (signal !== signals.SIGCHLD && signal !== 0) ignoreSignal(signal);
    toProcess(0, signal);
  }
}

/** A command that runs as another user, as sudo does, may not be signalled; that is no reason not to wait for it. */
function toProcess(pid: number, signal: number): void {
  try {
    kill(pid, signal);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}
