/** Limits and priority of another process (prlimit(2), setpriority(2)). */
import { bind, bindOptional, check, errnoOf, SystemError } from '../libc/index.js';

const prlimitCall = bindOptional<
  (pid: number, resource: number, next: BigUint64Array, before: null) => number
>('int prlimit(int pid, int resource, void *next, void *before)');
const setpriorityCall = bind<(which: number, who: number, value: number) => number>(
  'int setpriority(int which, uint32_t who, int value)',
);

/** The same on every 64-bit Linux that Node is built for (include/uapi/asm-generic/resource.h). */
const resources = { cpuSeconds: 0, fileSize: 1, processes: 6, openFiles: 7, memory: 9 } as const;

export type Resource = keyof typeof resources;

const getpagesize = bind<() => number>('int getpagesize()');

/** The size of a page of memory. */
export function pageBytes(): number {
  return getpagesize();
}

const PRIO_PROCESS = 0;

/**
 * Sets the soft and the hard limit of a process of this user. Errors: EPERM above the process's hard limit
 * without CAP_SYS_RESOURCE; ENOSYS outside Linux.
 */
export function setLimit(pid: number, resource: Resource, soft: number, hard = soft): void {
  const doing = `limiting ${resource} of process ${pid} to ${soft}`;
  const call = prlimitCall();
  if (!call) throw new SystemError('prlimit', errnoOf.ENOSYS, doing);
  check(
    call(pid, resources[resource], BigUint64Array.of(BigInt(soft), BigInt(hard)), null),
    'prlimit',
    doing,
  );
}

/**
 * Sets a process's nice value, -20 to 19. Errors: EACCES or EPERM for a smaller value than it has, without
 * CAP_SYS_NICE or RLIMIT_NICE.
 */
export function setNice(pid: number, value: number): void {
  check(
    setpriorityCall(PRIO_PROCESS, pid, value),
    'setpriority',
    `setting the nice value of process ${pid} to ${value}`,
  );
}
