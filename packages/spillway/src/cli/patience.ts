/** Waiting while no command runs: until the time is up, or a signal says that it is enough. */
import { passSignalsTo } from './forward-signals.js';

/** From its making until `close` signals do not end this process. */
export class Patience {
  /** The one that would have ended it; it is over then. */
  signal: NodeJS.Signals | undefined;
  #wake: (() => void) | undefined;

  constructor() {
    passSignalsTo((signal) => {
      if (signal === 'SIGWINCH') return;
      this.signal = signal;
      this.#wake?.();
    });
  }

  /** Waits for so long; false as soon as it is over. */
  lasts(ms: number): Promise<boolean> {
    if (this.signal) return Promise.resolve(false);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(true), ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(false);
      };
    });
  }

  close(): void {
    passSignalsTo(undefined);
  }
}
