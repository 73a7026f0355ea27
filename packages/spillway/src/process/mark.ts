/**
 * A variable in the environment of every process of a run. Children inherit it, so it identifies a descendant
 * that has left the process group (setsid(2), a double fork) and has lost its parents. Jenkins finds the
 * leftovers of its builds in the same way.
 *
 * Each run has its own name, `PID-CLOCK.NUMBER;`. A run within a run appends its name to the outer one, so
 * the outer run still recognises the processes of the inner run.
 */
export const MARK_VARIABLE = 'SPILLWAY_RUN';

export interface Mark {
  /** The text that only the environments of the run's descendants contain. */
  readonly name: string;
  /** The whole line, `NAME=value`. */
  readonly variable: string;
}

/** Identifies this process; the clock is part of it because the kernel reuses pids. */
const owner = `${process.pid}-${process.hrtime.bigint().toString(36)}`;
/** The prefix of every mark that this process makes. */
export const MARK_OF_THIS_PROCESS = `${owner}.`;
/** Some marks, one after the other. */
const MARKS = /^(?:\d+-[0-9a-z]+\.\d+;)*$/;
/** The marks of the runs that this process is part of. Text of another form is not a run's, and goes. */
export const OUTER_MARKS = MARKS.exec(process.env[MARK_VARIABLE] ?? '')?.[0] ?? '';
/** One mark. */
const MARK = /^\d+-[0-9a-z]+\.\d+;$/;
let count = 0;

export function newMark(): Mark {
  const name = `${MARK_OF_THIS_PROCESS}${++count};`;
  return { name, variable: `${MARK_VARIABLE}=${OUTER_MARKS}${name}` };
}

/** Whether this text can be the mark of a run. */
export function isMark(text: unknown): text is string {
  return typeof text === 'string' && MARK.test(text);
}

/** Whether these marks, as `marksIn` gives them, have the one of this run among them. */
export function includesMark(marks: string, mark: string): boolean {
  return marks !== '' && `;${marks}`.includes(`;${mark}`);
}

/**
 * The marks in an environment as read from /proc; empty without any. The variable alone counts: its text in
 * another one, as a server passes a client's words on, marks nothing.
 */
export function marksIn(environment: string | undefined): string {
  if (!environment?.includes(MARK_VARIABLE)) return '';
  const lines = `\0${environment}\0`;
  const name = `\0${MARK_VARIABLE}=`;
  const at = lines.indexOf(name);
  return at < 0 ? '' : lines.slice(at + name.length, lines.indexOf('\0', at + 1));
}
