/** The child's environment: the parent's, merged with what the caller gave. */
import { isMainThread } from 'node:worker_threads';
import { CHANNELS_VARIABLE } from '../../pipe/index.js';
import { MARK_VARIABLE, OUTER_MARKS } from '../mark.js';

export interface ChildEnvironment {
  /** `NAME=value` lines, or undefined for this process's own environment as it is. */
  readonly lines: readonly string[] | undefined;
  /** PATH as the child sees it. */
  readonly path: string | undefined;
}

// The C library's environ is what process.env shows, as long as nobody has put another object in its place.
// Worker threads have a copy.
const original = isMainThread ? process.env : undefined;

/** What this process was given by a run that it is part of, and its children get their own of, or none. */
const HAS_OWN_VARIABLES = OUTER_MARKS !== '' || process.env[CHANNELS_VARIABLE] !== undefined;

/**
 * `changes` over the parent's variables, or alone without `inherit`; a value of undefined removes the
 * variable.
 */
export function childEnvironment(
  changes: Readonly<Record<string, string | undefined>> | undefined,
  inherit: boolean,
): ChildEnvironment {
  if (changes === undefined && inherit && process.env === original && !HAS_OWN_VARIABLES) {
    // Nothing to merge: the C array is passed on, without copying each variable into JavaScript and back.
    return { lines: undefined, path: process.env.PATH };
  }
  const merged: Record<string, string | undefined> = { ...(inherit ? process.env : {}), ...changes };
  const lines: string[] = [];
  for (const [name, value] of Object.entries(merged)) {
    // Each run sets its own. Channels that this process was passed are closed in its children, unless they
    // are passed on.
    if (value !== undefined && name !== MARK_VARIABLE && name !== CHANNELS_VARIABLE)
      lines.push(`${name}=${value}`);
  }
  return { lines, path: merged.PATH };
}
