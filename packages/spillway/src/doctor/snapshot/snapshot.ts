/**
 * What a snapshot is: plain data, as JSON carries it, so that it can be saved, sent, and judged on another machine. Whatever has to be
 * looked up while the processes are there (a poll set in their memory, the meaning of a call's number) is looked up when it is taken.
 *
 * Names and command lines are as /proc has them, and may hold anything: they are escaped where they are shown.
 */

/** What a file with snapshots says of itself. A change that older readers would misread raises the version. */
export const FORMAT = 'spillway-doctor';
export const VERSION = 1;

export interface Snapshot {
  /** Milliseconds on the machine's monotonic clock: two snapshots of one boot can be compared. */
  readonly monotonicMs: number;
  /** When it was taken, as a date in ISO 8601. */
  readonly takenAt: string;
  /** What it cost to take. */
  readonly durationMs: number;
  readonly host: Host;
  /** The processes whose trees were asked for; undefined for all that may be seen. */
  readonly roots: readonly number[] | undefined;
  /** Those of the trees first, then holders of the other ends of their pipes, and ancestors. */
  readonly processes: readonly ProcessRecord[];
  readonly pipes: readonly PipeRecord[];
  readonly sockets: readonly SocketRecord[];
  readonly locks: readonly LockRecord[];
}

export interface Host {
  readonly kernel: string;
  readonly architecture: string;
  /** Who looked: what may be read depends on it. */
  readonly observer: { readonly pid: number; readonly uid: number };
  /** Yama's ptrace_scope: from 1 on, only ancestors and root see blocked calls. Undefined where there is no Yama. */
  readonly ptraceScope: number | undefined;
  /** Processes seen, of which those that matter here are recorded. */
  readonly processCount: number;
}

export interface ProcessRecord {
  readonly pid: number;
  /** Its number in the innermost pid namespace that it is in, where that is another. */
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
  /** The device number of its controlling terminal, 0 for none. */
  readonly terminal: number;
  /** The foreground process group of that terminal. */
  readonly foregroundGroup: number;
  /** Clock ticks since the boot: with the pid, what no other process has. */
  readonly startTime: string;
  readonly isKernelThread?: true;
  /** It is the one that took the snapshot. */
  readonly isObserver?: true;
  /** Numbers of the signals for which it has handlers. */
  readonly caughtSignals: readonly number[];
  /** Bytes that it has written to anything (`wchar` in proc_pid_io(5)); half a write counts only when it is whole. */
  readonly writtenBytes?: number;
  /** Whether it is in a tree that was asked for. */
  readonly isInTree: boolean;
  readonly threads: readonly ThreadRecord[];
  /** All of them, or those that matter here for a process outside the trees; undefined where they may not be read. */
  readonly descriptors?: readonly DescriptorRecord[];
  /** What may not be read, and the error code that said so. */
  readonly unreadable: readonly Unreadable[];
}

export interface Unreadable {
  readonly what: 'calls' | 'descriptors' | 'memory' | 'status';
  /** `'EACCES'`, `'EPERM'`; `'architecture'` for call numbers that are not in the tables. */
  readonly reason: string;
}

export interface ThreadRecord {
  readonly tid: number;
  /** Its number in its innermost pid namespace, where that is another. */
  readonly innerTid?: number;
  readonly name: string;
  readonly state: string;
  /** How often it has gone to sleep by itself: whoever makes progress, or only looks for some, has more the next time. */
  readonly voluntarySwitches: number;
  readonly call?: BlockedCall;
  /** The kernel's function that it sleeps in, where the call may not be read or does not say enough. */
  readonly waitChannel?: string;
}

/** The system call that a thread is in. */
export interface BlockedCall {
  /** As section 2 of the manual has it; `'running'` on a processor; `'unknown'` for a number that is in no table. */
  readonly name: string;
  readonly number: number;
  /** As /proc has them: hexadecimal. */
  readonly args: readonly string[];
  /** What poll and select wait for. */
  readonly watches?: readonly WatchRecord[];
  /** Whether it comes back by itself after a time. */
  readonly hasTimeout?: boolean;
  /** A futex's: the thread that holds the mutex, or that is waited for to end. */
  readonly owner?: number;
  /** A futex that other processes may wake. */
  readonly isShared?: true;
  /** What open(2) was given. */
  readonly path?: string;
}

export interface WatchRecord {
  readonly fd: number;
  /** Undefined for the errors and hang-ups alone, of which poll and epoll always tell. */
  readonly for: 'reading' | 'writing' | 'both' | 'end';
}

export interface DescriptorRecord {
  readonly fd: number;
  /** Where the link in /proc leads: `pipe:[1234]`, `socket:[99]`, `/dev/pts/3`, `anon_inode:[eventfd]`, … */
  readonly target: string;
  /** O_ACCMODE of a terminal's, and of a pipe's on which somebody waits. */
  readonly access?: 'read' | 'write' | 'both';
  /** Of terminals and event descriptors, and of pipes where their direction is not to be had more cheaply. */
  readonly isNonBlocking?: true;
  /** A named pipe: the target is its path. */
  readonly isFifo?: true;
  /** The number of the terminal whose master this is. */
  readonly masterOf?: number;
  /** Descriptors of one eventfd have one number. */
  readonly eventId?: number;
  /** What an epoll set waits for. */
  readonly watches?: readonly WatchRecord[];
  /** The process that a pidfd stands for; -1 when it has been reaped. */
  readonly processOf?: number;
  /** The signals that a signalfd takes. */
  readonly signals?: readonly number[];
}

export interface PipeRecord {
  readonly inode: number;
  readonly bytes: number;
  readonly capacity: number | undefined;
}

/** A UNIX socket. Sockets that are not listed here are the network's, or of another network namespace. */
export interface SocketRecord {
  readonly inode: number;
  readonly peer?: number;
  readonly isListening?: true;
  readonly unreadBytes?: number;
  /** The peer was guessed: the ends of a pair are made one after the other, and have numbers next to each other. */
  readonly isGuess?: true;
}

/** A thread that waits for a lock on a file, and a process that has it. */
export interface LockRecord {
  readonly kind: 'flock' | 'fcntl' | 'ofd' | 'lease';
  readonly waiter: number;
  /** Where they can be seen: whoever has the locked file open, for flock(2). */
  readonly owners: readonly number[];
  /** `device:inode`. */
  readonly file: string;
  readonly path?: string;
}
