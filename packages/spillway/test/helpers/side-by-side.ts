/** Tests whose cases are independent children: they wait far more than they compute, so they wait together. */
import { it as one, type TestAPI } from 'vitest';
import { inDirectoryOfItsOwn } from './leaks.js';

type Body = (...args: unknown[]) => unknown;
type Each = (rows: readonly unknown[]) => (name: string, body: Body) => void;

/** Each of them costs processor time when it starts: all at once would only slow one another down. */
const AT_A_TIME = 8;

/**
 * An `it` for one `describe`. The first of its tests carries out the bodies of all of them, some at a time, and
 * waits for all; each test then passes or fails as its own body did. So `checkForLeaks` looks after the first
 * test at what all have left, and each body has a scratch directory of its own.
 */
export function sideBySide(atATime = AT_A_TIME): TestAPI {
  const bodies: (() => unknown)[] = [];
  let outcomes: Promise<PromiseSettledResult<unknown>[]> | undefined;

  const add = (body: () => unknown) => bodies.push(body) - 1;
  const outcomeOf = async (index: number) => {
    outcomes ??= settleAll(bodies, atATime);
    const outcome = (await outcomes)[index];
    if (outcome?.status === 'rejected') throw outcome.reason;
  };

  const test = (name: string, body: Body) => {
    const index = add(body);
    one(name, () => outcomeOf(index));
  };
  const each: Each = (rows) => (name, body) => {
    // The index comes after all that the name is made of.
    const numbered = rows.map((row) => {
      const args = Array.isArray(row) ? row : [row];
      return [...args, add(() => body(...args))];
    });
    one.each(numbered)(name, (...args) => outcomeOf(args.at(-1) as number));
  };
  const skipIf = (condition: unknown) => (condition ? one.skip : Object.assign(test, { each }));
  return Object.assign(test, { each, skipIf }) as unknown as TestAPI;
}

async function settleAll(
  bodies: readonly (() => unknown)[],
  atATime: number,
): Promise<PromiseSettledResult<unknown>[]> {
  const outcomes: PromiseSettledResult<unknown>[] = [];
  let next = 0;
  const carryOut = async () => {
    for (let index = next++; index < bodies.length; index = next++) {
      const body = bodies[index] as () => unknown;
      [outcomes[index]] = (await Promise.allSettled([inDirectoryOfItsOwn(body)])) as [
        PromiseSettledResult<unknown>,
      ];
    }
  };
  await Promise.all(Array.from({ length: atATime }, carryOut));
  return outcomes;
}
