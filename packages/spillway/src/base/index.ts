/**
 * The parts that need no system calls: durations, option errors, abort, timers, promises, postponed work,
 * shell words.
 */

export { isAbortSignal, onAbort, requireAbortSignal } from './abort.js';
export { builtin, isMainThread } from './builtin.js';
export { Deadline } from './deadline.js';
export { type Deferred, deferred, type Waiter } from './deferred.js';
export { absolutePath, directoryNow } from './directory.js';
export { type Duration, formatDuration, parseDuration, requireDuration } from './duration.js';
export { type ErrorCode, withCode } from './error-code.js';
export { errorText, inContext, isError, isFileUrl, isThenable } from './foreign.js';
export { GUARD_NAME } from './guard-name.js';
export { hostProcess, warnOnce } from './host-process.js';
export {
  clearInterval,
  clearTimeout,
  dateNow,
  monotonicMs,
  queueMicrotask,
  setImmediate,
  setInterval,
  setTimeout,
  withOwnTicks,
} from './host-time.js';
export { type Installed, installed, searchedPlaces } from './installed.js';
export {
  isPlain,
  OptionError,
  requireBytes,
  requireCount,
  requireNames,
  requireOneOf,
  shown,
} from './option-error.js';
export { ownProperties } from './own-properties.js';
export { notPostponed, type Postponed, PostponedByTimer } from './postponed.js';
export {
  type ParsedCommand,
  parseLine,
  quotedFor,
  type Redirection,
  type ShellPlace,
  shellPlaces,
  VALUE,
  type Word,
} from './shell/index.js';
export { Stopwatch } from './stopwatch.js';
export { streamOptions, withoutInherited } from './stream-options.js';
export {
  bytesOf,
  clipped,
  clippedTo,
  columnsOf,
  counted,
  exactPath,
  exactWord,
  formatBytes,
  formatCount,
  isWellFormed,
  mayBeInexact,
  safe,
  safeJson,
  safeLine,
  safeLines,
  safeName,
  shellWord,
  textOf,
  valueIn,
  wrapped,
  xmlText,
} from './text/index.js';
export { nodeTimers, type Timer, type Timers } from './timers.js';
export { viewOf } from './view-of.js';
