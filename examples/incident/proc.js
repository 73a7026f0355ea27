/**
 * What the kernel tells about other processes: Linux's /proc.
 *
 * On a system without it every question is answered with "unknown" (null or an empty list), never with a guess.
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
    return null; // gone, not ours to see, or no /proc
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
  // The name in parentheses may hold anything, so the fields are counted from the last parenthesis.
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
 * How often the kernel has switched to and from this process: a process that does anything moves this number.
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
 * Who is still there of a process group: every member but zombies, which have ended and only wait for their
 * parent to notice.
 *
 * @param {number} group
 * @returns {number[]} pids; without /proc the group's number stands for whoever is left
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
 * What a command that ran as the leader of its own group has left behind: anything of its group, zombies included,
 * and any child of this process but its guard, which is nobody's remains: it stands by for the next command, and goes with this process.
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

/** @param {number} pid */
function isGuard(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').endsWith('\0spillway-guard\0');
  } catch {
    return false;
  }
}
