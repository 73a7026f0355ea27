/**
 * A variable in the environment of everything that a run starts. It is inherited, so that a descendant can be
 * recognised when it has left the process group (setsid(2), a double fork) and its parents are gone. Jenkins
 * finds what its builds leave behind in this way.
 *
 * Each run has a name of its own: `PID-CLOCK.NUMBER;`. Runs within runs stand one behind the other, so that
 * the outer one still knows what the inner one has started.
 */
export const MARK_VARIABLE = 'SPILLWAY_RUN';

export interface Mark {
  /** What the environments of its descendants contain, and no others. */
  readonly name: string;
  /** The whole line, `NAME=value`. */
  readonly variable: string;
}

/** Of this process: a pid alone comes again. */
const owner = `${process.pid}-${process.hrtime.bigint().toString(36)}`;
/** What every mark of a run of this process begins with. */
export const MARK_OF_THIS_PROCESS = `${owner}.`;
/** Of the runs that this process is part of. */
export const OUTER_MARKS = process.env[MARK_VARIABLE] ?? '';
let count = 0;

export function newMark(): Mark {
  const name = `${MARK_OF_THIS_PROCESS}${++count};`;
  return { name, variable: `${MARK_VARIABLE}=${OUTER_MARKS}${name}` };
}

/** The marks in an environment as /proc shows it; empty without any. */
export function marksIn(environment: string | undefined): string {
  const lines = `\0${environment ?? ''}\0`;
  const name = `\0${MARK_VARIABLE}=`;
  const at = lines.indexOf(name);
  return at < 0 ? '' : lines.slice(at + name.length, lines.indexOf('\0', at + 1));
}
