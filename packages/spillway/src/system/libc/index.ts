/** The C library: functions by their prototypes, errors, numbers that differ between platforms. */
export {
  type EnvironmentCopy,
  environ,
  environmentCopy,
  environmentLines,
  environmentWith,
} from './environ.js';
export { bestEffort, codeAndText, errnoOf, errorLikeNode, SystemError } from './errno.js';
export { warnOfFallback } from './fallback.js';
export {
  addressOf,
  bind,
  bindAsync,
  bindOptional,
  check,
  checkReturned,
  lastErrno,
  libcObstacle,
  libcProblem,
  required,
  stringsAt,
  wordAt,
} from './libc.js';
export { characterSet, errorText } from './locale.js';
export { platform, requirePlatform, sizes } from './platform.js';
export { runtime, runtimeObstacle } from './runtime.js';
