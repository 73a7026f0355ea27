/** The kernel's words: system calls and constants, typed, without policy. */
export * from './errno.js';
export * from './exit-watch.js';
export { libcProblem } from './libc.js';
export * from './limits.js';
export * from './memory-file.js';
export * from './pidfd.js';
export * from './pipe.js';
export { platform } from './platform.js';
export { type PollRequest, poll } from './poll.js';
export { PollLoop, type Watch } from './poll-loop.js';
export * from './prctl.js';
export * from './proc.js';
export * from './pty.js';
export * from './signal.js';
export * from './spawn.js';
export * from './terminal.js';
export * from './timers.js';
export * from './wait.js';
