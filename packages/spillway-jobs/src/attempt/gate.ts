/**
 * A program that is held back until its fence is committed: a shell waits for a line on stdin, and becomes the
 * program by exec(3), with the same number. If this process dies before, the shell sees the end of its input,
 * and exits without running it.
 */
export const SHELL = '/bin/sh';

const WAIT = 'read -r go || exit 125; exec "$@"';

/** The shell's arguments. `readsInput`: what follows the line on stdin is the program's input. */
export function heldBack(argv: readonly string[], readsInput: boolean): string[] {
  return ['-c', readsInput ? WAIT : `${WAIT} </dev/null`, 'sh', ...argv];
}

/** What opens the gate. */
export const GO = 'go\n';
