/** The codes of errors that have no class of their own. docs/errors.md lists all codes. */
export type ErrorCode =
  /** An argument that cannot be accepted. */
  | 'ERR_INVALID_ARG_VALUE'
  /** The output ended without the line that was awaited. */
  | 'ERR_LINE_NOT_FOUND'
  /** A line that was awaited did not come in time. */
  | 'ERR_LINE_TIMEOUT'
  /** A line is longer than `maxLength`. */
  | 'ERR_LINE_TOO_LONG'
  /** A child without a terminal of its own cannot be resized. */
  | 'ERR_NO_TERMINAL'
  /** An output was read after `close()`. */
  | 'ERR_OUTPUT_CLOSED'
  /** An output is larger than a string or a Buffer can be. */
  | 'ERR_OUTPUT_TOO_LARGE'
  /** A stream that is for one reader was read again. */
  | 'ERR_STREAM_READ_TWICE'
  /** A template of `$` has text that a shell would act on, or that cannot be taken apart. */
  | 'ERR_TEMPLATE_SYNTAX'
  /** A command of `$` was to be started that runs already. */
  | 'ERR_TEMPLATE_USED';

/** Gives an error its code, as Node's own errors have one. */
export function withCode<E extends Error>(error: E, code: ErrorCode): E & { readonly code: ErrorCode } {
  return Object.assign(error, { code });
}
