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
  const lines = site.stack?.slice(site.stack.indexOf('\n'));
  if (!(error instanceof Error) || !lines?.startsWith('\n') || error.stack?.includes(lines)) return error;
  Reflect.set(error, 'stack', `${error.stack}${lines}`);
  return error;
}
