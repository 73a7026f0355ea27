/** Leads an error to the line that a command was written on. */

export interface CallSite {
  readonly stack?: string;
}

/** Where `callee` was called. */
export function callSite(callee: (...args: never[]) => unknown): CallSite {
  const site = {};
  Error.captureStackTrace(site, callee);
  return site;
}

/**
 * Adds the call site to the error's stack, once, and gives the error back. V8 follows awaited promises, not
 * other objects with a method `then`.
 */
export function withCallSite(error: unknown, site: CallSite): unknown {
  const { stack } = site;
  // A host program can make the stacks of errors anything, by Error.prepareStackTrace.
  if (!(error instanceof Error) || typeof stack !== 'string' || typeof error.stack !== 'string') return error;
  const at = stack.indexOf('\n');
  const lines = at < 0 ? '' : stack.slice(at);
  if (!error.stack.includes(lines)) Reflect.set(error, 'stack', error.stack + lines);
  return error;
}
