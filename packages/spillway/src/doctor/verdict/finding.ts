/** Findings as plain data for JSON; wording/ turns them into text. */
import type { BlockedCall, ConnectionRecord, ProcessRecord } from '../snapshot/index.js';

export type FindingKind =
  /** Processes that wait for each other. */
  | 'deadlock'
  /**
   * A process waits for itself: it holds the other end of its pipe, or its threads hold each other's mutex.
   */
  | 'self-deadlock'
  /** End-of-file does not come: a leftover process of the command has its output open. */
  | 'held-open'
  /** End-of-file does not come: another process inherited the write end by accident. */
  | 'leaked-write-end'
  /** The pipe is full; its reader runs, but has never read. */
  | 'never-drains'
  | 'zombie'
  /** Stopped by SIGTTIN or SIGTTOU, in the background of its terminal. */
  | 'stopped-on-terminal'
  /** Stopped by another signal. */
  | 'stopped'
  | 'fifo-without-partner'
  | 'lock-wait'
  /** It waits for a semaphore or a lock in shared memory, and no process seems to be left to release it. */
  | 'semaphore-wait'
  /** It waits for keyboard input. */
  | 'terminal-input'
  /** The pipe is full; its reader is busy at the moment. */
  | 'back-pressure';

/** Whether its `waits` form a cycle. */
export function isCycle(kind: FindingKind): boolean {
  return kind === 'deadlock' || kind === 'self-deadlock';
}

/**
 * `'certain'`: confirmed, and every process that could change it is visible. `'likely'`: confirmed, with
 * `doubts`. `'possible'`: not confirmed, or some of the processes cannot be read.
 */
export type Confidence = 'certain' | 'likely' | 'possible';

export interface Finding {
  readonly kind: FindingKind;
  /** Other findings are worth knowing, and may be intended. */
  readonly isHang: boolean;
  readonly confidence: Confidence;
  /** What the verdict rests on, in phrases, the confirmation first. */
  readonly basis: readonly string[];
  /** Why it is not certain. */
  readonly doubts: readonly string[];
  /** The waits it consists of. In a deadlock each waits for the next, and the last for the first. */
  readonly waits: readonly WaitStory[];
  /** Waits of further processes that cannot continue because of it. */
  readonly stuck: readonly WaitStory[];
  /** Other processes involved: leftovers, holders of a leaked end, the zombie's parent, owners of a lock. */
  readonly others: readonly HolderRef[];
  /** `held-open`: the command that has ended, while it is a zombie. */
  readonly ended?: ProcessRef;
  /** `never-drains`: the reader sleeps until a signal that would end it. */
  readonly isAsleep?: true;
  /** The reader's event loop does not watch this descriptor: the stream is paused or forgotten. */
  readonly isUnheard?: true;
  /** `fifo-without-partner`, `lock-wait`, `semaphore-wait`: the file. */
  readonly path?: string;
}

export interface ProcessRef {
  readonly pid: number;
  /** Unescaped, like `command`: escape both before showing them. */
  readonly name: string;
  readonly command: readonly string[];
  readonly state: string;
  readonly isInTree: boolean;
  /** This process took the snapshots. */
  readonly isObserver?: true;
}

export interface HolderRef {
  readonly process: ProcessRef;
  /** Its descriptors for the pipe, socket, terminal or lock. */
  readonly fds: readonly number[];
}

export interface WaitStory {
  readonly process: ProcessRef;
  readonly tid: number;
  readonly call?: BlockedCall;
  readonly action:
    | 'read'
    | 'write'
    | 'end'
    | 'exit'
    | 'lock'
    | 'semaphore'
    | 'thread'
    | 'event'
    | 'open'
    | 'none';
  readonly fd?: number;
  /** Where the socket leads to that it waits on. */
  readonly connection?: ConnectionRecord;
  /** `pipe:[…]`, `socket:[…]`, `terminal:…`. */
  readonly on?: string;
  /** The file whose lock it waits for. */
  readonly path?: string;
  readonly bytes?: number;
  readonly capacity?: number;
  /** Processes that could end the wait. */
  readonly awaited: readonly HolderRef[];
  /**
   * In a deadlock, for a writer that is not the reader's child but below it: that child, and its descriptor
   * for the same pipe, which is how the reader knows it.
   */
  readonly via?: HolderRef;
  /** `semaphore-wait`: the pid of a process that holds the semaphore, and has ended. */
  readonly endedUser?: number;
}

/** A process that could not be read completely. */
export interface Limit {
  readonly process: ProcessRef;
  readonly uid: number;
  readonly what: readonly string[];
  readonly reason: string;
}

export interface Diagnosis {
  /** `'unclear'`: only possible hangs were found, or a process of the requested trees cannot be read. */
  readonly state: 'healthy' | 'hung' | 'unclear';
  /** The worst first. */
  readonly findings: readonly Finding[];
  readonly limits: readonly Limit[];
  /** The requested processes that still exist; undefined for all processes. */
  readonly roots: readonly ProcessRef[] | undefined;
  /**
   * The state of each process of the requested trees at the last scan, the roots first, without Spillway's
   * guards; empty for all processes.
   */
  readonly activities: readonly WaitStory[];
  /** Requested processes that ended during the observation. */
  readonly ended: readonly number[];
  readonly scans: number;
  /** Milliseconds between the first scan and the last. */
  readonly spanMs: number;
  /** Number of processes examined. */
  readonly processCount: number;
  readonly observer: { readonly pid: number; readonly uid: number };
  readonly ptraceScope: number | undefined;
}

/**
 * Node (from 24 on), like other embedders of V8, gives its main thread this name, which replaces the
 * program's.
 */
const THREAD_NAME = /^(?:node-)?MainThread$/;

export function processRef({ pid, name, command, state, isInTree, isObserver }: ProcessRecord): ProcessRef {
  return {
    pid,
    name: THREAD_NAME.test(name) ? programOf(command, name) : name,
    command,
    state,
    isInTree,
    ...(isObserver && { isObserver }),
  };
}

function programOf([program = '']: readonly string[], otherwise: string): string {
  return program.slice(program.lastIndexOf('/') + 1) || otherwise;
}
