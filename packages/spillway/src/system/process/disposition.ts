/** What a signal does to this process: signal(2), raise(3), and the calling thread's mask. */
import { bind, check, sizes } from '../libc/index.js';

const signalCall = bind<(signal: number, handler: number) => unknown>(
  'void *signal(int signal, intptr_t handler)',
);
const raiseCall = bind<(signal: number) => number>('int raise(int signal)');
const signalMask = bind<(how: number, set: Uint8Array, old: null) => number>(
  'int pthread_sigmask(int how, void *set, void *old)',
);

const SIG_DFL = 0;
const SIG_IGN = 1;
const SIG_SETMASK = process.platform === 'darwin' ? 3 : 2;

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
  signalMask(SIG_SETMASK, new Uint8Array(sizes.signalSet), null);
  check(raiseCall(signal), 'raise', `ending this process by signal ${signal}`);
}
