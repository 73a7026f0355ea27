/**
 * Plain reads of Linux's /proc (proc(5)). Each returns undefined where there is no /proc, or where reading is
 * not permitted.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { closeSync, openSync, readAt } from '../descriptor/index.js';
import { procFiles } from './proc-files.js';

export interface ProcessStat {
  readonly pid: number;
  /** `R`, `S`, `D`, `T`, `Z`, `X`, … (proc_pid_stat(5)). */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Clock ticks from boot to start; with the pid, unique to the process. */
  readonly startTime: string;
  /**
   * It has begun to exit and is closing its descriptors; it will become a zombie (PF_EXITING in
   * include/linux/sched.h).
   */
  readonly isExiting: boolean;
}

const PF_EXITING = 4;

/** One process's line in /proc; undefined when the process is gone. */
export function processStat(pid: number): ProcessStat | undefined {
  const line = read(`${pid}/stat`);
  if (line === undefined) return undefined;
  // The command is in parentheses and may contain anything, even parentheses and newlines: the last one ends
  // it.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const [state, parent, group, session] = fields;
  const startTime = fields[19];
  if (state === undefined || startTime === undefined) return undefined;
  return {
    pid,
    state,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    startTime,
    isExiting: (Number(fields[6]) & PF_EXITING) !== 0,
  };
}

/** Whether the process still runs; a zombie does not. */
export function isLive({ state }: ProcessStat): boolean {
  return state !== 'Z' && state !== 'X';
}

/**
 * Whether there is a process or a thread with this number. Cheaper than `processStat` where there mostly is
 * none.
 */
export function processExists(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

/**
 * Whether the number belongs to a thread other than a process's first. /proc has those too, but does not list
 * them.
 */
export function isThread(pid: number): boolean {
  return !read(`${pid}/status`)?.includes(`\nTgid:\t${pid}\n`);
}

/** The number of threads of a process; the first counts even if it has ended. */
export function threadCount(pid: number): number | undefined {
  try {
    return withRoom(() => readdirSync(`/proc/${pid}/task`)).length;
  } catch {
    return undefined;
  }
}

/** The inode of a process's namespace, which identifies the namespace (namespaces(7)). */
export function namespaceOf(pid: number | 'self', kind: 'pid' | 'time'): number | undefined {
  try {
    return statSync(`/proc/${pid}/ns/${kind}`).ino;
  } catch {
    return undefined;
  }
}

/**
 * Whether /proc shows this process's pid namespace: it may have been mounted from an outer one
 * (pid_namespaces(7)).
 */
export function showsOwnProcesses(): boolean {
  try {
    return readlinkSync('/proc/self') === String(process.pid);
  } catch {
    return false;
  }
}

/** Every process that is visible to this one. */
export function allProcesses(): number[] | undefined {
  try {
    return withRoom(() => readdirSync('/proc')).flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  } catch {
    return undefined;
  }
}

/** The live members of a process group, without zombies. */
export function liveGroupMembers(group: number): number[] | undefined {
  return allProcesses()?.filter((pid) => {
    const stat = processStat(pid);
    return stat?.group === group && isLive(stat);
  });
}

/** The process groups of a session that have live members. */
export function liveSessionGroups(session: number): number[] | undefined {
  const members = allProcesses()?.flatMap((pid) => {
    const stat = processStat(pid);
    return stat?.session === session && isLive(stat) ? [stat.group] : [];
  });
  return members && [...new Set(members)];
}

/**
 * The variables with which the process was started, separated by NUL, as one text. Undefined for other users'
 * processes as well; empty for a zombie. A program may have overwritten them to show something else there.
 */
export function environmentOf(pid: number): string | undefined {
  return read(`${pid}/environ`);
}

/** Its command line with blanks between the words, or its name in brackets when it has none. */
export function commandOf(pid: number): string | undefined {
  const line = utf8(`${pid}/cmdline`)?.replaceAll('\0', ' ').trimEnd();
  if (line) return line;
  const name = utf8(`${pid}/comm`)?.trimEnd();
  return name && `[${name}]`;
}

/** The inode numbers of the pipes that the process has open. */
export function pipeInodesOf(pid: number): Set<number> {
  const found = new Set<number>();
  try {
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      try {
        const inode = /^pipe:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
        if (inode !== undefined) found.add(Number(inode));
      } catch {
        // Closed meanwhile.
      }
    }
  } catch {
    // Another user's process, or gone.
  }
  return found;
}

const files = procFiles();

/** The inode numbers of the pipes that the process may write to. */
export function pipesWrittenBy(pid: number): Set<number> {
  const found = new Set<number>();
  for (const [fd, target] of files.links(`${pid}/fd`) ?? []) {
    const inode = Number(/^pipe:\[(\d+)\]$/.exec(target)?.[1]);
    if (inode > 0 && !found.has(inode) && files.access(`${pid}/fd/${fd}`) !== 'read') found.add(inode);
  }
  return found;
}

/** Whether it is process 1 of a pid namespace, which becomes the parent of orphans in there. */
export function isInitOfNamespace(pid: number): boolean {
  return /^NSpid:.*\t1$/m.test(read(`${pid}/status`) ?? '');
}

let loadavg: number | undefined;

/**
 * A program without a free descriptor must still find the processes it has to end. Closing the file that
 * `lastPid` keeps open makes room for one read; `lastPid` opens it again when it is next called.
 */
export function withRoom<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EMFILE' || !makeRoom()) throw error;
    return read();
  }
}

function makeRoom(): boolean {
  if (loadavg === undefined) return false;
  closeSync(loadavg);
  loadavg = undefined;
  return true;
}

const line = new Uint8Array(128);
const [BLANK, ZERO] = [0x20, 0x30];

/**
 * The number that the kernel gave to the latest process or thread of this pid namespace (the last field of
 * /proc/loadavg). It is needed at every exit, so the file stays open and only its last digits are parsed.
 */
export function lastPid(): number | undefined {
  try {
    loadavg ??= openSync('/proc/loadavg', 'r');
    let pid = 0;
    // The last byte is a newline.
    let at = readAt(loadavg, line, 0) - 2;
    for (let unit = 1; at >= 0 && line[at] !== BLANK; at--, unit *= 10)
      pid += ((line[at] as number) - ZERO) * unit;
    return at > 0 && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

let limit: number | undefined;

/**
 * Process numbers are below this (/proc/sys/kernel/pid_max); when they are used up, the kernel starts again
 * from the low ones.
 */
export function processIdLimit(): number | undefined {
  limit ??= Number(read('sys/kernel/pid_max')) || undefined;
  return limit;
}

/**
 * Processes and threads that the machine has started since its boot, in every namespace (`processes` in
 * proc_stat(5)).
 */
export function forksSinceBoot(): number | undefined {
  try {
    // Not important enough to make room for it.
    const text = readFileSync('/proc/stat', 'latin1');
    const at = text.lastIndexOf('\nprocesses ');
    return at < 0 ? undefined : Number.parseInt(text.slice(at + 11), 10);
  } catch {
    return undefined;
  }
}

/** The time since boot, in the ticks of `ProcessStat.startTime` (a hundredth of a second). */
export function ticksSinceBoot(): number | undefined {
  const seconds = Number.parseFloat(read('uptime') ?? '');
  return Number.isNaN(seconds) ? undefined : Math.floor(seconds * 100);
}

/** The text of a file below /proc, as latin1. */
function read(path: string): string | undefined {
  const text = files.text(path);
  return text === undefined && files.failure === 'EMFILE' && makeRoom() ? files.text(path) : text;
}

function utf8(path: string): string | undefined {
  const text = read(path);
  return text === undefined ? undefined : Buffer.from(text, 'latin1').toString('utf8');
}
