/**
 * An event loop on poll(2), for code that must wait while Node's own event loop stands still. It sleeps until
 * a descriptor is ready or a timer is due, and uses no processor time meanwhile.
 *
 * Each caller has its own loop, so that one may run inside a callback of another.
 */

import { monotonicMs, type Timer, type Timers } from '../../base/index.js';
import { type PollRequest, poll } from './poll.js';

/** A descriptor that the loop waits for. */
export interface Watch {
  /** The loop calls nothing for it from here on. The descriptor stays open. */
  stop(): void;
}

interface Entry extends PollRequest {
  readonly ready: () => void;
}

interface Due {
  readonly at: number;
  readonly call: () => void;
}

const LONGEST_WAIT_MS = 2 ** 31 - 1;

export class PollLoop implements Timers {
  #entries: readonly Entry[] = [];
  #timers: readonly Due[] = [];
  #soon: (() => void)[] = [];

  /** Calls `ready` whenever a read or write would not block, until the watch is stopped. */
  watch(fd: number, purpose: PollRequest['for'], ready: () => void): Watch {
    const entry: Entry = { fd, for: purpose, ready };
    this.#entries = [...this.#entries, entry];
    return {
      stop: () => {
        this.#entries = this.#entries.filter((other) => other !== entry);
      },
    };
  }

  after(ms: number, call: () => void): Timer {
    const timer: Due = { at: monotonicMs() + ms, call };
    this.#timers = [...this.#timers, timer];
    return { cancel: () => this.#remove(timer) };
  }

  soon(call: () => void): void {
    this.#soon.push(call);
  }

  /** Waits, and calls what is due, until `done` returns true. Errors: those of poll(2). */
  runUntil(done: () => boolean): void {
    while (!done()) {
      const next = this.#soon.shift();
      if (next) next();
      else this.#turn();
    }
  }

  #turn(): void {
    const entries = this.#entries;
    const ready = poll(entries, this.#waitMs(entries));
    // A callback may have stopped the watches after it.
    for (const [index, entry] of entries.entries()) {
      if (ready?.[index] && this.#entries.includes(entry)) entry.ready();
    }
    const now = monotonicMs();
    for (const timer of this.#timers) {
      if (timer.at > now || !this.#timers.includes(timer)) continue;
      this.#remove(timer);
      timer.call();
    }
  }

  #waitMs(entries: readonly Entry[]): number {
    const next = Math.min(...this.#timers.map(({ at }) => at));
    if (next === Number.POSITIVE_INFINITY) {
      // A mistake in this library: an error is better than a program that sleeps for ever.
      if (entries.length === 0) throw new Error('there is nothing left to wait for');
      return -1;
    }
    // Rounded up: otherwise the loop would spin through the last fraction of a millisecond.
    return Math.min(Math.max(0, Math.ceil(next - monotonicMs())), LONGEST_WAIT_MS);
  }

  #remove(timer: Due): void {
    this.#timers = this.#timers.filter((other) => other !== timer);
  }
}
