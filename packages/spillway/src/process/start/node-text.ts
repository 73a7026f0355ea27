/**
 * node:child_process takes arguments, paths and variables as text. Bytes that are not UTF-8 (see `textOf`)
 * would arrive as U+FFFD.
 */
import { isWellFormed, warnOnce } from '../../base/index.js';
import type { ChildSpec } from './child-spec.js';
import { inheritedLines, nameIn } from './environment.js';
import { StartError } from './start-error.js';

const HINT = 'start it from the main thread, without uid, gid and SPILLWAY_BACKEND';

/** Throws StartError ENOTSUP: another argument than the caller's would be wrong in silence. */
export function requireText(child: ChildSpec, path: string): void {
  const words: readonly [what: string, word: string][] = [
    ["the program's path", path],
    ['argv0', child.argv0 ?? ''],
    ['the working directory', child.cwd ?? ''],
    ...child.args.map((word, index): [string, string] => [`argument ${index + 1}`, word]),
  ];
  const [what] = words.find(([, word]) => !isWellFormed(word)) ?? [];
  if (what === undefined) return;
  const reason = `${what} is not UTF-8, and node:child_process passes text on; ${HINT}`;
  throw new StartError(child, 'ENOTSUP', 'system', reason);
}

/** Undefined `lines`: this process's own. A variable's name that is not UTF-8 has no other form: left out. */
export function variablesAsText(lines: readonly string[] | undefined, more: string): NodeJS.ProcessEnv {
  const all = [...(lines ?? inheritedLines()), more];
  const lost = all.filter((line) => !isWellFormed(line));
  if (lost.length > 0) warn(lost.map(nameIn));
  const known = lost.length > 0 ? all.filter((line) => isWellFormed(nameIn(line))) : all;
  return Object.fromEntries(
    known.map((line) => {
      const name = nameIn(line);
      return [name, line.slice(name.length + 1)];
    }),
  );
}

function warn(names: readonly string[]): void {
  warnOnce(
    'bytes',
    'node:child_process passes text on, so bytes that are not UTF-8 do not reach the child as they are, in ' +
      `${names.map((name) => JSON.stringify(name)).join(', ')}; ${HINT}`,
  );
}
