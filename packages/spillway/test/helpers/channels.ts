/** Programs at the other end of a channel. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, type StartOptions, start } from '../../src/index.js';
import type { Passable } from '../../src/pipe/index.js';
import { scratchDirectory } from './leaks.js';

const library = (name: string) => JSON.stringify(new URL(`../../dist/${name}.js`, import.meta.url).href);
let count = 0;

/** A Node program in which the library's functions are there by their names; returns its path. */
export function programOf(script: string): string {
  const path = join(scratchDirectory(), `program-${++count}.mjs`);
  writeFileSync(
    path,
    `import { run, start } from ${library('index')};
     import { duplex, inherited, pipe, sharedPipe } from ${library('channel')};
     import { createPipe } from ${library('pipe')};
     ${script}\n`,
  );
  return path;
}

/** Starts such a program with these channels. */
export function startPeer(
  script: string,
  channels: Readonly<Record<string, Passable>>,
  options: StartOptions = {},
): Child {
  return start(process.execPath, [programOf(script)], { check: false, ...options, channels }) as Child;
}

/** What the tests look at in an error of any class. */
export interface Failure extends Error {
  readonly code: string;
}

/** What a promise is rejected with. */
export async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const value = await promise.then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  );
  if ('error' in value) return value.error as Failure;
  throw new Error(`nothing failed; the result is ${String(value.result)}`);
}
