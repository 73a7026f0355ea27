/** What a signal does to this process: signal(2) and raise(3). */
import { bind, check } from '../libc/index.js';
import { unblockAll } from './signal-mask.js';

const signalCall = bind<(signal: number, handler: number) => unknown>(
  'void *signal(int signal, intptr_t handler)',
);
const raiseCall = bind<(signal: number) => number>('int raise(int signal)');

const SIG_DFL = 0;
const SIG_IGN = 1;

/**
 * This process ignores the signal from now on, whatever handler it had; `process.on` does not notice.
 * Programs it starts ignore the signal as well, unless they are given the default (execve(2)). SIGKILL and
 * SIGSTOP cannot be ignored.
 */
export function ignoreSignal(signal: number): void {
  // EINVAL for those two and for numbers that are no signals. The result is ignored: there is no remedy for
  // either.
  signalCall(signal, SIG_IGN);
}

/**
 * Sends this thread the signal with its default action. Returns only if that action does not end the process.
 */
export function raiseByDefault(signal: number): void {
  signalCall(signal, SIG_DFL);
  unblockAll();
  check(raiseCall(signal), 'raise', `ending this process by signal ${signal}`);
}
