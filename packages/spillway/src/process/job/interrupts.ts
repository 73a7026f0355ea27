/**
 * Ctrl-C at a program that does not handle it. The terminal sends SIGINT to this program's group alone, since
 * each command leads another: without this the program would die at once, and its commands, ended by the
 * guard, would never learn that it was Ctrl-C. So they get SIGINT first, and the program ends of the same
 * signal when they have; a command that goes on is killed after its grace period. A second Ctrl-C ends the
 * program at once, and the guard its commands.
 *
 * A program with a listener of its own decides for itself, as without Spillway.
 */
import { isMainThread, setImmediate } from '../../base/index.js';
import { signals } from '../../system/index.js';

export interface Interruptible {
  /** Ends it, beginning with this signal. */
  interrupt(signal: number): void;
}

class Interrupts {
  readonly #commands = new Set<Interruptible>();
  #isInterrupted = false;
  readonly #withheld: (() => void)[] = [];
  /** Whether the next signal is known already. */
  #isAnnounced = false;
  #isListening = false;
  readonly #onSignal = () => this.#signalled();

  add(command: Interruptible): void {
    this.#commands.add(command);
    this.#listen();
    // Started by a part of the program that has not ended yet.
    if (this.#isInterrupted) command.interrupt(signals.SIGINT);
  }

  /**
   * It is over. `give` gives its result; after Ctrl-C the program gets no result any more, since it would go
   * on while others of its commands are still ending.
   */
  over(command: Interruptible, give: () => void): void {
    this.#commands.delete(command);
    if (this.#isInterrupted) this.#withheld.push(give);
    else give();
    if (this.#commands.size > 0) return;
    this.#stopListening();
    if (!this.#isInterrupted) return;
    die();
    // It lives on, as where SIGINT is ignored.
    this.#isInterrupted = false;
    this.#isAnnounced = false;
    for (const giveLate of this.#withheld.splice(0)) giveLate();
  }

  /**
   * Ctrl-C has ended the command that had the terminal, and is about to reach the rest of this program's
   * group. Its own turn of the event loop may come too late: by then the command may be over.
   */
  announce(): void {
    if (!this.#isListening || process.listenerCount('SIGINT') > 1) return;
    this.#isAnnounced = true;
    this.#interrupt();
  }

  /** For a call that blocks: no listener runs meanwhile, so Ctrl-C has its default action. */
  suspend(): () => void {
    this.#stopListening();
    return () => {
      if (this.#commands.size > 0) this.#listen();
    };
  }

  /** Not beside other listeners: they would take ours for a decision to go on (the package signal-exit). */
  #listen(): void {
    if (this.#isListening || !isMainThread() || process.platform === 'win32') return;
    if (process.listenerCount('SIGINT') > 0) return;
    process.on('SIGINT', this.#onSignal);
    this.#isListening = true;
  }

  #stopListening(): void {
    if (!this.#isListening) return;
    process.off('SIGINT', this.#onSignal);
    this.#isListening = false;
  }

  #signalled(): void {
    if (process.listenerCount('SIGINT') > 1) {
      // Another listener came later, and decides.
      this.#stopListening();
      setImmediate(() => {
        if (this.#commands.size > 0) this.#listen();
      });
      return;
    }
    const isAnnounced = this.#isAnnounced;
    this.#isAnnounced = false;
    if (isAnnounced) return;
    if (this.#isInterrupted) {
      this.#stopListening();
      die();
    }
    this.#interrupt();
  }

  #interrupt(): void {
    this.#isInterrupted = true;
    // The last first, so that no command of a pipeline takes the end of its input for the end of the data.
    for (const command of [...this.#commands].reverse()) command.interrupt(signals.SIGINT);
  }
}

/** Without a listener the signal has its default action, which ends this process before kill(2) returns. */
function die(): void {
  process.kill(process.pid, 'SIGINT');
}

/** The commands of this process that end with it. */
export const interrupts = new Interrupts();
