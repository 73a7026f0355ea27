/** Errors as values. */
import { expect } from 'vitest';

/** The error of this class that the promise is rejected with; a test fails for any other outcome. */
export async function errorOf<E extends Error>(
  pending: Promise<unknown>,
  kind: new (...args: never[]) => E,
): Promise<E> {
  const error = await pending.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(kind);
  return error as E;
}
