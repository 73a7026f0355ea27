/**
 * A snapshot is plain JSON data that can be saved, sent, and judged on another machine. It therefore resolves
 * everything that needs the live processes: poll sets in their memory, names of system calls.
 *
 * Names and command lines are unescaped and may contain any characters; wording/ escapes them.
 */

/** The header of a snapshot file. A change that older readers would misread raises the version. */
export const FORMAT = 'spillway-doctor';
export const VERSION = 1;

export interface Snapshot {
  /** Milliseconds on the machine's monotonic clock: two snapshots of one boot can be compared. */
  readonly monotonicMs: number;
  /** The date in ISO 8601. */
  readonly takenAt: string;
  /** How long it took. */
  readonly durationMs: number;
  readonly host: Host;
  /** The requested processes; undefined for all visible ones. */
  readonly roots: readonly number[] | undefined;
  /** First the requested trees, then holders of the other ends of their pipes, and ancestors. */
  readonly processes: readonly ProcessRecord[];
  readonly pipes: readonly PipeRecord[];
  readonly sockets: readonly SocketRecord[];
  readonly locks: readonly LockRecord[];
  /** Of the sockets that threads of the requested trees wait on. Absent in snapshots of earlier versions. */
  readonly connections?: readonly ConnectionRecord[];
  /** Absent in snapshots of earlier versions. */
  readonly semaphores?: readonly SemaphoreRecord[];
}

export interface Host {
  readonly kernel: string;
  readonly architecture: string;
  /** The process that took the snapshot; its user decides what can be read. */
  readonly observer: { readonly pid: number; readonly uid: number };
  /** Yama's ptrace_scope: from 1 on, only ancestors and root see blocked calls. Undefined without Yama. */
  readonly ptraceScope: number | undefined;
  /** Processes on the machine; the snapshot records only the relevant ones. */
  readonly processCount: number;
}

export interface ProcessRecord {
  readonly pid: number;
  /** Its pid in its innermost pid namespace, if different. */
  readonly innerPid?: number;
  readonly name: string;
  /** Empty for kernel threads and zombies. */
  readonly command: readonly string[];
  readonly uid: number;
  /** `R`, `S`, `D`, `T`, `t`, `Z`, `X`, `I` (proc_pid_stat(5)). */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** The device number of its controlling terminal; 0 for none. */
  readonly terminal: number;
  /** The foreground process group of that terminal. */
  readonly foregroundGroup: number;
  /** Clock ticks since boot; unique together with the pid. */
  readonly startTime: string;
  readonly isKernelThread?: true;
  /** It took the snapshot. */
  readonly isObserver?: true;
  /** Signals for which it has handlers. */
  readonly caughtSignals: readonly number[];
  /** Bytes it has written to any file (`wchar` in proc_pid_io(5)); a write counts when it is complete. */
  readonly writtenBytes?: number;
  /** Whether it belongs to a requested tree. */
  readonly isInTree: boolean;
  readonly threads: readonly ThreadRecord[];
  /** All, or for a process outside the trees the relevant ones; undefined if they cannot be read. */
  readonly descriptors?: readonly DescriptorRecord[];
  /** What cannot be read, with the error code. */
  readonly unreadable: readonly Unreadable[];
}

export interface Unreadable {
  readonly what: 'calls' | 'descriptors' | 'memory' | 'status';
  /** `'EACCES'`, `'EPERM'`; `'architecture'` if the call numbers of the architecture are unknown. */
  readonly reason: string;
}

export interface ThreadRecord {
  readonly tid: number;
  /** Its id in its innermost pid namespace, if different. */
  readonly innerTid?: number;
  readonly name: string;
  readonly state: string;
  /** How often it has gone to sleep by itself. The number grows when the thread makes progress, or polls. */
  readonly voluntarySwitches: number;
  readonly call?: BlockedCall;
  /** The kernel function it sleeps in, if the call cannot be read or is ambiguous. */
  readonly waitChannel?: string;
}

/** A thread's current system call. */
export interface BlockedCall {
  /** As in section 2 of the manual; `'running'` on a processor; `'unknown'` for an unlisted number. */
  readonly name: string;
  readonly number: number;
  /** Hexadecimal, as in /proc. */
  readonly args: readonly string[];
  /** The sets of poll and select. */
  readonly watches?: readonly WatchRecord[];
  /** Whether it returns by itself after some time. */
  readonly hasTimeout?: boolean;
  /** It returns after more than a day. */
  readonly isEndless?: true;
  /** Those that rt_sigtimedwait waits for. */
  readonly signals?: readonly number[];
  /** For a futex: the thread that holds the mutex, or that is being joined. */
  readonly owner?: number;
  /** Other processes may wake this futex. */
  readonly isShared?: true;
  /** Which of its two descriptors a call that copies, such as splice(2), waits on. */
  readonly side?: 'reading' | 'writing';
  /** The argument of open(2). */
  readonly path?: string;
}

export interface WatchRecord {
  readonly fd: number;
  /** `'end'`: only errors and hang-ups, which poll and epoll always report. */
  readonly for: 'reading' | 'writing' | 'both' | 'end';
}

export interface DescriptorRecord {
  readonly fd: number;
  /**
   * The target of the link in /proc: `pipe:[1234]`, `socket:[99]`, `/dev/pts/3`, `anon_inode:[eventfd]`, …
   */
  readonly target: string;
  /** O_ACCMODE, for terminals and for pipes that a thread waits on. */
  readonly access?: 'read' | 'write' | 'both';
  /** Recorded for terminals and event descriptors, and for pipes whose fdinfo was read. */
  readonly isNonBlocking?: true;
  /** A named pipe: the target is its path. */
  readonly isFifo?: true;
  /** The number of the terminal whose master this is. */
  readonly masterOf?: number;
  /** Descriptors of one eventfd share this number. */
  readonly eventId?: number;
  /** The members of an epoll set. */
  readonly watches?: readonly WatchRecord[];
  /** The process of a pidfd; -1 when it has been reaped. */
  readonly processOf?: number;
  /** The signals of a signalfd. */
  readonly signals?: readonly number[];
}

export interface PipeRecord {
  readonly inode: number;
  readonly bytes: number;
  readonly capacity: number | undefined;
}

/** A UNIX socket. Unlisted sockets are network sockets or belong to another network namespace. */
export interface SocketRecord {
  readonly inode: number;
  readonly peer?: number;
  readonly isListening?: true;
  readonly unreadBytes?: number;
  /** The peer was guessed: the two sockets of a pair are created together and get adjacent inodes. */
  readonly isGuess?: true;
}

/** A process that waits for a lock on a file, and the owners of the lock. */
export interface LockRecord {
  readonly kind: 'flock' | 'fcntl' | 'ofd' | 'lease';
  readonly waiter: number;
  /** The visible ones; for flock(2) every process that shares the locked open file. */
  readonly owners: readonly number[];
  /** `device:inode`. */
  readonly file: string;
  readonly path?: string;
}

/** A thread that waits for a semaphore, or for a lock in memory that processes share. */
export interface SemaphoreRecord {
  readonly waiter: number;
  readonly tid: number;
  /** `memory:DEVICE INODE`, or `semaphore:SET:INDEX` for System V. */
  readonly key: string;
  /** The file of the memory. */
  readonly path?: string;
  /** The other visible processes that have the memory mapped. */
  readonly users: readonly number[];
  /** A process that holds it, and that has ended. */
  readonly endedUser?: number;
}

/** Where a socket leads to. */
export interface ConnectionRecord {
  readonly inode: number;
  readonly protocol: 'tcp' | 'udp' | 'unix';
  /** `'open'`: neither connected nor listening. */
  readonly state: 'connected' | 'connecting' | 'listening' | 'open';
  /** `127.0.0.1:8080`, `[::1]:8080`, or a path. */
  readonly local?: string;
  readonly remote?: string;
}
