/** prctl(2): attributes of this process that only Linux has. */
import { bind, check, errnoOf, SystemError } from '../libc/index.js';

/** `a` is a number for some options and an address for others; the FFI takes a bigint for either. */
const prctl = bind<(option: number, a: bigint | Int32Array, b: number, c: number, d: number) => number>(
  'int prctl(int option, void *a, unsigned long b, unsigned long c, unsigned long d)',
);

const PR_SET_DUMPABLE = 4;
const PR_SET_CHILD_SUBREAPER = 36;
const PR_GET_CHILD_SUBREAPER = 37;

/**
 * While set, the kernel makes orphaned descendants children of this process instead of pid 1's
 * (PR_SET_CHILD_SUBREAPER(2const)). Errors: ENOSYS outside Linux.
 */
export function setChildSubreaper(on: boolean): void {
  const doing = `${on ? 'becoming' : 'ceasing to be'} the subreaper of descendants`;
  requireLinux(doing);
  check(prctl(PR_SET_CHILD_SUBREAPER, on ? 1n : 0n, 0, 0, 0), 'prctl', doing);
}

/** Whether this process is a subreaper. Errors: ENOSYS outside Linux. */
export function isChildSubreaper(): boolean {
  const doing = 'asking whether this process is a subreaper';
  requireLinux(doing);
  const value = new Int32Array(1);
  check(prctl(PR_GET_CHILD_SUBREAPER, value, 0, 0, 0), 'prctl', doing);
  return value[0] !== 0;
}

/**
 * This process leaves no core file, however it ends (PR_SET_DUMPABLE(2const)). Does nothing outside Linux.
 */
export function withoutCore(): void {
  if (process.platform === 'linux') prctl(PR_SET_DUMPABLE, 0n, 0, 0, 0);
}

function requireLinux(doing: string): void {
  if (process.platform !== 'linux') throw new SystemError('prctl', errnoOf.ENOSYS, doing);
}
