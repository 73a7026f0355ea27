/** waitid(2) to look at an exit without consuming it, wait4(2) to consume it. */

import { bind, check, errnoOf, lastErrno, requirePlatform, sizes } from '../libc/index.js';

const waitid = bind<(type: number, id: number, info: Uint8Array, options: number) => number>(
  'int waitid(int type, uint32_t id, void *info, int options)',
);
const wait4 = bind<(pid: number, status: Int32Array, options: number, usage: Uint8Array) => number>(
  'int wait4(int pid, int *status, int options, void *usage)',
);

/** How a process ended. */
export type ExitStatus =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signaled'; readonly signal: number };

/** Processor time of a process and the descendants it has waited for, in milliseconds (getrusage(2)). */
export interface CpuTime {
  readonly userMs: number;
  readonly systemMs: number;
}

const info = new Uint8Array(sizes.siginfo);
const view = new DataView(info.buffer);

/**
 * A child that has exited and is not yet reaped; undefined when there is none. It stays a zombie (WNOWAIT), so neither its pid nor
 * its process group can be given to a stranger meanwhile.
 */
export function peekAnyExited(): number | undefined {
  const p = requirePlatform();
  const found = lookForChange(undefined, p.WEXITED | p.WNOHANG | p.WNOWAIT, 'looking for an exited child');
  return found === 'none' ? undefined : found;
}

/** The same for one child; `'lost'` when it is no child of ours any more, so somebody else must have reaped it. */
export function peekChild(pid: number): 'running' | 'exited' | 'lost' {
  const p = requirePlatform();
  const found = lookForChange(pid, p.WEXITED | p.WNOHANG | p.WNOWAIT, 'looking at a child');
  if (found === 'none') return 'lost';
  return found === undefined ? 'running' : 'exited';
}

/** Whether a child that has exited, and is not reaped, was ended by a signal. */
export function wasKilled(pid: number): boolean {
  if (peekChild(pid) !== 'exited') return false;
  return view.getInt32(requirePlatform().siginfo.code, true) !== requirePlatform().CLD_EXITED;
}

/** The signal that has stopped this child since the last call (SIGTSTP, SIGTTIN, …); undefined when none has. */
export function takeStop(pid: number): number | undefined {
  const p = requirePlatform();
  // WUNTRACED and WSTOPPED are the same number in waitid's and waitpid's world.
  const stopped = lookForChange(pid, p.WUNTRACED | p.WNOHANG, 'looking for a stopped child');
  return stopped === undefined || stopped === 'none' ? undefined : view.getInt32(p.siginfo.status, true);
}

/** The pid of a child whose state has changed, undefined when none has, `'none'` when there is no such child (ECHILD). */
function lookForChange(pid: number | undefined, options: number, doing: string): number | 'none' | undefined {
  const p = requirePlatform();
  info.fill(0);
  for (;;) {
    const result = waitid(pid === undefined ? p.P_ALL : p.P_PID, pid ?? 0, info, options);
    if (result === 0) break;
    const errno = lastErrno();
    if (errno === errnoOf.ECHILD) return 'none';
    if (errno !== errnoOf.EINTR) check(result, 'waitid', doing);
  }
  const found = view.getInt32(p.siginfo.pid, true);
  return found === 0 ? undefined : found;
}

const status = new Int32Array(1);
const usage = new Uint8Array(sizes.rusage);
const usageView = new DataView(usage.buffer);

/**
 * Reaps a child that has exited: its zombie is gone, its pid free. Undefined when it is no child of ours (somebody else reaped it)
 * or has not exited.
 */
export function reap(pid: number): { status: ExitStatus; cpu: CpuTime; dumpedCore: boolean } | undefined {
  for (;;) {
    const result = wait4(pid, status, requirePlatform().WNOHANG, usage);
    if (result === pid) {
      const word = status[0] as number;
      return { status: decode(word), cpu: cpuTime(), dumpedCore: (word & 0xff) > 0x80 };
    }
    if (result === 0) return undefined;
    const errno = lastErrno();
    if (errno === errnoOf.ECHILD) return undefined;
    if (errno !== errnoOf.EINTR) check(result, 'wait4', `reaping process ${pid}`);
  }
}

/** wait(2): the low seven bits are the signal, the second byte the exit code. */
function decode(word: number): ExitStatus {
  const signal = word & 0x7f;
  if (signal === 0) return { kind: 'exited', code: (word >> 8) & 0xff };
  return { kind: 'signaled', signal };
}

/** struct rusage opens with two struct timeval. */
function cpuTime(): CpuTime {
  // tv_usec is a 32-bit int with padding behind it on macOS, and a long below a million on Linux: its low half is right on both.
  const ms = (at: number) =>
    Number(usageView.getBigInt64(at, true)) * 1000 + usageView.getInt32(at + 8, true) / 1000;
  return { userMs: ms(0), systemMs: ms(16) };
}

/** Holds this thread until a child has ended, and reaps it: only for one that has been killed, and so is about to. */
export function reapKilled(pid: number): void {
  while (wait4(pid, status, 0, usage) === -1 && lastErrno() === errnoOf.EINTR);
}
