/** What goes wrong, and its exit status. */

/** A wrong option or argument, and what does not exist. */
export const REFUSED = 2;
/** It was not done, for the reason that is told. */
export const NOT_DONE = 1;
/** EX_UNAVAILABLE of sysexits.h: the database cannot be reached, or does not let this user in. */
export const UNAVAILABLE = 69;
/** EX_TEMPFAIL: lost, skipped, or not finished in time. */
export const NOT_FINISHED = 75;
/** Spillway's own failure. */
export const OWN_ERROR = 125;

/** A mistake in the command line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** stdout has no reader any more (EPIPE), as after `head`. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone';
}

/** stdout cannot be written. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
}

export function noSuchJob(id: number): UsageError {
  return new UsageError(`there is no job ${id}`);
}

/** A string in JSON's quotes, for a message. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}
