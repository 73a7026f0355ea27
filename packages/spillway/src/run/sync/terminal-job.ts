/**
 * A synchronous command as the terminal's foreground job: Ctrl-C and Ctrl-Z are for it while this program is
 * blocked.
 */
import type { Timer, Timers } from '../../base/index.js';
import { Foreground } from '../../process/index.js';
import { bestEffort, groupInFrontOf, kill, signals } from '../../system/index.js';
import type { JobControl } from '../host.js';
import type { Plan } from '../plan.js';
import type { Result } from '../result.js';

/** How often to look for a stop: only SIGCHLD announces it, and a blocked thread gets no signals. */
const LOOK_EVERY_MS = 50;
const TERMINAL = 0;

export class TerminalJob implements JobControl {
  readonly #foreground = new Foreground(TERMINAL);
  #looking: Timer | undefined;

  /** Undefined when the command's stdin is not our controlling terminal. */
  static of({ stdin }: Plan): TerminalJob | undefined {
    return stdin.kind === 'inherit' && groupInFrontOf(TERMINAL) !== undefined ? new TerminalJob() : undefined;
  }

  get terminal(): number | undefined {
    return this.#foreground.descriptor;
  }

  /** `look` looks for stops, and calls `stopped` when it finds one. */
  started(pid: number, send: (signal: number) => boolean, timers: Timers, look: () => void): void {
    this.#foreground.started({ pid, kill: send });
    const again = () => {
      look();
      this.#looking = timers.after(LOOK_EVERY_MS, again);
    };
    this.#looking = timers.after(LOOK_EVERY_MS, again);
  }

  stopped(signal: number): void {
    // With its default action the signal takes effect before kill(2) returns. A listener decides otherwise.
    this.#foreground.stopped(signal, (stop) => bestEffort(() => kill(0, stop)));
  }

  /** The command is over, or was not started: the terminal comes back. */
  ended(result: Result | undefined): void {
    this.#looking?.cancel();
    const hadTerminal = this.#foreground.isGiven || this.terminal !== undefined;
    this.#foreground.ended(result?.reason === 'exit');
    if (!hadTerminal || result?.reason !== 'signal') return;
    const { signal } = result;
    if (signal !== 'SIGINT' && signal !== 'SIGQUIT') return;
    // Ctrl-C reached the command alone. In one group it would have reached this program and its script, too.
    bestEffort(() => kill(0, signals[signal]));
  }
}
