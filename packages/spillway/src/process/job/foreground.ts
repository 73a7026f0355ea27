/**
 * Job control for one child: gives the terminal to the child's process group and takes it back, as a shell
 * does for a foreground job (the C library's manual, "Implementing a Job Control Shell").
 *
 * A terminal sends Ctrl-C and Ctrl-Z to the foreground process group, and stops any other group that reads
 * from it or changes its modes. The shell knows only this program's group; the child leads another, so that
 * one signal reaches all of it. The terminal therefore changes hands:
 *
 * - At the start, if stdin, stdout and stderr all are this terminal: then only the child can want it.
 * - Otherwise, as in `spillway run -- ssh host list | less`, when SIGTTIN or SIGTTOU has stopped the child.
 *   Giving the terminal away at the start would push the rest of the pipeline into the background.
 * - When the child stops, this program's group stops with the same signal, and the shell takes over. When the
 *   shell continues the group, the group continues the child.
 *
 * Every step is best effort: a terminal may hang up at any time, and then no process needs it any more.
 */
import { monotonicMs } from '../../base/index.js';
import {
  bestEffort,
  canHandOverTerminal,
  groupInFrontOf,
  ownGroup,
  setForegroundGroup,
  setModes,
  signals,
  terminalModes,
} from '../../system/index.js';

/** The child's process group. `signal` reaches no process once the child has been reaped. */
export interface ForegroundGroup {
  readonly pid: number;
  signal(signal: number): boolean;
}

/** `'refused'`: the group wants the terminal, and neither this program nor a shell can give it. */
export type StopAnswer = 'handled' | 'refused';

/**
 * A stop of this program's own group that ends sooner was none: the kernel drops it where no process could
 * continue the group (an orphaned group), and a signal that is ignored or handled stops nothing.
 */
const SHORTEST_STOP_MS = 2;
/** A shell that continues a job at once is possible; one that does so five times in a row is not. */
const MOST_SHORT_STOPS = 5;

export class Foreground {
  /** The child's descriptor of the terminal if it gets the terminal by its start; undefined otherwise. */
  readonly descriptor: number | undefined;
  /** Whether the child has the terminal from its start on. */
  readonly startsInFront: boolean;
  readonly #terminal: number | undefined;
  readonly #own = ownGroup();
  #group: ForegroundGroup | undefined;
  /** Whether the child's group has the terminal, or a group to which the child gave it. */
  #isGiven = false;
  /** The terminal's modes before it was given away. */
  #ownModes: Uint8Array | undefined;
  /** The modes that the child had set when it was stopped. */
  #groupModes: Uint8Array | undefined;
  #shortStops = 0;

  /**
   * `terminal`: a descriptor of the controlling terminal; undefined without one: then only signals pass.
   * `mayStartInFront`: whether the child gets it at the start, if all three of our streams are the terminal.
   * `inChild`: which of its streams (0 to 2) is the terminal; undefined for none.
   */
  constructor(terminal: number | undefined, mayStartInFront: boolean, inChild: number | undefined) {
    this.#terminal = terminal;
    this.startsInFront = mayStartInFront && terminal !== undefined && ownStreamsAreInFront();
    this.descriptor = this.startsInFront ? inChild : undefined;
    if (this.startsInFront) this.#rememberModes();
  }

  get isGiven(): boolean {
    return this.#isGiven;
  }

  /** Call it when the child has been started. */
  started(group: ForegroundGroup): void {
    this.#group = group;
    if (!this.startsInFront) return;
    this.#isGiven = true;
    // Not again after posix_spawn: an interactive shell may have passed the terminal to its own job by now.
    if (this.descriptor === undefined || !canHandOverTerminal())
      this.#with((terminal) => setForegroundGroup(terminal, group.pid));
  }

  /** Call it when a signal has stopped the child. `stopOwnGroup` returns once this group is continued. */
  stopped(signal: number, stopOwnGroup: (signal: number) => void): StopAnswer {
    if (this.#terminal === undefined) return 'handled';
    const front = groupInFrontOf(this.#terminal);
    const isFree = front === this.#own || front === this.#group?.pid;
    if (wantsTerminal(signal)) {
      if (!isFree && !this.#isGiven) return this.#waitInBackground(signal, stopOwnGroup);
      if (isFree) {
        this.give();
        this.continueGroup();
        return 'handled';
      }
    }
    if (signal !== signals.SIGSTOP) this.#suspend(signal, stopOwnGroup);
    // A terminal never sends SIGSTOP; one from elsewhere matters only if it leaves the user without a shell.
    else if (this.#isGiven) this.#suspend(signals.SIGTSTP, stopOwnGroup);
    return 'handled';
  }

  give(): void {
    const group = this.#group;
    if (!group) return;
    this.#shortStops = 0;
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
    bestEffort(() => this.#group?.signal(signal));
  }

  /** Call it on SIGCONT. An uncatchable SIGSTOP may have put the shell in the foreground meanwhile. */
  continued(): void {
    if (this.#isGiven && groupInFrontOf(this.#terminal) === this.#own) this.give();
    this.continueGroup();
  }

  /**
   * Call it when the child has ended or was not started: takes the terminal back. If the child ended by
   * itself, its modes stay, as `stty` intends; a killed child had no chance to restore them.
   */
  ended(endedByItself: boolean): void {
    if (!this.#isGiven && !this.startsInFront) return;
    this.takeBack();
    if (!endedByItself) this.#restoreModes();
  }

  /** This program is a background job itself: it stops as one, and the shell brings both to the front. */
  #waitInBackground(signal: number, stopOwnGroup: (signal: number) => void): StopAnswer {
    const since = monotonicMs();
    stopOwnGroup(signal);
    const wasStopped = monotonicMs() - since >= SHORTEST_STOP_MS;
    this.#shortStops = wasStopped ? 0 : this.#shortStops + 1;
    const isInFront = groupInFrontOf(this.#terminal) === this.#own;
    if (!isInFront && this.#shortStops >= MOST_SHORT_STOPS) return 'refused';
    // It asks once more, and gets the terminal if this program has it by now.
    this.continueGroup();
    return 'handled';
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

/** Ctrl-C and Ctrl-\: they reach the foreground group alone. */
export function comesFromKeyboard(signal: number | undefined): signal is number {
  return signal === signals.SIGINT || signal === signals.SIGQUIT;
}

/** The signals by which the kernel stops a background group that reads from the terminal or changes it. */
export function wantsTerminal(signal: number): boolean {
  return signal === signals.SIGTTIN || signal === signals.SIGTTOU;
}

function ownStreamsAreInFront(): boolean {
  const own = ownGroup();
  return [0, 1, 2].every((fd) => groupInFrontOf(fd) === own);
}

/** Why a command that asked for the terminal was ended. */
export function terminalRefusal(): Error {
  return new Error(
    'it wanted to read from the terminal, or to change its modes; this program runs in the background, and ' +
      'no shell can bring it to the front. Answer in advance (input, a file, an option such as --yes), or ' +
      'start the program in the foreground',
  );
}
