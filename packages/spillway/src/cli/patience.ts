/** Pauses while no command runs, which a signal ends early. */
import { clearTimeout, setTimeout } from '../base/index.js';
import { passSignalsTo } from './forward-signals.js';

/** From construction to `close`, signals end the pause instead of this process. */
export class Patience {
  /** The signal that has ended the pauses. */
  signal: NodeJS.Signals | undefined;
  #wake: (() => void) | undefined;

  constructor() {
    passSignalsTo((signal) => {
      if (signal === 'SIGWINCH') return;
      this.signal = signal;
      this.#wake?.();
    });
  }

  /** Pauses for `ms` and gives true; gives false as soon as a signal has arrived. */
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
