/** Where an attempt runs: what must be known to end what is left of it, or to know that nothing is. */
import { closeSync, openSync, readlinkSync, readSync } from 'node:fs';
import { hostname } from 'node:os';

/** Committed to the caller's storage before the program of an attempt runs. Plain data, for JSON. */
export interface Fence {
  /** The name of the job, and the number of the attempt: SPILLWAY_ATTEMPT of its processes is `ID.NUMBER`. */
  readonly id: string;
  readonly number: number;
  readonly place: Place;
  /** Of the command's first process. */
  readonly pid: number;
  /** In hundredths of a second since boot, as /proc/PID/stat has it: another process may get the number. */
  readonly startTime: string;
  /** The text in SPILLWAY_RUN by which all its processes are recognised. */
  readonly mark: string;
  /** Milliseconds for which the lease lasts from one renewal to the next; undefined without a lease. */
  readonly leaseMs: number | undefined;
  /** Milliseconds from the first signal to SIGKILL. */
  readonly graceMs: number;
}

/** A machine, its boot, and the processes that can be seen there. */
export interface Place {
  /** The host's name, and the machine's id where it has one. */
  readonly host: string;
  /** A number of the kernel's for each boot (/proc/sys/kernel/random/boot_id). */
  readonly bootId: string;
  /** The inode of the pid namespace: containers on one machine do not see each other's processes. */
  readonly pidNamespace: string;
}

/** PROC_PID_INIT_INO in include/linux/proc_ns.h. */
const INITIAL_PID_NAMESPACE = 'pid:[4026531836]';

let here: Place | undefined;

/** Where this program runs. */
export function thisPlace(): Place {
  here ??= {
    host: [hostname(), read('/etc/machine-id')].filter(Boolean).join(' '),
    bootId: read('/proc/sys/kernel/random/boot_id'),
    pidNamespace: linkOf('/proc/self/ns/pid'),
  };
  return here;
}

/**
 * What can be known of the processes of an attempt in `there` by a program `here`: they can be looked for,
 * they are gone because the machine has been started anew, or only their lease tells.
 */
export function viewOf(there: Place, here: Place): 'visible' | 'rebooted' | 'out of sight' {
  if (there.bootId === '' || here.bootId === '') return 'out of sight';
  if (there.bootId === here.bootId)
    return there.pidNamespace === here.pidNamespace ? 'visible' : 'out of sight';
  return there.host === here.host && isMachine(there) && isMachine(here) ? 'rebooted' : 'out of sight';
}

/** A container may have come to another machine with its name and files. */
function isMachine({ host, pidNamespace }: Place): boolean {
  return pidNamespace === INITIAL_PID_NAMESPACE && host.includes(' ');
}

/** When a process was started, as a fence has it; undefined when it has ended, or there is no /proc. */
export function startTimeOf(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  // The name may contain anything, also spaces and brackets; starttime is the 20th field behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie has ended, whenever its parent cares to look.
  return /^[ZX]/.test(fields[0] ?? '') ? undefined : fields[19];
}

const buffer = Buffer.allocUnsafe(4096);

/** A small file, which it takes half the time to read as with readFileSync. */
function read(path: string): string {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    return buffer.toString('latin1', 0, readSync(fd, buffer)).trim();
  } catch {
    return '';
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
