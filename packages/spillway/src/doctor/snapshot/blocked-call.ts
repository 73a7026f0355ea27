/** Parses /proc/PID/task/TID/syscall and reads the memory that its arguments point to. */

import { dateNow } from '../../base/index.js';
import type { ProcFiles } from '../../system/index.js';
import { callName } from './call-numbers.js';
import { ProcessMemory } from './memory.js';
import type { BlockedCall } from './snapshot.js';

const FUTEX_WAIT = 0;
const FUTEX_WAIT_BITSET = 9;
const FUTEX_LOCK_PI = 6;
const FUTEX_LOCK_PI2 = 13;
const FUTEX_PRIVATE_FLAG = 128;
const FUTEX_CLOCK_REALTIME = 256;
/** The futex word of a locked mutex with waiters (glibc, sysdeps/nptl/lowlevellock.h). */
const LOCKED_WITH_WAITERS = 2;
/** FUTEX_TID_MASK: the owner's thread id in a priority-inheriting or robust mutex. */
const TID_MASK = 0x3fffffff;

const CLOCK_REALTIME = 0;
const TIMER_ABSTIME = 1;
/** A longer sleep is meant to last for ever. */
const A_DAY_S = 86_400;

const RUNNING: BlockedCall = { name: 'running', number: -1, args: [] };
/** 32-bit programs have other call numbers; only their stacks lie below 4 GiB. */
const FOUR_GIB = 0x1_0000_0000n;

/**
 * Undefined for a thread outside any call, such as a zombie, and for an unknown architecture. `waitChannel`
 * identifies a call restarted after a stop, whose number restart_syscall(2) hides.
 */
export function blockedCall(
  line: string,
  pid: number,
  proc: ProcFiles,
  architecture: string,
  waitChannel: () => string | undefined,
): BlockedCall | undefined {
  const words = line.trimEnd().split(' ');
  if (words[0] === 'running') return RUNNING;
  const number = Number(words[0]);
  const values = words.slice(1).map((word) => BigInt(word));
  const [stack] = values.slice(-2);
  if (number < 0) return undefined;
  if (stack !== undefined && stack < FOUR_GIB && architecture !== 'arm')
    return { name: 'unknown', number, args: [] };
  let name = callName(number, architecture);
  if (name === undefined) return undefined;
  const args = values.slice(0, -2);
  if (name === 'restart_syscall') {
    // Of the calls restarted this way only poll may lack a timeout; its arguments are intact.
    if (!/poll|do_sys_poll/.test(waitChannel() ?? '')) return { name, number, args: [], hasTimeout: true };
    name = architecture === 'arm64' ? 'ppoll' : 'poll';
  }
  const shown = words.slice(1, -2);
  return { name, number, args: shown, ...details(name, args, new ProcessMemory(proc, pid), waitChannel) };
}

type Details = Partial<Omit<BlockedCall, 'name' | 'number' | 'args'>>;

function details(
  name: string,
  args: readonly bigint[],
  memory: ProcessMemory,
  waitChannel: () => string | undefined,
): Details {
  const [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n] = args;
  switch (name) {
    case 'poll':
      return withWatches(memory.pollSet(a, b), int(c) >= 0);
    case 'ppoll':
      return withWatches(memory.pollSet(a, b), c !== 0n);
    case 'select':
    case 'pselect6':
      return withWatches(memory.selectSets(a, b, c, d), e !== 0n);
    case 'epoll_wait':
    case 'epoll_pwait':
      return { hasTimeout: int(d) >= 0 };
    case 'epoll_pwait2':
      return { hasTimeout: d !== 0n };
    case 'splice':
    case 'tee':
    case 'vmsplice':
    case 'sendfile':
      return withSide(waitChannel());
    case 'rt_sigtimedwait':
      return c === 0n ? withSignals(memory.signalSet(a)) : { hasTimeout: true };
    case 'semtimedop':
      return d === 0n ? {} : { hasTimeout: true };
    case 'futex':
      return futexDetails(a, int(b), int(c), d, memory);
    case 'open':
    case 'creat':
      return withPath(memory.path(a));
    case 'openat':
    case 'openat2':
      return withPath(memory.path(b));
    default:
      return {};
  }
}

/** An unreadable set may contain any descriptor, so the call counts as one with a timeout. */
function withWatches(watches: BlockedCall['watches'], hasTimeout: boolean): Details {
  return watches ? { watches, hasTimeout } : { hasTimeout: true };
}

function withSignals(signals: BlockedCall['signals']): Details {
  return signals ? { signals } : {};
}

/** In fs/pipe.c and fs/splice.c the function that sleeps tells which pipe it sleeps on. */
function withSide(waitChannel: string | undefined): Details {
  if (/pipe_wait_readable|pipe_read/.test(waitChannel ?? '')) return { side: 'reading' };
  return /pipe_wait_writable|pipe_write|wait_for_space/.test(waitChannel ?? '') ? { side: 'writing' } : {};
}

function withPath(path: string | undefined): Details {
  return path === undefined ? {} : { path };
}

function futexDetails(
  address: bigint,
  operation: number,
  expected: number,
  timeout: bigint,
  memory: ProcessMemory,
): Details {
  const command = operation & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
  if (timeout !== 0n) return { hasTimeout: true };
  const isPrivate = (operation & FUTEX_PRIVATE_FLAG) !== 0;
  const common: Details = { hasTimeout: false, ...(isPrivate ? {} : { isShared: true as const }) };
  const word = memory.futex(address);
  if (!word) return common;
  if (command === FUTEX_LOCK_PI || command === FUTEX_LOCK_PI2)
    return { ...common, owner: word.value & TID_MASK };
  if (command !== FUTEX_WAIT && command !== FUTEX_WAIT_BITSET) return common;
  if (expected === LOCKED_WITH_WAITERS && word.value === expected && word.owner > 0)
    return { ...common, owner: word.owner };
  // pthread_join(3) waits on the thread's id, which the kernel clears at its end. That futex is not private.
  if (!isPrivate && expected > LOCKED_WITH_WAITERS && word.value === expected)
    return { ...common, owner: expected };
  return common;
}

/** Whether a call of nanosleep(2) or clock_nanosleep(2) is meant to last for ever. */
export function isEndlessSleep(call: BlockedCall, pid: number, proc: ProcFiles): boolean {
  const memory = new ProcessMemory(proc, pid);
  const [a = 0n, b = 0n, c = 0n] = call.args.map(BigInt);
  if (call.name === 'nanosleep') return memory.seconds(a) > A_DAY_S;
  if (call.name !== 'clock_nanosleep') return false;
  return memory.seconds(c) - (int(b) === TIMER_ABSTIME ? nowS(int(a)) : 0) > A_DAY_S;
}

/** The time on a clock of clock_nanosleep(2). */
function nowS(clock: number): number {
  return clock === CLOCK_REALTIME ? dateNow().getTime() / 1000 : process.hrtime()[0];
}

/** An argument of type int: the upper half of the register is undefined. */
function int(value: bigint): number {
  return Number(BigInt.asIntN(32, value));
}
