/** The child's environment: the parent's, merged with the caller's changes. */
import { bytesOf, isWellFormed, mayBeInexact, valueIn } from '../../base/index.js';
import { CHANNELS_VARIABLE } from '../../pipe/index.js';
import { MARK_VARIABLE } from '../mark.js';
import { exactVariables, isEnviron } from './own-variables.js';

export interface ChildEnvironment {
  /** `NAME=value` lines (see `textOf`), or undefined for this process's own environment as it is. */
  readonly lines: readonly string[] | undefined;
  /** PATH as the child sees it. */
  readonly path: string | undefined;
}

/** Whether an outer run set variables that must not reach children unchanged. */
const HAS_OWN_VARIABLES = [MARK_VARIABLE, CHANNELS_VARIABLE].some((name) => process.env[name] !== undefined);

/** Each start sets its own. This process's channels are closed in its children unless passed on. */
const OWN_VARIABLES = [MARK_VARIABLE, CHANNELS_VARIABLE];

/** `changes` over the parent's variables, or alone without `inherit`; undefined removes a variable. */
export function childEnvironment(
  changes: Readonly<Record<string, string | undefined>> = {},
  inherit: boolean,
  ignoresCase = process.platform === 'win32',
): ChildEnvironment {
  const names = Object.keys(changes);
  if (names.length === 0 && inherit && !HAS_OWN_VARIABLES && isEnviron(process.env)) {
    // Nothing to merge: posix_spawn gets the C array, and no variable is copied into JavaScript and back.
    return { lines: undefined, path: exactPath() };
  }
  const keyOf = (name: string) => (ignoresCase ? name.toUpperCase() : name);
  // Of two names that are one on this system, the later counts.
  const last = new Map(names.map((name) => [keyOf(name), name]));
  const isChanged = (name: string) => last.has(keyOf(name)) || OWN_VARIABLES.includes(keyOf(name));
  const lines = inherit ? inheritedLines().filter((line) => !isChanged(nameIn(line))) : [];
  for (const [key, name] of last) {
    const value = changes[name];
    if (value !== undefined && !OWN_VARIABLES.includes(key)) lines.push(`${name}=${value}`);
  }
  const path = ignoresCase ? lines.find((line) => keyOf(nameIn(line)) === 'PATH') : undefined;
  return { lines, path: path === undefined ? valueIn(lines, 'PATH') : path.slice('PATH='.length) };
}

/** This process's variables as `NAME=value` lines, with every byte where the system tells. */
export function inheritedLines(): string[] {
  const variables = exactVariables();
  if (variables?.isCurrent && isEnviron(process.env)) return [...variables.lines];
  // A worker thread and some test runners have a copy of process.env, in which bytes that are not UTF-8 have
  // become U+FFFD. The line that a copy was made of has them still.
  const lines = Object.entries({ ...process.env }).map(([name, value]) => `${name}=${value}`);
  const exact = variables?.lines.filter((line) => !isWellFormed(line)) ?? [];
  if (exact.length === 0) return lines;
  const originals = new Map(exact.map((line) => [bytesOf(line).toString(), line]));
  // process.env leaves out what has a name that is not UTF-8, so the program cannot have changed it.
  const unnamed = isEnviron(process.env) ? exact.filter((line) => !isWellFormed(nameIn(line))) : [];
  return [...lines.map((line) => originals.get(line) ?? line), ...unnamed];
}

function exactPath(): string | undefined {
  const { PATH } = process.env;
  return PATH !== undefined && mayBeInexact(PATH) ? valueIn(inheritedLines(), 'PATH') : PATH;
}

export function nameIn(line: string): string {
  // From 1: on Windows some names begin with "=".
  const at = line.indexOf('=', 1);
  return at < 0 ? line : line.slice(0, at);
}
