/**
 * The jobserver of GNU make: a pipe of tokens, whose two descriptors a variable names
 * (https://www.gnu.org/software/make/manual/html_node/POSIX-Jobserver.html). A named pipe, `fifo:PATH`, needs
 * none.
 */

/** Cargo hands it on in a variable of its own. */
export const VARIABLES_OF_MAKE = ['MAKEFLAGS', 'MFLAGS', 'CARGO_MAKEFLAGS'] as const;

/** Whether a make has started this program. */
export function isBelowMake(): boolean {
  return VARIABLES_OF_MAKE.some((name) => process.env[name] !== undefined);
}

const LINE = new RegExp(`^(?:${VARIABLES_OF_MAKE.join('|')})=`);
/** `--jobserver-fds` until make 4.2. */
const WORD = /(?:^|\s)--jobserver-(?:auth|fds)=(\d+),(\d+)(?=\s|$)/;
/** Without a jobserver the number of jobs would be that of each make. */
const WORDS = /(?:^|\s)(?:--jobserver-(?:auth|fds)=\d+,\d+|-j\d*|--jobs(?:=\d+)?)(?=\s|$)/g;

/** The numbers of its two descriptors; undefined for a line `NAME=value` that names none. */
export function jobserverOf(line: string): [number, number] | undefined {
  if (!LINE.test(line)) return undefined;
  const match = WORD.exec(optionsOf(line));
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}

export function withoutJobserver(line: string): string {
  const options = optionsOf(line);
  return options.replace(WORDS, '') + line.slice(options.length);
}

/** What is before the variables of make's command line: `MAKEFLAGS=k -j4 -- CFLAGS=-O2`. */
function optionsOf(line: string): string {
  const end = line.search(/ -- /);
  return end < 0 ? line : line.slice(0, end);
}
