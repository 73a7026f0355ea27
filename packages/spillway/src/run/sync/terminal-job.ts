/**
 * A synchronous command as the terminal's foreground job: Ctrl-C and Ctrl-Z are for it while this program is
 * blocked.
 */
import type { Timer, Timers } from '../../base/index.js';
import {
  comesFromKeyboard,
  type EndOfJob,
  Foreground,
  type ForegroundGroup,
  type JobControl,
  type StopAnswer,
} from '../../process/index.js';
import { bestEffort, closeTerminal, kill, openControllingTerminal } from '../../system/index.js';
import type { Plan } from '../plan.js';

/** How often to look for a stop: only SIGCHLD announces it, and a blocked thread gets no signals. */
const LOOK_EVERY_MS = 50;

export class TerminalJob implements JobControl {
  readonly #terminal: number;
  readonly #foreground: Foreground;
  readonly #timers: Timers;
  readonly #look: () => void;
  #looking: Timer | undefined;
  #interrupt: number | undefined;

  private constructor(terminal: number, plan: Plan, timers: Timers, look: () => void) {
    this.#terminal = terminal;
    this.#foreground = new Foreground(terminal, true, inheritedStream(plan));
    this.#timers = timers;
    this.#look = look;
  }

  /**
   * Undefined without a controlling terminal. `look` looks for stops, and calls `stopped` when it finds one.
   */
  static open(plan: Plan, timers: Timers, look: () => void): TerminalJob | undefined {
    const terminal = plan.child.pty ? undefined : openControllingTerminal();
    return terminal === undefined ? undefined : new TerminalJob(terminal, plan, timers, look);
  }

  get terminal(): number | undefined {
    return this.#foreground.descriptor;
  }

  started(group: ForegroundGroup): void {
    this.#foreground.started(group);
    const again = () => {
      this.#look();
      this.#looking = this.#timers.after(LOOK_EVERY_MS, again);
    };
    this.#looking = this.#timers.after(LOOK_EVERY_MS, again);
  }

  stopped(signal: number): StopAnswer {
    // With its default action the signal takes effect before kill(2) returns. A listener decides otherwise.
    return this.#foreground.stopped(signal, (stop) => bestEffort(() => kill(0, stop)));
  }

  ended({ byItself, signal }: EndOfJob): void {
    this.#looking?.cancel();
    const hadTerminal = this.#foreground.isGiven;
    this.#foreground.ended(byItself);
    // Ctrl-C reached the command alone. In one group it would have reached this program and its script, too.
    if (hadTerminal && comesFromKeyboard(signal)) this.#interrupt = signal;
  }

  /** The call is over. */
  close(): void {
    this.#looking?.cancel();
    const signal = this.#interrupt;
    bestEffort(() => closeTerminal(this.#terminal));
    if (signal !== undefined) bestEffort(() => kill(0, signal));
  }
}

/** Which of the child's streams is this program's own. */
function inheritedStream({ stdin, stdout, stderr }: Plan): number | undefined {
  const found = [[stdin], stdout, stderr].findIndex(
    ([first, more]) => first?.kind === 'inherit' && more === undefined,
  );
  return found < 0 ? undefined : found;
}
