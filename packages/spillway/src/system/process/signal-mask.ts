/** Sets of signals, and the calling thread's mask (pthread_sigmask(3)). */
import { bind, checkReturned, sizes } from '../libc/index.js';

const signalMask = bind<(how: number, set: Uint8Array, old: Uint8Array | null) => number>(
  'int pthread_sigmask(int how, void *set, void *old)',
);

const [SIG_BLOCK, SIG_SETMASK] = process.platform === 'darwin' ? [1, 3] : [0, 2];

/**
 * A sigset_t with bit n-1 for signal n, as in /proc. It is an array of words in this order on every platform
 * of Spillway.
 */
export function signalSet(signals: bigint): Uint8Array {
  const set = new Uint8Array(sizes.signalSet);
  new DataView(set.buffer).setBigUint64(0, BigInt.asUintN(64, signals), true);
  return set;
}

/** Blocks a signal in this thread while `action` runs. */
export function withBlocked<T>(signal: number, doing: string, action: () => T): T {
  const before = new Uint8Array(sizes.signalSet);
  const blocked = signalSet(1n << BigInt(signal - 1));
  checkReturned(signalMask(SIG_BLOCK, blocked, before), 'pthread_sigmask', doing);
  try {
    return action();
  } finally {
    signalMask(SIG_SETMASK, before, null);
  }
}

/** Blocks no signal in this thread from here on. */
export function unblockAll(): void {
  signalMask(SIG_SETMASK, signalSet(0n), null);
}
