/**
 * The controlling terminal, and which of this program's commands has it: one at a time, the others wait their
 * turn. The commands of a pipeline share a turn, since one of them may wait for another.
 *
 * A command gets the terminal at its start if its three streams are the terminal, and otherwise when it asks:
 * the kernel stops a background group that reads from its terminal, or changes its modes (SIGTTIN, SIGTTOU).
 * A command that does neither never has it, and the program keeps Ctrl-C and the keyboard.
 */
import { bestEffort, closeTerminal, kill, openControllingTerminal, signals } from '../../system/index.js';
import {
  comesFromKeyboard,
  Foreground,
  type ForegroundGroup,
  type StopAnswer,
  wantsTerminal,
} from './foreground.js';
import { interrupts } from './interrupts.js';
import type { EndOfJob, JobControl } from './job-control.js';
import { pauseOwnReading } from './own-reading.js';

export interface TurnRequest {
  /** What shares the turn: the command itself, or its pipeline. */
  readonly job: object;
  /** Its three streams are those of this program. */
  readonly hasOurStreams: boolean;
}

class Turns {
  #hasTerminal: boolean | undefined;
  #holder: Turn | undefined;
  readonly #waiting = new Set<Turn>();
  #resumeOwnReading: (() => void) | undefined;

  /** Whether this process has a controlling terminal; without one no command can be stopped for it. */
  get hasTerminal(): boolean {
    this.#hasTerminal ??= this.#lookForTerminal();
    return this.#hasTerminal;
  }

  of(request: TurnRequest): JobControl {
    return new Turn(this, request);
  }

  get isFree(): boolean {
    return this.#holder === undefined;
  }

  /** A command asks for the terminal. */
  ask(turn: Turn, signal: number): StopAnswer {
    const holder = this.#holder;
    if (holder && holder.job !== turn.job) {
      this.#waiting.add(turn);
      return 'handled';
    }
    if (holder && holder !== turn) holder.yield();
    return turn.take(signal);
  }

  holds(turn: Turn): boolean {
    return this.#holder === turn;
  }

  /** Before the terminal is given away: in the background this program may change it no more. */
  prepare(): void {
    this.#resumeOwnReading ??= pauseOwnReading();
  }

  given(turn: Turn): void {
    this.#holder = turn;
    this.#waiting.delete(turn);
  }

  /** A command is over, or the terminal could not be given to it. */
  left(turn: Turn): void {
    this.#waiting.delete(turn);
    if (this.#holder === turn) this.#holder = undefined;
    while (!this.#holder) {
      const [next] = this.#waiting;
      if (!next) break;
      this.#waiting.delete(next);
      // It asks once more, and gets the answer.
      if (next.take(signals.SIGTTIN) === 'refused') next.continueGroup();
    }
    if (this.#holder) return;
    this.#resumeOwnReading?.();
    this.#resumeOwnReading = undefined;
  }

  #lookForTerminal(): boolean {
    const terminal = openControllingTerminal();
    if (terminal !== undefined) closeTerminal(terminal);
    return terminal !== undefined;
  }
}

/** The turns of this process. */
export const turns = new Turns();

/** One command's place on the terminal. */
export class Turn implements JobControl {
  readonly #turns: Turns;
  readonly #request: TurnRequest;
  #group: ForegroundGroup | undefined;
  /** From its first wish for the terminal on. */
  #foreground: Foreground | undefined;
  #terminal: number | undefined;

  constructor(all: Turns, request: TurnRequest) {
    this.#turns = all;
    this.#request = request;
    if (!request.hasOurStreams || !all.isFree) return;
    all.prepare();
    this.#foreground = this.#open(true);
    if (this.#foreground.startsInFront) all.given(this);
    else all.left(this);
  }

  get job(): object {
    return this.#request.job;
  }

  get terminal(): number | undefined {
    return this.#foreground?.descriptor;
  }

  started(group: ForegroundGroup): void {
    this.#group = group;
    this.#foreground?.started(group);
  }

  stopped(signal: number): StopAnswer {
    if (wantsTerminal(signal)) return this.#turns.ask(this, signal);
    // A stop from elsewhere, while it has no terminal, is its sender's business.
    if (this.#turns.holds(this)) this.#foreground?.stopped(signal, stopOwnGroup);
    return 'handled';
  }

  ended({ byItself, signal }: EndOfJob): void {
    const hadTerminal = this.#turns.holds(this);
    if (hadTerminal) this.#foreground?.ended(byItself);
    this.#turns.left(this);
    const terminal = this.#terminal;
    this.#terminal = undefined;
    if (terminal !== undefined) bestEffort(() => closeTerminal(terminal));
    if (!hadTerminal || !comesFromKeyboard(signal)) return;
    // Ctrl-C reached the command alone. In one group it would have reached this program and its script, too.
    if (signal === signals.SIGINT) interrupts.announce();
    bestEffort(() => kill(0, signal));
  }

  /** Takes the terminal, or waits for it as the background job that this program is. */
  take(signal: number): StopAnswer {
    const group = this.#group;
    if (!group) return 'handled';
    this.#turns.prepare();
    if (!this.#foreground) {
      this.#foreground = this.#open(false);
      this.#foreground.started(group);
    }
    const answer = this.#foreground.stopped(signal, stopOwnGroup);
    if (this.#foreground.isGiven) this.#turns.given(this);
    else this.#turns.left(this);
    return answer;
  }

  continueGroup(): void {
    this.#foreground?.continueGroup();
  }

  #open(mayStartInFront: boolean): Foreground {
    this.#terminal = openControllingTerminal();
    return new Foreground(this.#terminal, mayStartInFront, 0);
  }

  /** Another command of the same pipeline gets it. */
  yield(): void {
    this.#foreground?.takeBack();
  }
}

/** With its default action the signal takes effect before kill(2) returns. A listener decides otherwise. */
function stopOwnGroup(signal: number): void {
  bestEffort(() => kill(0, signal));
}
