/** One process of a snapshot. */
import type { ProcFiles } from '../../system/index.js';
import { blockedCall, isEndlessSleep } from './blocked-call.js';
import { descriptorsOf, field, withDetails, withFifo } from './descriptors.js';
import { signalsOf } from './signal-set.js';
import type { BlockedCall, DescriptorRecord, ProcessRecord, ThreadRecord, Unreadable } from './snapshot.js';

/** A line of /proc/PID/stat (proc_pid_stat(5)). */
export interface Stat {
  readonly pid: number;
  readonly name: string;
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly terminal: number;
  readonly foregroundGroup: number;
  readonly threadCount: number;
  readonly startTime: string;
  readonly isKernelThread: boolean;
}

/** PF_KTHREAD in include/linux/sched.h. */
const KERNEL_THREAD = 0x00200000;

export function statOf(proc: ProcFiles, pid: number): Stat | undefined {
  const line = proc.text(`${pid}/stat`);
  if (line === undefined) return undefined;
  // The name may contain parentheses and newlines; the last parenthesis ends it.
  const end = line.lastIndexOf(')');
  const fields = line.slice(end + 2).split(' ', 20);
  if (end < 0 || fields.length < 20) return undefined;
  const at = (index: number) => Number(fields[index]);
  return {
    pid,
    name: text(line.slice(line.indexOf('(') + 1, end)),
    state: fields[0] as string,
    parent: at(1),
    group: at(2),
    session: at(3),
    terminal: at(4),
    foregroundGroup: at(5),
    isKernelThread: (at(6) & KERNEL_THREAD) !== 0,
    threadCount: at(17),
    startTime: fields[19] as string,
  };
}

export interface Depth {
  readonly isInTree: boolean;
  readonly architecture: string;
  /** Its descriptors, if they have been read already. */
  readonly descriptors?: readonly DescriptorRecord[] | undefined;
}

/** Undefined if the process has ended meanwhile. */
export function processRecord(proc: ProcFiles, stat: Stat, depth: Depth): ProcessRecord | undefined {
  const { pid } = stat;
  if (stat.isKernelThread) return kernelThread(stat, depth.isInTree);
  const status = proc.text(`${pid}/status`);
  if (status === undefined) return undefined;
  const unreadable: Unreadable[] = [];
  const isZombie = stat.state === 'Z' || stat.state === 'X';
  const threads = threadsOf(proc, stat, status, depth.architecture, unreadable);
  const descriptors = isZombie && stat.threadCount <= 1 ? [] : readDescriptors(proc, pid, depth, unreadable);
  const innerPid = innermost(field(status, 'NSpid'), pid);
  const writtenBytes = isWriting(threads) ? writtenBy(proc, pid) : undefined;
  return {
    ...identity(stat),
    ...(innerPid !== undefined && { innerPid }),
    command: commandOf(proc, pid),
    uid: Number(field(status, 'Uid')?.split('\t')[0]),
    caughtSignals: signalsOf(field(status, 'SigCgt') ?? '0'),
    ...(writtenBytes !== undefined && { writtenBytes }),
    isInTree: depth.isInTree,
    threads,
    ...(descriptors && { descriptors: withFifos(pid, descriptors, threads) }),
    unreadable,
  };
}

/** Only the identity of a process; its activity counts as unknown. */
export function briefRecord(proc: ProcFiles, stat: Stat, isHidden: boolean): ProcessRecord {
  return {
    ...identity(stat),
    command: commandOf(proc, stat.pid),
    uid: Number(field(proc.text(`${stat.pid}/status`) ?? '', 'Uid')?.split('\t')[0] ?? -1),
    caughtSignals: [],
    isInTree: false,
    threads: [],
    ...(!isHidden && { descriptors: [] }),
    unreadable: isHidden ? [{ what: 'descriptors', reason: 'EACCES' }] : [],
  };
}

function identity(stat: Stat) {
  const { pid, name, state, parent, group, session, terminal, foregroundGroup, startTime } = stat;
  const isObserver = pid === process.pid ? { isObserver: true as const } : {};
  return { pid, name, state, parent, group, session, terminal, foregroundGroup, startTime, ...isObserver };
}

function kernelThread(stat: Stat, isInTree: boolean): ProcessRecord {
  return {
    ...identity(stat),
    command: [],
    uid: 0,
    isKernelThread: true,
    caughtSignals: [],
    isInTree,
    threads: [],
    descriptors: [],
    unreadable: [],
  };
}

function readDescriptors(
  proc: ProcFiles,
  pid: number,
  depth: Depth,
  unreadable: Unreadable[],
): DescriptorRecord[] | undefined {
  const plain = depth.descriptors ?? descriptorsOf(proc, pid);
  if (plain) return withDetails(proc, pid, plain);
  // The process is ending.
  if (proc.failure === 'ENOENT' || proc.failure === 'ESRCH') return [];
  unreadable.push({ what: 'descriptors', reason: proc.failure });
  return undefined;
}

function threadsOf(
  proc: ProcFiles,
  stat: Stat,
  status: string,
  architecture: string,
  unreadable: Unreadable[],
): ThreadRecord[] {
  const tids =
    stat.threadCount > 1 ? (proc.names(`${stat.pid}/task`)?.map(Number) ?? [stat.pid]) : [stat.pid];
  const threads = tids.flatMap((tid) => {
    const own = tid === stat.pid ? status : proc.text(`${stat.pid}/task/${tid}/status`);
    return own === undefined ? [] : [threadRecord(proc, stat.pid, tid, own, architecture, unreadable)];
  });
  // For how long a thread sleeps matters only beside one that waits for an exit, and costs a read.
  const mayHang = threads.length > 1 && threads.some(({ call }) => call?.name.startsWith('wait'));
  return mayHang ? threads.map((thread) => withEndlessSleep(proc, stat.pid, thread)) : threads;
}

function withEndlessSleep(proc: ProcFiles, pid: number, thread: ThreadRecord): ThreadRecord {
  const { call } = thread;
  return call && isEndlessSleep(call, pid, proc)
    ? { ...thread, call: { ...call, hasTimeout: true, isEndless: true } }
    : thread;
}

function threadRecord(
  proc: ProcFiles,
  pid: number,
  tid: number,
  status: string,
  architecture: string,
  unreadable: Unreadable[],
): ThreadRecord {
  const innerTid = innermost(field(status, 'NSpid'), tid);
  const state = field(status, 'State')?.[0] ?? '?';
  let channel: string | undefined;
  const waitChannel = () => {
    channel ??= proc.text(`${pid}/task/${tid}/wchan`)?.trim();
    return channel;
  };
  const call = state === 'Z' ? undefined : callOf(proc, pid, tid, architecture, waitChannel, unreadable);
  // Only the kernel function tells a slow open from a wait for a partner; without a call it is the only clue.
  if ((call === undefined && state !== 'Z') || call?.name.startsWith('open')) waitChannel();
  return {
    tid,
    ...(innerTid !== undefined && { innerTid }),
    name: text(unescaped(field(status, 'Name') ?? '')),
    state,
    voluntarySwitches: Number(field(status, 'voluntary_ctxt_switches') ?? 0),
    ...(call && { call }),
    // 0: not permitted, or not waiting.
    ...(channel && channel !== '0' && { waitChannel: channel }),
  };
}

function callOf(
  proc: ProcFiles,
  pid: number,
  tid: number,
  architecture: string,
  waitChannel: () => string | undefined,
  unreadable: Unreadable[],
): BlockedCall | undefined {
  const line = proc.text(`${pid}/task/${tid}/syscall`);
  const call = line === undefined ? undefined : blockedCall(line, pid, proc, architecture, waitChannel);
  if (call) return call;
  const reason = line === undefined ? proc.failure : 'architecture';
  // Not for a thread that has ended or is ending. One entry per process is enough.
  const isOver = reason === 'ENOENT' || reason === 'ESRCH' || line?.startsWith('-1');
  if (!isOver && !unreadable.some(({ what }) => what === 'calls')) unreadable.push({ what: 'calls', reason });
  return undefined;
}

function commandOf(proc: ProcFiles, pid: number): string[] {
  const line = proc.text(`${pid}/cmdline`);
  return line ? line.replace(/\0$/, '').split('\0').map(text) : [];
}

const WRITES = /^(?:write|writev|pwrite|send|splice|vmsplice|tee)/;

function isWriting(threads: readonly ThreadRecord[]): boolean {
  return threads.some(({ call }) => call && WRITES.test(call.name));
}

function writtenBy(proc: ProcFiles, pid: number): number | undefined {
  const count = field(proc.text(`${pid}/io`) ?? '', 'wchar');
  return count === undefined ? undefined : Number(count);
}

/** Marks named pipes among descriptors that a thread waits on: each check costs a system call. */
function withFifos(
  pid: number,
  descriptors: readonly DescriptorRecord[],
  threads: readonly ThreadRecord[],
): readonly DescriptorRecord[] {
  const waited = new Set<number>();
  for (const { call } of threads) {
    if (call?.args[0] !== undefined) waited.add(Number(call.args[0]));
    for (const { fd } of call?.watches ?? []) waited.add(fd);
  }
  const isNamed = ({ fd, target }: DescriptorRecord) => target.startsWith('/') && waited.has(fd);
  if (!descriptors.some(isNamed)) return descriptors;
  return descriptors.map((one) => (isNamed(one) ? withFifo(pid, one) : one));
}

/** The last of the numbers, one per pid namespace; undefined if it equals the number seen here. */
function innermost(line: string | undefined, own: number): number | undefined {
  const last = Number(line?.split(/\s+/).at(-1) ?? own);
  return last === own ? undefined : last;
}

/** The kernel escapes newlines and backslashes in the status file only. */
function unescaped(name: string): string {
  return name.replace(/\\([n\\])/g, (_, letter: string) => (letter === 'n' ? '\n' : '\\'));
}

/**
 * Decodes bytes from /proc: as UTF-8 if valid, otherwise each byte as one character, so that nothing is lost.
 */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function text(latin1: string): string {
  if (/^[\0-\x7f]*$/.test(latin1)) return latin1;
  try {
    return decoder.decode(Buffer.from(latin1, 'latin1'));
  } catch {
    return latin1;
  }
}
