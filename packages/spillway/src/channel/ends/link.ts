/**
 * The two ends of a pipe that was made in this program, and the children that have one of them. A daemon of
 * such a child may hold its copy for ever; the channel nevertheless ends with the child.
 */
import { clearTimeout, setTimeout } from '../../base/index.js';

type Access = 'r' | 'w';

/** An end in this program. */
export interface LinkedEnd {
  readonly access: Access;
  /**
   * The last child that had the other end has ended; `how`: as in `worker.js exited with code 1`. As long as
   * `isPassedOn`, another process has the other end by the child's will.
   */
  orphaned(how: string, isPassedOn: () => boolean): void;
}

/** How long an unanswered call waits to learn how the process on the other side ended, in milliseconds. */
const PATIENCE_MS = 250;

export class PipeLink {
  readonly #ends = new Set<LinkedEnd>();
  readonly #children = { r: 0, w: 0 };
  #how: string | undefined;
  readonly #waiting = new Set<() => void>();

  opened(end: LinkedEnd): void {
    this.#ends.add(end);
  }

  closed(end: LinkedEnd): void {
    this.#ends.delete(end);
  }

  /** A child was given an end. Call the result when the child has ended. */
  passed(access: Access): (how: string, isPassedOn: () => boolean) => void {
    this.#children[access]++;
    return (how, isPassedOn) => {
      this.#children[access]--;
      this.#how = how;
      for (const tell of this.#waiting) tell();
      const ends = [...this.#ends];
      if (this.#children[access] > 0 || ends.some((end) => end.access === access)) return;
      for (const end of ends) end.orphaned(how, isPassedOn);
    };
  }

  /** How the last child ended; waits a moment for one that is about to end. */
  howItEnded(): Promise<string | undefined> {
    if (this.#children.r + this.#children.w === 0) return Promise.resolve(this.#how);
    return new Promise((resolve) => {
      const tell = () => {
        clearTimeout(timer);
        this.#waiting.delete(tell);
        resolve(this.#how);
      };
      const timer = setTimeout(tell, PATIENCE_MS);
      this.#waiting.add(tell);
    });
  }
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

/**
 * Calls `end` once the end is not passed on any more; looks at growing intervals, without holding the loop.
 * It takes two looks: a process that executes its program at this moment shows no environment.
 */
export function whenNotPassedOn(isPassedOn: () => boolean, isOver: () => boolean, end: () => void): void {
  const look = (pause: number, wasPassedOn: boolean) => {
    if (isOver()) return;
    const is = isPassedOn();
    if (is || wasPassedOn)
      setTimeout(look, pause, is ? Math.min(2 * pause, LONGEST_PAUSE_MS) : FIRST_PAUSE_MS, is).unref();
    else end();
  };
  look(FIRST_PAUSE_MS, true);
}

/** What a Passage calls when the child is started, and when it has ended. */
export function passedBy(link: PipeLink | undefined, access: Access, close: () => void) {
  let ended: ReturnType<PipeLink['passed']> | undefined;
  return {
    done: () => {
      // Before the end here is closed: from then on the child alone has it.
      ended = link?.passed(access);
      close();
    },
    childEnded: (how: string, isPassedOn: () => boolean) => ended?.(how, isPassedOn),
  };
}
