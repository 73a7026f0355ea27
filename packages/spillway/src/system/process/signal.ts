/** kill(2), and the names of signals. */
import { constants } from 'node:os';
import { SystemError } from '../libc/index.js';

export const signals = constants.signals;

/**
 * Sends a signal to a process, or with a negative pid to a process group; signal 0 only asks whether one could be sent.
 * False when there is no such process or group (ESRCH). EPERM throws, but for a group of which at least one member could be
 * signalled, for which the kernel reports success.
 */
export function kill(pid: number, signal: number): boolean {
  try {
    // Node's own is the same call, and is there also where the C library cannot be reached.
    return process.kill(pid, signal);
  } catch (error) {
    const { code, errno } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH') return false;
    if (errno === undefined) throw error;
    const whom = pid < 0 ? `process group ${-pid}` : `process ${pid}`;
    throw new SystemError('kill', -errno, `sending ${signalName(signal)} to ${whom}`);
  }
}

/** Whether a process group has a member: a zombie, too, and also another user's. */
export function groupExists(group: number): boolean {
  try {
    return kill(-group, 0);
  } catch {
    // EPERM: it does, and is another user's.
    return true;
  }
}

const byNumber = new Map<number, NodeJS.Signals>();
for (const [name, number] of Object.entries(signals)) {
  // SIGIOT is SIGABRT, SIGPOLL is SIGIO: the first name in Node's list is the one that manual pages use.
  if (!byNumber.has(number)) byNumber.set(number, name as NodeJS.Signals);
}

/** `'SIGTERM'` for 15; real-time signals by their distance from the first that programs may use (`'SIGRTMIN+2'`). */
export function signalName(number: number): NodeJS.Signals {
  const known = byNumber.get(number);
  if (known) return known;
  // The C library keeps the first two real-time signals for itself (signal(7)).
  if (process.platform === 'linux' && number >= 34 && number <= 64) {
    return (number === 34 ? 'SIGRTMIN' : `SIGRTMIN+${number - 34}`) as NodeJS.Signals;
  }
  return `signal ${number}` as NodeJS.Signals;
}
