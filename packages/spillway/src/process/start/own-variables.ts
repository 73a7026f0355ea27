/** What this process's environment is made of, as bytes. Node decodes it with a loss. */
import { readFileSync } from 'node:fs';
import { types } from 'node:util';
import { isMainThread, textOf } from '../../base/index.js';
import { environmentLines } from '../../system/index.js';
import { problemOfPipes } from './backend.js';

interface ExactVariables {
  /** `NAME=value` lines (see `textOf`). */
  readonly lines: readonly string[];
  /** Whether they have what was changed since the start. */
  readonly isCurrent: boolean;
}

/** Undefined where the system does not tell. */
export function exactVariables(): ExactVariables | undefined {
  const lines = problemOfPipes() === undefined ? environmentLines() : undefined;
  return lines ? { lines, isCurrent: true } : variablesAtStart();
}

let atStart: ExactVariables | undefined;

/** proc_pid_environ(5). */
function variablesAtStart(): ExactVariables | undefined {
  if (process.platform !== 'linux') return undefined;
  atStart ??= { lines: readAtStart(), isCurrent: false };
  return atStart;
}

function readAtStart(): string[] {
  try {
    // Each byte as one character, so that the lines can be taken apart.
    const text = readFileSync('/proc/self/environ', 'latin1');
    return text
      .split('\0')
      .filter(Boolean)
      .map((line) => textOf(Buffer.from(line, 'latin1')));
  } catch {
    return [];
  }
}

let known: object | undefined;

/**
 * Whether this object is the C library's environ(7), seen from JavaScript. Worker threads have a copy, and so
 * has a program or a test runner that has put an object of its own in place of process.env.
 */
export function isEnviron(env: object): boolean {
  if (env === known) return true;
  if (!isMainThread() || !isOfNode(env)) return false;
  known = env;
  return true;
}

/** Node's own object refuses a symbol as the name of a variable; any other object takes it. */
function isOfNode(env: object): boolean {
  if (types.isProxy(env)) return false;
  const probe = Symbol('of no variable');
  try {
    if (Reflect.set(env, probe, '')) Reflect.deleteProperty(env, probe);
    return false;
  } catch {
    return true;
  }
}
