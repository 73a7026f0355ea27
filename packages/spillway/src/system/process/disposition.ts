/** What a signal does to this process: signal(2), raise(3), and the calling thread's mask. */
import { bind, check } from '../libc/index.js';
import { unblockAll } from './signal-mask.js';

const signalCall = bind<(signal: number, handler: number) => unknown>(
  'void *signal(int signal, intptr_t handler)',
);
const raiseCall = bind<(signal: number) => number>('int raise(int signal)');

const SIG_DFL = 0;
const SIG_IGN = 1;

/**
 * From now on this process ignores the signal, whatever handler it had: `process.on` is not told. A program started after this
 * ignores it as well, unless it is given the default (execve(2)). SIGKILL and SIGSTOP stay what they are.
 */
export function ignoreSignal(signal: number): void {
  // Refused for these two, and for numbers that are none (EINVAL): there is nothing to be done about either.
  signalCall(signal, SIG_IGN);
}

/** Sends this very thread the signal with its default action. Returns only where that does not end the process. */
export function raiseByDefault(signal: number): void {
  signalCall(signal, SIG_DFL);
  unblockAll();
  check(raiseCall(signal), 'raise', `ending this process by signal ${signal}`);
}
