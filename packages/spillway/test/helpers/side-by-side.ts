/**
 * For tests whose cases are independent children: they wait far more than they compute, so they wait
 * together.
 */
import { it as one, type TaskMeta, type TestAPI, TestRunner } from 'vitest';
import { inDirectoryOfItsOwn } from './leaks.js';

type Body = (...args: unknown[]) => unknown;
type Each = (rows: readonly unknown[]) => (name: string, body: Body) => void;
type Outcomes = ReadonlyMap<number, PromiseSettledResult<unknown>>;
type Task = NonNullable<ReturnType<typeof TestRunner.getCurrentTest>>['file']['tasks'][number];

declare module 'vitest' {
  interface TaskMeta {
    /** The number of a body of `sideBySide`. */
    body?: number;
  }
}

/** Each of them costs processor time when it starts: all at once would only slow one another down. */
const AT_A_TIME = 8;

let count = 0;

/**
 * An `it` for a file, or a `describe`. The first of its tests that runs carries out the bodies of all that
 * will run, some at a time, and waits for them; each test then passes or fails as its own body did.
 * `checkForLeaks` looks after the first test at what all have left. Each body has a scratch directory of its
 * own.
 */
export function sideBySide(atATime = AT_A_TIME): TestAPI {
  const bodies = new Map<number, () => unknown>();
  let outcomes: Promise<Outcomes> | undefined;

  const outcomeOf = async (number: number) => {
    outcomes ??= settle(chosenOf(bodies), atATime);
    const outcome = (await outcomes).get(number);
    if (outcome === undefined) throw new Error('the body of this test was not carried out');
    if (outcome.status === 'rejected') throw outcome.reason;
  };
  /** What a test is registered with in place of its body. */
  const replace = (body: () => unknown) => {
    const number = count++;
    bodies.set(number, body);
    const meta: TaskMeta = { body: number };
    return [{ meta }, () => outcomeOf(number)] as const;
  };

  const test = (name: string, body: Body) => one(name, ...replace(body));
  const each: Each = (rows) => (name, body) => {
    for (const row of rows) {
      const args = Array.isArray(row) ? row : [row];
      one.each([args])(name, ...replace(() => body(...args)));
    }
  };
  const skipIf = (condition: unknown) => (condition ? one.skip : test);
  return Object.assign(test, { each, skipIf }) as unknown as TestAPI;
}

/** Of these bodies those whose tests are neither skipped nor filtered out. */
function chosenOf(bodies: ReadonlyMap<number, () => unknown>): [number, () => unknown][] {
  const chosen = new Set<number | undefined>();
  const visit = (tasks: readonly Task[]) => {
    for (const task of tasks) {
      if (task.mode !== 'run' && task.mode !== 'queued') continue;
      chosen.add(task.meta.body);
      if (task.type === 'suite') visit(task.tasks);
    }
  };
  visit(TestRunner.getCurrentTest()?.file.tasks ?? []);
  return [...bodies].filter(([number]) => chosen.has(number));
}

async function settle(bodies: readonly [number, () => unknown][], atATime: number): Promise<Outcomes> {
  const outcomes = new Map<number, PromiseSettledResult<unknown>>();
  const left = bodies.values();
  const carryOut = async () => {
    // All share this iterator, so each body is taken once.
    for (const [number, body] of left) {
      const settled = await Promise.allSettled([inDirectoryOfItsOwn(async () => body())]);
      outcomes.set(number, settled[0]);
    }
  };
  await Promise.all(Array.from({ length: atATime }, carryOut));
  return outcomes;
}
