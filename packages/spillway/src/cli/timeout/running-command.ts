/** The running command with its time limit and the signals sent to it, in timeout(1)'s order. */
import { clearInterval, Deadline, setInterval } from '../../base/index.js';
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

/** How the command ended; `lost` if it was reaped elsewhere. */
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
  /** The command has ended and is not reaped yet. */
  ended(): void;
}

export class RunningCommand {
  readonly #pid: number;
  readonly #foreground: boolean;
  readonly #hooks: CommandHooks;
  readonly #settle: (outcome: Outcome) => void;
  /** The signal for the next deadline. */
  #signal: number;
  #killAfterSeconds: number;
  #timedOut = false;
  #over = false;
  /** Keeps the event loop alive; signal handlers do not. */
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

  /** This process has received the signal. As in GNU's, SIGALRM means that the time is up. */
  received(signal: number): void {
    if (signal === signals.SIGALRM) this.#timeIsUp();
    else this.#send(signal);
  }

  /** Call it after each SIGCHLD, and once after the start. */
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
      // From now on each deadline sends KILL, also the first limit if a received signal came before it.
      this.#signal = signals.SIGKILL;
      this.#limit(this.#killAfterSeconds);
      this.#killAfterSeconds = 0;
    }
    this.#hooks.sending(signal);
    // To the command itself too: it may have left the group, or the group may not be its own (--foreground).
    toProcess(this.#pid, signal);
    if (this.#foreground) return;
    this.#toGroup(signal);
    if (signal === signals.SIGKILL || signal === signals.SIGCONT) return;
    // A stopped process acts on no signal but KILL until SIGCONT.
    toProcess(this.#pid, signals.SIGCONT);
    this.#toGroup(signals.SIGCONT);
  }

  /**
   * This process is in the group too and would pass the signal on again, so it ignores it; it needs SIGCHLD.
   */
  #toGroup(signal: number): void {
    if (signal !== signals.SIGCHLD && signal !== 0) ignoreSignal(signal);
    toProcess(0, signal);
  }
}

/**
 * Ignores failures: a command that runs as another user (sudo) cannot be signalled, but still be waited for.
 */
function toProcess(pid: number, signal: number): void {
  try {
    kill(pid, signal);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}
