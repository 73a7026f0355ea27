/**
 * A start is written once, as a generator of its steps. `start` and `runSync` take them in the call
 * (`atOnce`). For `run` and `pipeline` those that hold a thread are taken on libuv's pool (`inTurn`).
 */
import { readSync, type SpawnRequest, spawn } from '../../system/index.js';

export type Step =
  /** Before descriptors are made for a child: few starts are under way at a time. It keeps the turn. */
  | { readonly is: 'turn' }
  /** The answer is the pid. Throws SystemError. */
  | { readonly is: 'spawn'; readonly request: SpawnRequest }
  /** A read(2) that may block for a moment. The answer is the count of bytes. */
  | { readonly is: 'read'; readonly fd: number; readonly into: Buffer }
  /** Another start. The answer is 1, or 0 where it cannot be waited for. */
  | { readonly is: 'wait'; readonly for: Promise<unknown> };

/** The steps of a start that gives a `T`. Each is answered by a number. */
export type Steps<T> = Generator<Step, T, number>;

export const TURN: Step = { is: 'turn' };

/** What is done in the call in any case. */
// biome-ignore lint/correctness/useYield: it has no step
export function* inCall<T>(act: () => T): Steps<T> {
  return act();
}

/** Takes all steps in the call. */
export function atOnce<T>(steps: Steps<T>): T {
  let next = steps.next(0);
  while (!next.done) {
    let answer: number;
    try {
      answer = answerAtOnce(next.value);
    } catch (error) {
      next = steps.throw(error);
      continue;
    }
    next = steps.next(answer);
  }
  return next.value;
}

export function answerAtOnce(step: Step): number {
  switch (step.is) {
    case 'spawn':
      return spawn(step.request);
    case 'read':
      return readSync(step.fd, step.into);
    default:
      return 0;
  }
}
