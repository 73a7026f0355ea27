/**
 * The command as a job in the foreground of the terminal, between the shell and the command's own process
 * group. `Foreground` has the rules. What is special here: this program's event loop runs, so it hears what
 * its own group is asked to do and passes it on; and others in the group, such as the pager behind us, may
 * ask for the terminal.
 */
import { monotonicMs, setTimeout } from '../../base/index.js';
import {
  comesFromKeyboard,
  type EndOfJob,
  Foreground,
  type ForegroundGroup,
  type JobControl,
  type StopAnswer,
} from '../../process/index.js';
import {
  bestEffort,
  closeTerminal,
  kill,
  liveGroupMembers,
  openControllingTerminal,
  ownGroup,
  processStat,
  signals,
} from '../../system/index.js';
import { writeLine } from '../messages.js';

/** Stops that come to our own group, from the terminal or from a person. */
const STOP_SIGNALS = ['SIGTSTP', 'SIGTTIN', 'SIGTTOU'] as const;
type StopSignal = (typeof STOP_SIGNALS)[number];

/**
 * Between the moment in which we continue a stopped member of our group and our end. bash learns of both by
 * waitpid(2), which may give it the end first; it then takes the whole job for stopped, and the terminal away
 * from it. Whether bash has looked cannot be seen from here.
 */
const TIME_FOR_THE_SHELL_MS = 100;

export class ForegroundJob implements JobControl {
  readonly #terminal = openControllingTerminal();
  readonly #own = ownGroup();
  readonly #foreground = new Foreground(this.#terminal, true, 0);
  #notOverBefore = 0;
  readonly #onStop = (signal: NodeJS.Signals) => this.#askedToStop(signal as StopSignal);
  readonly #onContinue = () => this.#foreground.continued();

  constructor() {
    // Before the command starts: handlers run when the event loop does, and then there is a command.
    this.#listen();
    process.on('SIGCONT', this.#onContinue);
  }

  get terminal(): number | undefined {
    return this.#foreground.descriptor;
  }

  started(command: ForegroundGroup): void {
    this.#foreground.started(command);
  }

  stopped(signal: number): StopAnswer {
    return this.#foreground.stopped(signal, (stop) => this.#stopOwnGroup(stop));
  }

  /** The command is over: the terminal comes back. */
  ended({ byItself, signal }: EndOfJob): void {
    const hadTerminal = this.#foreground.isGiven;
    this.#foreground.ended(byItself);
    if (!hadTerminal) return;
    this.#continueOwnGroup();
    if (comesFromKeyboard(signal)) this.#shareInterrupt(signal);
  }

  /** Settles when this process may end, too. */
  async close(): Promise<void> {
    this.#close();
    const wait = this.#notOverBefore - monotonicMs();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  }

  #close(): void {
    this.#stopListening();
    process.off('SIGCONT', this.#onContinue);
    const terminal = this.#terminal;
    if (terminal !== undefined) bestEffort(() => closeTerminal(terminal));
  }

  /** For members of it that were stopped because they wanted the terminal while the command had it. */
  #continueOwnGroup(): void {
    const members = liveGroupMembers(this.#own) ?? [];
    if (members.some((pid) => processStat(pid)?.state === 'T')) {
      this.#notOverBefore = monotonicMs() + TIME_FOR_THE_SHELL_MS;
    }
    bestEffort(() => kill(0, signals.SIGCONT));
  }

  /**
   * The whole group, since `npx` or `sh` may stand between the shell and us, and the shell looks at them
   * alone. With its default action the signal takes effect before kill(2) returns. Where no process could
   * continue us (an orphaned group) the kernel drops it, as it would have dropped the command's Ctrl-Z
   * without us, and the command goes on.
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
    if (name !== 'SIGTSTP' && this.#foreground.isGiven) {
      // Another member of our group, such as the pager behind us, wants the terminal.
      this.#foreground.takeBack();
      this.#continueOwnGroup();
      return;
    }
    // Once the command stops, so do we.
    this.#foreground.signalGroup(signals[name]);
  }

  /**
   * Ctrl-C went to the command alone. Without us it would have ended the script around it and the rest of the
   * pipeline, too. The new line is what a shell writes when a job of its own ends so: the terminal has left
   * the cursor behind `^C`.
   */
  #shareInterrupt(signal: number): void {
    const terminal = this.#terminal;
    if (terminal !== undefined) bestEffort(() => writeLine(terminal, ''));
    for (const pid of liveGroupMembers(this.#own) ?? []) {
      if (pid !== process.pid) bestEffort(() => kill(pid, signal));
    }
  }
}
