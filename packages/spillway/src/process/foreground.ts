/**
 * Job control for one child: the terminal is handed to its process group and taken back, as a shell does it
 * for a foreground job (the C library's manual, "Implementing a Job Control Shell").
 *
 * A terminal sends Ctrl-C and Ctrl-Z to one process group, the foreground one, and stops any other that reads
 * from it or changes it. The shell knows only this program's group; the child leads another, so that all of
 * it can be signalled. So the terminal is handed on:
 *
 * - At the start, when only the child can want the terminal: stdin, stdout and stderr all are this terminal.
 * - Otherwise, as in `spillway run -- ssh host list | less`, when the child asks for it: SIGTTIN or SIGTTOU
 *   has stopped it. Handing it over at once would push the rest of the pipeline into the background.
 * - When the child stops, this program's group stops with the same signal, so that the shell takes over; when
 *   the group is continued, so is the child.
 *
 * All of it is best effort: a terminal may hang up at any time, and then no process needs it any more.
 */
import {
  bestEffort,
  canHandOverTerminal,
  groupInFrontOf,
  ownGroup,
  setForegroundGroup,
  setModes,
  signals,
  terminalModes,
} from '../system/index.js';

/** The child's process group. `kill` reaches no process once the child is over. */
export interface ForegroundGroup {
  readonly pid: number;
  kill(signal: number): boolean;
}

export class Foreground {
  /** The child's descriptor of the terminal in whose foreground it starts; undefined when it has to ask. */
  readonly descriptor: number | undefined;
  readonly #terminal: number | undefined;
  readonly #own = ownGroup();
  #group: ForegroundGroup | undefined;
  /** Whether the child's group has the terminal, or a group that the child gave it to. */
  #isGiven = false;
  /** The terminal's modes before it was given away. */
  #ownModes: Uint8Array | undefined;
  /** Those that the child had set when it was stopped. */
  #groupModes: Uint8Array | undefined;

  /**
   * `terminal`: a descriptor of the controlling terminal; undefined without one: then stops are passed on,
   * and that is all.
   */
  constructor(terminal: number | undefined) {
    this.#terminal = terminal;
    this.descriptor = [0, 1, 2].every((fd) => groupInFrontOf(fd) === this.#own) ? 0 : undefined;
    if (this.descriptor !== undefined) this.#rememberModes();
  }

  get isGiven(): boolean {
    return this.#isGiven;
  }

  /** The child has been started. */
  started(group: ForegroundGroup): void {
    this.#group = group;
    if (this.descriptor === undefined) return;
    this.#isGiven = true;
    // Not a second time: an interactive shell may have passed the terminal on to its own job by now.
    if (!canHandOverTerminal()) this.#with((terminal) => setForegroundGroup(terminal, group.pid));
  }

  /** A signal has stopped the child. `stopOwnGroup` returns when this program's group has been continued. */
  stopped(signal: number, stopOwnGroup: (signal: number) => void): void {
    if (this.#terminal === undefined) return;
    const front = groupInFrontOf(this.#terminal);
    const isFree = front === this.#own || front === this.#group?.pid;
    const wantsTerminal = signal === signals.SIGTTIN || signal === signals.SIGTTOU;
    if (wantsTerminal && isFree) {
      this.give();
      this.continueGroup();
    } else if (signal !== signals.SIGSTOP) this.#suspend(signal, stopOwnGroup);
    // A SIGSTOP by hand matters only where it leaves the person at the terminal without a shell.
    else if (this.#isGiven) this.#suspend(signals.SIGTSTP, stopOwnGroup);
  }

  give(): void {
    const group = this.#group;
    if (!group) return;
    this.#with((terminal) => {
      this.#rememberModes();
      setForegroundGroup(terminal, group.pid);
      this.#isGiven = true;
      if (this.#groupModes) setModes(terminal, this.#groupModes);
      this.#groupModes = undefined;
    });
  }

  takeBack(): void {
    this.#isGiven = false;
    this.#with((terminal) => setForegroundGroup(terminal, this.#own));
  }

  continueGroup(): void {
    this.signalGroup(signals.SIGCONT);
  }

  signalGroup(signal: number): void {
    bestEffort(() => this.#group?.kill(signal));
  }

  /**
   * This program's group was continued. A SIGSTOP that could not be seen may have given the shell the
   * terminal meanwhile.
   */
  continued(): void {
    if (this.#isGiven && groupInFrontOf(this.#terminal) === this.#own) this.give();
    this.continueGroup();
  }

  /**
   * The child is over, or was not started: the terminal comes back. A child that ended by itself leaves the
   * modes as it wants them, as `stty` does; one that did not could not clean up.
   */
  ended(endedByItself: boolean): void {
    if (!this.#isGiven && this.descriptor === undefined) return;
    this.takeBack();
    if (!endedByItself) this.#restoreModes();
  }

  #suspend(signal: number, stopOwnGroup: (signal: number) => void): void {
    if (this.#isGiven) {
      this.#with((terminal) => {
        this.#groupModes = terminalModes(terminal);
      });
      this.takeBack();
      this.#restoreModes();
    }
    stopOwnGroup(signal);
    if (this.#groupModes && groupInFrontOf(this.#terminal) === this.#own) this.give();
    this.continueGroup();
  }

  #rememberModes(): void {
    this.#with((terminal) => {
      this.#ownModes = terminalModes(terminal);
    });
  }

  #restoreModes(): void {
    const modes = this.#ownModes;
    if (modes) this.#with((terminal) => setModes(terminal, modes));
  }

  #with(act: (terminal: number) => void): void {
    const terminal = this.#terminal;
    if (terminal !== undefined) bestEffort(() => act(terminal));
  }
}
