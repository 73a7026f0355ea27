/**
 * Pipes that a shell script has in its own hands. Scripts in the wild use named pipes for it, which any
 * process may open, so that only time could tell a hang of theirs; a pipe without a name is the same
 * otherwise. Linux opens the other end of one under its name in /dev.
 */

/** Starts a command of the script that has neither pipe but as its stdin, stdout and stderr. */
export const WITHOUT = '3<&- 4>&- 5<&- 6>&-';

/**
 * The script between two pipes: the ends of one are on the descriptors 3 and 4, those of the other on 5 and
 * 6. The status is 77 (TOO_OLD) where this system does not open them.
 */
export function withPipes(script: string): string {
  return `
: | ( exec 4>/dev/stdin ) 2>/dev/null || exit 77
: | {
exec 3<&0 4>/dev/stdin 5</dev/stdout 6>&1 </dev/null >/dev/null
${script}
} | :
`;
}
