/** kill(2), and the names of signals. */
import { constants } from 'node:os';
import { SystemError } from '../libc/index.js';

export const signals = constants.signals;

/**
 * Sends a signal to a process, or with a negative pid to a process group. Signal 0 only checks whether one
 * could be sent. False when there is no such process or group (ESRCH). Throws for EPERM, except for a group
 * in which at least one member could be signalled: the kernel reports that as success.
 */
export function kill(pid: number, signal: number): boolean {
  try {
    // Node makes the same call, and makes it also where the C library cannot be called.
    return process.kill(pid, signal);
  } catch (error) {
    const { code, errno } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH') return false;
    if (errno === undefined) throw error;
    const whom = pid < 0 ? `process group ${-pid}` : `process ${pid}`;
    throw new SystemError('kill', -errno, `sending ${signalName(signal)} to ${whom}`);
  }
}

/** Whether a process group has a member. Zombies and other users' processes count. */
export function groupExists(group: number): boolean {
  try {
    return kill(-group, 0);
  } catch {
    // EPERM: the group exists and belongs to another user.
    return true;
  }
}

const byNumber = new Map<number, NodeJS.Signals>();
for (const [name, number] of Object.entries(signals)) {
  // SIGIOT is SIGABRT and SIGPOLL is SIGIO: the first name in Node's list is the one that manual pages use.
  if (!byNumber.has(number)) byNumber.set(number, name as NodeJS.Signals);
}

/**
 * `'SIGTERM'` for 15. A real-time signal is named by its distance from the first one for programs
 * (`'SIGRTMIN+2'`).
 */
export function signalName(number: number): NodeJS.Signals {
  const known = byNumber.get(number);
  if (known) return known;
  // The C library keeps signals 32 and 33 for itself (signal(7)).
  if (process.platform === 'linux' && number >= 34 && number <= 64) {
    return (number === 34 ? 'SIGRTMIN' : `SIGRTMIN+${number - 34}`) as NodeJS.Signals;
  }
  return `signal ${number}` as NodeJS.Signals;
}
