/**
 * A synchronous command that inherits the terminal as stdin is its foreground job while this program is blocked: it may read, and Ctrl-C
 * and Ctrl-Z are for it. `cli/foreground-job.ts` explains the rules; that one lives in an event loop, and lets others of its group ask.
 *
 * Everything here is best effort: a terminal may hang up at any time, and then nobody needs it any more.
 */

import type { Timer } from '../base/index.js';
import {
  bestEffort,
  canHandOverTerminal,
  groupInFrontOf,
  kill,
  ownGroup,
  type PollLoop,
  setForegroundGroup,
  setModes,
  signals,
  terminalModes,
} from '../system/index.js';
import type { JobControl } from './job-control.js';
import type { Plan } from './plan.js';
import type { ResultFacts } from './result.js';

/** Between two looks whether the command was stopped: the kernel tells by SIGCHLD alone, of which a blocked thread hears nothing. */
const LOOK_EVERY_MS = 50;
const TERMINAL = 0;

export class TerminalJob implements JobControl {
  /** Set when nobody but the command can want the terminal: it starts in the foreground. Otherwise it gets there when it reads. */
  readonly terminal: number | undefined;
  readonly #own = ownGroup();
  #pid: number | undefined;
  #given = false;
  #ownModes: Uint8Array | undefined;
  #commandModes: Uint8Array | undefined;
  #looking: Timer | undefined;

  /** Undefined when the command's stdin is not our controlling terminal. */
  static of({ stdin: { stdio, opened } }: Plan): TerminalJob | undefined {
    const inherits = stdio.kind === 'descriptor' && stdio.fd === TERMINAL && opened.length === 0;
    return inherits && groupInFrontOf(TERMINAL) !== undefined ? new TerminalJob() : undefined;
  }

  private constructor() {
    this.terminal = [0, 1, 2].every((fd) => groupInFrontOf(fd) === this.#own) ? TERMINAL : undefined;
    if (this.terminal !== undefined) this.#rememberModes();
  }

  /** `look` looks for stops, and calls `stopped` when it finds one. */
  started(pid: number, loop: PollLoop, look: () => void): void {
    this.#pid = pid;
    if (this.terminal !== undefined) {
      this.#given = true;
      if (!canHandOverTerminal()) bestEffort(() => setForegroundGroup(TERMINAL, pid));
    }
    const again = () => {
      look();
      this.#looking = loop.after(LOOK_EVERY_MS, again);
    };
    this.#looking = loop.after(LOOK_EVERY_MS, again);
  }

  stopped(signal: number): void {
    const inFront = groupInFrontOf(TERMINAL);
    const wantsTerminal = signal === signals.SIGTTIN || signal === signals.SIGTTOU;
    if (wantsTerminal && (inFront === this.#own || inFront === this.#pid)) this.#give();
    else if (signal === signals.SIGSTOP && !this.#given) return;
    else this.#suspend(signal === signals.SIGSTOP ? signals.SIGTSTP : signal);
    this.#continueCommand();
  }

  /** The command is over, or was not started: the terminal comes back. */
  ended(facts: ResultFacts | undefined): void {
    this.#looking?.cancel();
    if (!this.#given && this.terminal === undefined) return;
    bestEffort(() => setForegroundGroup(TERMINAL, this.#own));
    // A command that ended by itself leaves the modes as it wants them, as `stty` does; one that did not could not clean up.
    if (facts?.reason !== 'exit') this.#restoreModes();
    if (facts?.reason !== 'signal' || (facts.signal !== 'SIGINT' && facts.signal !== 'SIGQUIT')) return;
    // Ctrl-C went to the command alone. Without us it would have reached this program, too, and the script around it.
    const signal = signals[facts.signal];
    bestEffort(() => kill(0, signal));
  }

  #give(): void {
    const group = this.#pid;
    if (group === undefined) return;
    bestEffort(() => {
      this.#rememberModes();
      setForegroundGroup(TERMINAL, group);
      this.#given = true;
      if (this.#commandModes) setModes(TERMINAL, this.#commandModes);
      this.#commandModes = undefined;
    });
  }

  /** Our group stops as the command did, so that the shell takes over; returns when it has been continued. */
  #suspend(signal: number): void {
    const had = this.#given;
    if (had) {
      bestEffort(() => {
        this.#commandModes = terminalModes(TERMINAL);
      });
      this.#given = false;
      bestEffort(() => setForegroundGroup(TERMINAL, this.#own));
      this.#restoreModes();
    }
    // With its default action it takes effect before kill(2) returns. A program that listens to it decides for itself.
    bestEffort(() => kill(0, signal));
    if (had && groupInFrontOf(TERMINAL) === this.#own) this.#give();
  }

  #continueCommand(): void {
    const group = this.#pid;
    if (group !== undefined) bestEffort(() => kill(-group, signals.SIGCONT));
  }

  #rememberModes(): void {
    bestEffort(() => {
      this.#ownModes = terminalModes(TERMINAL);
    });
  }

  #restoreModes(): void {
    const modes = this.#ownModes;
    if (modes) bestEffort(() => setModes(TERMINAL, modes));
  }
}
