/** waitid(2) looks at an exit and leaves the zombie; wait4(2) reaps it. */
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

/**
 * A child whose state has changed, as waitid(2) reports it. `code`: CLD_EXITED and the like; `status`: the
 * exit code or the signal.
 */
interface Change {
  readonly pid: number;
  readonly code: number;
  readonly status: number;
}

/**
 * A child that has exited and is not yet reaped; undefined when there is none. It stays a zombie (WNOWAIT),
 * so the kernel gives neither its pid nor its process group to another process meanwhile.
 */
export function peekAnyExited(): number | undefined {
  const found = peekExit(undefined, 'looking for an exited child');
  return typeof found === 'object' ? found.pid : undefined;
}

/**
 * Like `peekAnyExited`, for one child. `'lost'`: it is no longer a child of this process, so other code has
 * reaped it.
 */
export function peekChild(pid: number): 'running' | 'exited' | 'lost' {
  const found = peekExit(pid, 'looking at a child');
  if (typeof found === 'object') return 'exited';
  return found === 'unchanged' ? 'running' : 'lost';
}

/** Whether a child that has exited, and is not reaped, was ended by a signal. */
export function wasKilled(pid: number): boolean {
  const found = peekExit(pid, 'looking at a child');
  return typeof found === 'object' && found.code !== requirePlatform().CLD_EXITED;
}

/**
 * The signal that has stopped this child since the last call (SIGTSTP, SIGTTIN, …); undefined when none has.
 */
export function takeStop(pid: number): number | undefined {
  const { WSTOPPED, WNOHANG } = requirePlatform();
  const found = lookForChange(pid, WSTOPPED | WNOHANG, 'looking for a stopped child');
  return typeof found === 'object' ? found.status : undefined;
}

/** A stopped child of this process, whichever code started it; it stays to be taken. */
export function peekAnyStopped(): number | undefined {
  const { WSTOPPED, WNOHANG, WNOWAIT } = requirePlatform();
  const found = lookForChange(undefined, WSTOPPED | WNOHANG | WNOWAIT, 'looking for stopped children');
  return typeof found === 'object' ? found.pid : undefined;
}

function peekExit(pid: number | undefined, doing: string): Change | 'unchanged' | 'no such child' {
  const { WEXITED, WNOHANG, WNOWAIT } = requirePlatform();
  return lookForChange(pid, WEXITED | WNOHANG | WNOWAIT, doing);
}

const info = new Uint8Array(sizes.siginfo);
const view = new DataView(info.buffer);

/** Looks at one child, or at all of them. `'no such child'`: ECHILD. */
function lookForChange(
  child: number | undefined,
  options: number,
  doing: string,
): Change | 'unchanged' | 'no such child' {
  const { P_ALL, P_PID, siginfo } = requirePlatform();
  info.fill(0);
  for (;;) {
    const result = waitid(child === undefined ? P_ALL : P_PID, child ?? 0, info, options);
    if (result === 0) break;
    const errno = lastErrno();
    if (errno === errnoOf.ECHILD) return 'no such child';
    if (errno !== errnoOf.EINTR) check(result, 'waitid', doing);
  }
  const pid = view.getInt32(siginfo.pid, true);
  if (pid === 0) return 'unchanged';
  return { pid, code: view.getInt32(siginfo.code, true), status: view.getInt32(siginfo.status, true) };
}

const status = new Int32Array(1);
const usage = new Uint8Array(sizes.rusage);
const usageView = new DataView(usage.buffer);

/**
 * Reaps a child that has exited: its zombie is gone, its pid free. Undefined when it has not exited, or is
 * not a child of this process because other code has reaped it.
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

/** A wait status (wait(2)): the low seven bits are the signal, the second byte is the exit code. */
function decode(word: number): ExitStatus {
  const signal = word & 0x7f;
  if (signal === 0) return { kind: 'exited', code: (word >> 8) & 0xff };
  return { kind: 'signaled', signal };
}

/** struct rusage opens with two struct timeval. */
function cpuTime(): CpuTime {
  // tv_usec is a 32-bit int followed by padding on macOS, and a long below a million on Linux: the low half
  // is right on both.
  const ms = (at: number) =>
    Number(usageView.getBigInt64(at, true)) * 1000 + usageView.getInt32(at + 8, true) / 1000;
  return { userMs: ms(0), systemMs: ms(16) };
}

/**
 * Blocks this thread until the child has ended, and reaps it. Only for a child that was just sent SIGKILL: it
 * ends within moments.
 */
export function reapKilled(pid: number): void {
  while (wait4(pid, status, 0, usage) === -1 && lastErrno() === errnoOf.EINTR);
}
