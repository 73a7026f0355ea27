/** The backend that starts the children of these tests; vitest.config.ts says which files run with both. */
import { describe, it } from 'vitest';

export const backend = process.env.SPILLWAY_BACKEND === 'node' ? 'node' : 'posix';

type Test = (name: string, test: () => void | Promise<void>) => void;

/**
 * `it`, but with node:child_process, which cannot promise the outcome, it is skipped under a name that says
 * why.
 */
export function posixOnly(why: string): Test {
  return (name, test) => {
    if (backend === 'posix') it(name, test);
    else it.skip(`${name} (not with node:child_process: ${why})`, test);
  };
}

/** `describe` for code above the backends: it is the same with both, so it runs with the first alone. */
export function describeOnce(name: string, tests: () => void): void {
  if (backend === 'posix') describe(name, tests);
}

export const SOCKETS = 'its streams are sockets';
