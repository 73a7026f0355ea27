/**
 * A program that is held back until its fence is committed: a shell waits for a line on stdin, and becomes
 * the program by exec(3), with the same number. If this process dies before, the shell sees the end of its
 * input, and exits without running it.
 */
export const SHELL = '/bin/sh';

const WAIT = 'read -r go || exit 125; exec "$@"';
const NAME_FOR_SHELLS = /^[A-Za-z_]\w*$/;

/**
 * The shell's arguments. `readsInput`: what follows the line on stdin is the program's input. `variables`:
 * its environment. Some shells drop those whose names are not theirs, such as the functions that bash
 * exports; env gives them back.
 */
export function heldBack(
  argv: readonly string[],
  readsInput: boolean,
  variables: Readonly<Record<string, string | undefined>>,
): string[] {
  const dropped = Object.entries(variables).flatMap(([name, value]) =>
    NAME_FOR_SHELLS.test(name) || value === undefined ? [] : [`${name}=${value}`],
  );
  // To env, a program with this in its name would be a variable.
  const env = dropped.length > 0 && !argv[0]?.includes('=') ? ['/usr/bin/env', ...dropped] : [];
  return ['-c', readsInput ? WAIT : `${WAIT} </dev/null`, 'sh', ...env, ...argv];
}

/** What opens the gate. */
export const GO = 'go\n';
