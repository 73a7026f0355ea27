/** The C library: functions by their prototypes, errors, numbers that differ between platforms. */
export { environmentWith } from './environ.js';
export { bestEffort, describe, errnoOf, SystemError } from './errno.js';
export { addressOf, bind, bindOptional, check, globalPointer, lastErrno, libcProblem } from './libc.js';
export { characterSet, errorText } from './locale.js';
export { platform, requirePlatform, sizes } from './platform.js';
