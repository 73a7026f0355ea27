/** The child's environment: the parent's, merged with the caller's changes. */
import { isMainThread } from 'node:worker_threads';
import { ownProperties } from '../../base/index.js';
import { CHANNELS_VARIABLE } from '../../pipe/index.js';
import { MARK_VARIABLE } from '../mark.js';

export interface ChildEnvironment {
  /** `NAME=value` lines, or undefined for this process's own environment as it is. */
  readonly lines: readonly string[] | undefined;
  /** PATH as the child sees it. */
  readonly path: string | undefined;
}

// process.env is the C library's environ unless the program replaces it. Worker threads have a copy.
const original = isMainThread ? process.env : undefined;

/** Whether an outer run set variables that must not reach children unchanged. */
const HAS_OWN_VARIABLES = [MARK_VARIABLE, CHANNELS_VARIABLE].some((name) => process.env[name] !== undefined);

/** `changes` over the parent's variables, or alone without `inherit`; undefined removes a variable. */
export function childEnvironment(
  changes: Readonly<Record<string, string | undefined>> | undefined,
  inherit: boolean,
): ChildEnvironment {
  if (changes === undefined && inherit && process.env === original && !HAS_OWN_VARIABLES) {
    // Nothing to merge: posix_spawn gets the C array, and no variable is copied into JavaScript and back.
    return { lines: undefined, path: process.env.PATH };
  }
  const merged: Record<string, string | undefined> = ownProperties({
    ...(inherit ? process.env : {}),
    ...changes,
  });
  const lines: string[] = [];
  for (const [name, value] of Object.entries(merged)) {
    // Each start sets its own. This process's channels are closed in its children unless passed on.
    if (value !== undefined && name !== MARK_VARIABLE && name !== CHANNELS_VARIABLE)
      lines.push(`${name}=${value}`);
  }
  return { lines, path: merged.PATH };
}
