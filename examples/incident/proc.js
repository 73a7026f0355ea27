/**
 * Facts about other processes, from Linux's /proc.
 *
 * On a system without it every answer is "unknown" (null or an empty list), never a guess.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** The numbers of the few system calls that matter here; riscv64 and arm64 share the generic table. */
const GENERIC = { 64: 'write', 260: 'wait4', 95: 'waitid', 22: 'epoll_pwait', 441: 'epoll_pwait2' };
/** @type {Record<string, Record<string, string>>} */
const SYSTEM_CALLS = {
  x64: { 1: 'write', 61: 'wait4', 247: 'waitid', 232: 'epoll_wait', 281: 'epoll_pwait', 441: 'epoll_pwait2' },
  arm64: GENERIC,
  riscv64: GENERIC,
};

/**
 * @param {number | 'self'} pid
 * @param {string} file
 */
function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return null; // gone, not readable for this user, or no /proc
  }
}

/**
 * @typedef {{ pid: number, state: string, parent: number, group: number }} Process
 * @param {number} pid
 * @returns {Process | null}
 */
export function processOf(pid) {
  const stat = read(pid, 'stat');
  if (stat === null) return null;
  // The name in parentheses may contain anything, so the fields are counted from the last parenthesis.
  const [state, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { pid, state, parent: Number(parent), group: Number(group) };
}

/** @returns {Process[]} all processes that can be seen; empty without /proc */
export function allProcesses() {
  try {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return pids.map((pid) => processOf(Number(pid))).filter((found) => found !== null);
  } catch {
    return [];
  }
}

/**
 * Where a process sleeps in the kernel: the system call and its first argument, or, where that is hidden, the
 * kernel function.
 *
 * @typedef {{ call: string | null, descriptor: number | null, kernel: string | null }} Sleep
 * @param {number} pid
 * @returns {Sleep}
 */
export function sleepOf(pid) {
  const [number, first] = (read(pid, 'syscall') ?? '').split(' ');
  const call = (number && SYSTEM_CALLS[process.arch]?.[number]) || null;
  const wchan = read(pid, 'wchan');
  return {
    call,
    descriptor: call === null ? null : Number(first),
    kernel: wchan === '0' || wchan === '' ? null : wchan,
  };
}

/**
 * How often the kernel has switched to and from this process: the number changes when the process does
 * anything.
 *
 * @param {number} pid
 */
export function contextSwitches(pid) {
  const counts = [...(read(pid, 'status') ?? '').matchAll(/ctxt_switches:\s+(\d+)/g)];
  return counts.length === 0 ? null : counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

/** The most memory this process has had, in bytes. */
export function peakMemory() {
  const highWater = /VmHWM:\s+(\d+) kB/.exec(read('self', 'status') ?? '');
  return highWater === null ? process.resourceUsage().maxRSS * 1024 : Number(highWater[1]) * 1024;
}

/**
 * The members of a process group without zombies, which have ended and wait for their parent to reap them.
 *
 * @param {number} group
 * @returns {number[]} pids; without /proc the group's number stands for its members
 */
export function aliveInGroup(group) {
  try {
    process.kill(-group, 0);
  } catch {
    return [];
  }
  const visible = allProcesses();
  if (visible.length === 0) return [group];
  return visible.filter((found) => found.group === group && found.state !== 'Z').map(({ pid }) => pid);
}

/**
 * The processes that a command, run as the leader of its own group, has left behind: members of its group,
 * zombies included, and children of this process. The guard is not counted: it serves the next command, and
 * ends with this process.
 *
 * @param {number} pid
 * @returns {number[]}
 */
export function leftBehind(pid) {
  const visible = allProcesses();
  if (visible.length === 0) return aliveInGroup(pid);
  return visible
    .filter((found) => found.group === pid || (found.parent === process.pid && !isGuard(found.pid)))
    .map((found) => found.pid);
}

/**
 * The rsyncs that write to a folder, the first one first; empty without /proc.
 *
 * @param {string} folder
 * @returns {number[]} pids
 */
export function rsyncsTo(folder) {
  return allProcesses()
    .filter(({ pid, state }) => state !== 'Z' && (read(pid, 'comm') ?? '').trim() === 'rsync')
    .filter(({ pid }) => (read(pid, 'cmdline') ?? '').includes(folder))
    .map(({ pid }) => pid);
}

/** @param {number} pid */
function isGuard(pid) {
  try {
    // Behind its name are the marks that it accepts.
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').at(3) === 'spillway-guard';
  } catch {
    return false;
  }
}
