/**
 * Descriptors that stand for processes (pidfd_open(2), Linux 5.3). The kernel may reuse a pid once its
 * process is reaped; a descriptor stands for the same process for ever.
 */
import { bind, check, errnoOf, lastErrno, libcProblem } from '../libc/index.js';

// glibc before 2.36 and musl have no wrappers. The numbers are the same on every architecture
// (include/uapi/asm-generic/unistd.h).
const SYS_pidfd_open = 434;
const SYS_pidfd_send_signal = 424;
const syscall = bind<(number: number, a: number, b: number, c: null, d: number) => number>(
  'long syscall(long number, long a, long b, void *c, long d)',
);

/**
 * A close-on-exec descriptor of a process; poll(2) finds it readable once the process has ended. Undefined
 * when there is no such process (ESRCH), or no such call (ENOSYS, no FFI, EPERM under some seccomp filters,
 * another system). Errors: EMFILE, ENFILE.
 */
export function openPidfd(pid: number): number | undefined {
  if (process.platform !== 'linux' || libcProblem()) return undefined;
  const fd = Number(syscall(SYS_pidfd_open, pid, 0, null, 0));
  if (fd >= 0) return fd;
  const errno = lastErrno();
  if (errno === errnoOf.ESRCH || errno === errnoOf.ENOSYS || errno === errnoOf.EPERM) return undefined;
  return check(fd, 'pidfd_open', `opening a descriptor of process ${pid}`);
}

/** Sends a signal to the descriptor's process; false when that has been reaped (ESRCH). Errors: EPERM. */
export function signalPidfd(fd: number, signal: number): boolean {
  const result = Number(syscall(SYS_pidfd_send_signal, fd, signal, null, 0));
  if (result === -1 && lastErrno() === errnoOf.ESRCH) return false;
  check(result, 'pidfd_send_signal', `sending signal ${signal} by descriptor`);
  return true;
}
