/**
 * Starts off the event loop. posix_spawn(3) holds its thread until the child has reached its program, so it
 * is called on a thread of libuv's pool. A few starts are under way at a time, in the order of their calls:
 * the program's own files and look-ups share the pool.
 */
import { read, type Surroundings, takeSurroundings } from '../../system/index.js';
import { answerAtOnce, type Step, type Steps, TURN } from './steps.js';

/** The number of its threads (https://docs.libuv.org/en/v1.x/threadpool.html). */
const THREADS = Number.parseInt(process.env.UV_THREADPOOL_SIZE ?? '', 10) || 4;
/** With all four, a read of a file beside 1,000 starts took 10 ms instead of 0.1; more bring no more runs. */
const MOST_UNDER_WAY = Math.max(1, Math.min(3, THREADS - 1));

/** It has left the queue, and nothing was started. */
export class LeftQueue extends Error {
  override readonly name = 'LeftQueue';
}

let underWay = 0;
const waiting = new Set<Ticket>();

/** A place in the queue. */
export class Ticket {
  #settle: { readonly proceed: (turn: 0) => void; readonly leave: (error: LeftQueue) => void } | undefined;
  #hasTurn = false;

  /** Gives its place up, and the start throws LeftQueue. False when it does not wait. */
  leave(): boolean {
    if (!waiting.delete(this)) return false;
    this.#settle?.leave(new LeftQueue('left the queue before it was started'));
    return true;
  }

  /** Resolves to 0 when it is its turn; 0 when that is now. */
  turn(): Promise<0> | 0 {
    if (this.#hasTurn) return 0;
    if (underWay < MOST_UNDER_WAY) {
      underWay++;
      this.#hasTurn = true;
      return 0;
    }
    waiting.add(this);
    return new Promise((proceed, leave) => {
      this.#settle = { proceed, leave };
    });
  }

  /** Its turn is over. */
  over(): void {
    if (!this.#hasTurn) return;
    this.#hasTurn = false;
    const [next] = waiting;
    if (!next) {
      underWay--;
      return;
    }
    waiting.delete(next);
    next.#hasTurn = true;
    next.#settle?.proceed(0);
  }
}

/**
 * Takes the steps that hold a thread on libuv's pool, when it is their turn. What comes before the first of
 * them happens in the call, and the child is as if it had been started there. Where the C library cannot do
 * that, all happens in the call. `mayBeginLater`: nothing that comes before the first has to happen in the
 * call, so that a start costs little until its turn.
 */
export async function inTurn<T>(begin: () => Steps<T>, ticket: Ticket, mayBeginLater = false): Promise<T> {
  const start = new StartInTurn(ticket);
  try {
    const early = mayBeginLater && start.takeEarly();
    if (early) await early;
    const steps = begin();
    let next = steps.next(0);
    while (!next.done) {
      let answer: number;
      try {
        const later = start.take(next.value);
        answer = typeof later === 'number' ? later : await later;
      } catch (error) {
        next = steps.throw(error);
        continue;
      }
      next = steps.next(answer);
    }
    return next.value;
  } finally {
    start.over();
  }
}

class StartInTurn {
  readonly #ticket: Ticket;
  #surroundings: Surroundings | undefined;

  constructor(ticket: Ticket) {
    this.#ticket = ticket;
  }

  /** Resolves when it is its turn; 0 when that is now. */
  takeEarly(): number | Promise<number> {
    try {
      return this.take(TURN);
    } catch {
      // No descriptor for its surroundings: the first step meets that as well, and explains it.
      return 0;
    }
  }

  take(step: Step): number | Promise<number> {
    // In the call: the first step has none before it that would be waited for.
    this.#surroundings ??= takeSurroundings();
    if (step.is === 'wait') return step.for.then(() => 1);
    if (step.is === 'turn') return this.#surroundings ? this.#ticket.turn() : 0;
    // What gets the terminal was waited for by a person, and this program must not touch it meanwhile.
    if (!this.#surroundings || (step.is === 'spawn' && step.request.terminal !== undefined))
      return answerAtOnce(step);
    if (step.is === 'read') return readLater(step.fd, step.into);
    return this.#surroundings.spawn(step.request);
  }

  over(): void {
    this.#ticket.over();
    this.#surroundings?.release();
  }
}

function readLater(fd: number, into: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, into, 0, into.length, null, (error, count) => (error ? reject(error) : resolve(count)));
  });
}
