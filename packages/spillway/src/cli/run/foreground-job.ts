/**
 * The command as a job in the foreground of the terminal, between the shell and the command's own process group.
 *
 * A terminal sends Ctrl-C and Ctrl-Z to one process group, the foreground one, and stops any other that reads from it or changes
 * it. The shell knows only our group; the command leads another, so that all of it can be signalled. So the terminal is handed on
 * as a shell does it (the C library's manual, "Implementing a Job Control Shell"):
 *
 * - At the start, when nothing but the command can want the terminal: stdin, stdout and stderr are all this terminal.
 * - Else, in a pipeline such as `spillway run -- ssh host list | less`, when the command asks for it by being stopped with SIGTTIN
 *   or SIGTTOU. Handing it over at once would push the rest of the pipeline into the background. The rest asks in the same way
 *   when it wants the terminal back.
 * - When the command stops, our own group stops with the same signal, so that the shell takes over; when it is continued, so is
 *   the command.
 *
 * Everything here is best effort: a terminal may hang up at any time, and then nobody needs it any more.
 */
import type { Result } from '../../run/index.js';
import {
  bestEffort,
  canHandOverTerminal,
  closeTerminal,
  groupInFrontOf,
  kill,
  liveGroupMembers,
  openControllingTerminal,
  ownGroup,
  processStat,
  setForegroundGroup,
  setModes,
  signals,
  terminalModes,
} from '../../system/index.js';
import { writeLine } from '../messages.js';

/** Stops that come to our own group, from the terminal or from somebody's hand. */
const STOP_SIGNALS = ['SIGTSTP', 'SIGTTIN', 'SIGTTOU'] as const;
type StopSignal = (typeof STOP_SIGNALS)[number];

/**
 * Between the moment in which we continue a stopped member of our group and our end. bash hears of the one and the other by
 * waitpid(2), which may give it the end first; it then takes the whole job for stopped, and the terminal away from it. That it has
 * heard cannot be seen from here.
 */
const TIME_FOR_THE_SHELL_MS = 100;

/** The running command, as far as it matters here. Its pid is its group's; `kill` reaches the group, and nobody once it is over. */
interface Command {
  readonly pid: number;
  kill(signal: number): boolean;
}

export class ForegroundJob {
  /** The child's descriptor of the terminal that it is started in the foreground of, if it is. */
  readonly terminal: number | undefined;
  /** Undefined without a controlling terminal: then stops and continuations are passed on, and that is all. */
  readonly #terminal = openControllingTerminal();
  readonly #own = ownGroup();
  #command: Command | undefined;
  /** Whether the command's group has the terminal, or whom it gave it to. */
  #given = false;
  /** What the shell had before the terminal was given away. */
  #shellModes: Uint8Array | undefined;
  /** What the command had when it was stopped. */
  #commandModes: Uint8Array | undefined;
  #notOverBefore = 0;
  readonly #onStop = (signal: NodeJS.Signals) => this.#askedToStop(signal as StopSignal);
  readonly #onContinue = () => this.#continued();

  constructor() {
    this.terminal = [0, 1, 2].every((fd) => groupInFrontOf(fd) === this.#own) ? 0 : undefined;
    if (this.terminal !== undefined) this.#rememberShellModes();
    // Before the command starts, and not only after: handlers run when the event loop does, and then there is a command.
    this.#listen();
    process.on('SIGCONT', this.#onContinue);
  }

  started(command: Command): void {
    this.#command = command;
    if (this.terminal === undefined) return;
    this.#given = true;
    const { pid } = command;
    // Not a second time: an interactive shell may have passed the terminal on to its own job by now.
    if (!canHandOverTerminal()) this.#withTerminal((terminal) => setForegroundGroup(terminal, pid));
  }

  /** The command was stopped by this signal. */
  stopped(signal: number): void {
    if (this.#terminal === undefined) return;
    const foreground = groupInFrontOf(this.#terminal);
    const wantsTerminal = signal === signals.SIGTTIN || signal === signals.SIGTTOU;
    if (wantsTerminal && (foreground === this.#own || foreground === this.#command?.pid)) {
      this.#give();
      this.#signalCommand(signals.SIGCONT);
      return;
    }
    // Stopped by somebody's SIGSTOP: only where that leaves the person at the terminal without a shell.
    if (signal === signals.SIGSTOP && !this.#given) return;
    this.#suspend(signal === signals.SIGSTOP ? signals.SIGTSTP : signal);
  }

  /** The command is over: the terminal comes back. Settles when this process may end, too. */
  async ended({ reason, signal }: Pick<Result, 'reason' | 'signal'>): Promise<void> {
    if (this.#given) {
      this.#takeBack();
      this.#continueOwnGroup();
      // A command that ended by itself leaves the modes as it wants them, as `stty` does; one that did not could not clean up.
      if (reason !== 'exit') this.#restoreShellModes();
      if (signal === 'SIGINT' || signal === 'SIGQUIT') this.#shareInterrupt(signal);
    }
    this.#close();
    const wait = this.#notOverBefore - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  }

  /** It could not be started, but its process may have been given the terminal before it failed. */
  notStarted(): void {
    if (this.terminal !== undefined) this.#takeBack();
    this.#close();
  }

  #close(): void {
    this.#stopListening();
    process.off('SIGCONT', this.#onContinue);
    this.#withTerminal(closeTerminal);
  }

  #give(): void {
    const group = this.#command?.pid;
    if (group === undefined) return;
    this.#withTerminal((terminal) => {
      this.#rememberShellModes();
      setForegroundGroup(terminal, group);
      this.#given = true;
      if (this.#commandModes) setModes(terminal, this.#commandModes);
      this.#commandModes = undefined;
    });
  }

  #takeBack(): void {
    this.#given = false;
    this.#withTerminal((terminal) => setForegroundGroup(terminal, this.#own));
  }

  /** For those of it that were stopped because they wanted the terminal while the command had it. */
  #continueOwnGroup(): void {
    const members = liveGroupMembers(this.#own) ?? [];
    if (members.some((pid) => processStat(pid)?.state === 'T')) {
      this.#notOverBefore = performance.now() + TIME_FOR_THE_SHELL_MS;
    }
    bestEffort(() => kill(0, signals.SIGCONT));
  }

  /** Stops our group as the command's was; returns when it has been continued. */
  #suspend(signal: number): void {
    if (this.#given) {
      this.#withTerminal((terminal) => {
        this.#commandModes = terminalModes(terminal);
      });
      this.#takeBack();
      this.#restoreShellModes();
    }
    this.#stopOwnGroup(signal);
    if (this.#commandModes && groupInFrontOf(this.#terminal) === this.#own) this.#give();
    this.#signalCommand(signals.SIGCONT);
  }

  /**
   * The whole group, since `npx` or `sh` may stand between the shell and us, and the shell looks at them alone. With its default
   * action the signal takes effect before kill(2) returns. Where nobody could continue us (an orphaned group) the kernel drops it,
   * just as it would have dropped the command's Ctrl-Z without us, and the command goes on.
   */
  #stopOwnGroup(signal: number): void {
    this.#stopListening();
    kill(0, signal);
    this.#listen();
  }

  #listen(): void {
    for (const signal of STOP_SIGNALS) process.on(signal, this.#onStop);
  }

  #stopListening(): void {
    for (const signal of STOP_SIGNALS) process.off(signal, this.#onStop);
  }

  #askedToStop(name: StopSignal): void {
    if (name !== 'SIGTSTP' && this.#given) {
      // Another member of our group, such as the pager behind us, wants the terminal.
      this.#takeBack();
      this.#continueOwnGroup();
      return;
    }
    // Once the command stops, so do we.
    this.#signalCommand(signals[name]);
  }

  #continued(): void {
    // Stopped by a SIGSTOP that we could not see, after which the shell has taken the terminal.
    if (this.#given && groupInFrontOf(this.#terminal) === this.#own) this.#give();
    this.#signalCommand(signals.SIGCONT);
  }

  /**
   * Ctrl-C went to the command alone. Without us it would have ended the script around it and the rest of the pipeline, too. The
   * new line is what a shell writes when a job of its own ends so: the terminal has left the cursor behind `^C`.
   */
  #shareInterrupt(signal: 'SIGINT' | 'SIGQUIT'): void {
    this.#withTerminal((terminal) => writeLine(terminal, ''));
    for (const pid of liveGroupMembers(this.#own) ?? []) {
      if (pid !== process.pid) bestEffort(() => kill(pid, signals[signal]));
    }
  }

  #signalCommand(signal: number): void {
    bestEffort(() => this.#command?.kill(signal));
  }

  #rememberShellModes(): void {
    this.#withTerminal((terminal) => {
      this.#shellModes = terminalModes(terminal);
    });
  }

  #restoreShellModes(): void {
    const modes = this.#shellModes;
    if (modes) this.#withTerminal((terminal) => setModes(terminal, modes));
  }

  #withTerminal(action: (terminal: number) => void): void {
    const terminal = this.#terminal;
    if (terminal !== undefined) bestEffort(() => action(terminal));
  }
}
