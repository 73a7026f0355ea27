/** What is found: data, as JSON carries it. The words for it are another folder's. */
import type { BlockedCall, ProcessRecord } from '../snapshot/index.js';

export type FindingKind =
  /** Processes that wait for each other. */
  | 'deadlock'
  /** One that waits for itself: it holds the other end of its pipe, or two of its threads hold each other's mutex. */
  | 'self-deadlock'
  /** End-of-file does not come, since what a command left behind has its output open. */
  | 'held-open'
  /** End-of-file does not come, since another process inherited the write end by accident. */
  | 'leaked-write-end'
  /** A full pipe whose reader is awake, but has never read. */
  | 'never-drains'
  | 'zombie'
  /** By SIGTTIN or SIGTTOU: it is in the background of its terminal. */
  | 'stopped-on-terminal'
  /** By another signal. */
  | 'stopped'
  | 'fifo-without-partner'
  | 'lock-wait'
  /** Somebody is to type something. */
  | 'terminal-input'
  /** A full pipe whose reader has something else to do at the moment. */
  | 'back-pressure';

/** Whether its `waits` are a circle. */
export function isCycle(kind: FindingKind): boolean {
  return kind === 'deadlock' || kind === 'self-deadlock';
}

/**
 * `'certain'`: confirmed, and everybody who could change it is visible. `'likely'`: confirmed, with the reservations in `doubts`.
 * `'possible'`: not confirmed, or concluded without what may not be read.
 */
export type Confidence = 'certain' | 'likely' | 'possible';

export interface Finding {
  readonly kind: FindingKind;
  /** Whether something hangs; the rest is worth knowing, and may be as it should be. */
  readonly isHang: boolean;
  readonly confidence: Confidence;
  /** What the verdict rests on, in phrases; how it was confirmed comes first. */
  readonly basis: readonly string[];
  /** Why it is not certain. */
  readonly doubts: readonly string[];
  /** The story. Of a deadlock the cycle: each waits for the next, the last for the first. */
  readonly waits: readonly WaitStory[];
  /** Those who cannot go on because of it, without being part of it. */
  readonly stuck: readonly WaitStory[];
  /** The others in the story: leftovers, holders of a leaked end, the zombie's parent, owners of a lock. */
  readonly others: readonly HolderRef[];
  /** `held-open`: the command that has ended, as long as it is known. */
  readonly ended?: ProcessRef;
  /** `back-pressure`: the reader waits for events of other descriptors, and not of this one: it has paused it, or forgotten. */
  readonly isUnheard?: true;
  /** `fifo-without-partner`, `lock-wait`: the file. */
  readonly path?: string;
}

export interface ProcessRef {
  readonly pid: number;
  /** As they are: to be escaped before they are shown. */
  readonly name: string;
  readonly command: readonly string[];
  readonly state: string;
  readonly isInTree: boolean;
  /** It is the program that took the snapshots. */
  readonly isObserver?: true;
}

export interface HolderRef {
  readonly process: ProcessRef;
  /** Its descriptors of the thing in question. */
  readonly fds: readonly number[];
}

export interface WaitStory {
  readonly process: ProcessRef;
  readonly tid: number;
  readonly call?: BlockedCall;
  readonly action: 'read' | 'write' | 'end' | 'exit' | 'lock' | 'thread' | 'event' | 'open' | 'none';
  readonly fd?: number;
  /** `pipe:[…]`, `socket:[…]`, `terminal:…`. */
  readonly on?: string;
  /** Of the file whose lock it waits for. */
  readonly path?: string;
  readonly bytes?: number;
  readonly capacity?: number;
  /** Who could end the wait. */
  readonly awaited: readonly HolderRef[];
}

/** What could not be looked at. */
export interface Limit {
  readonly process: ProcessRef;
  readonly uid: number;
  readonly what: readonly string[];
  readonly reason: string;
}

export interface Diagnosis {
  /** `'unclear'`: nothing certain or likely was found, but something possible, or a process that was asked for may not be read. */
  readonly state: 'healthy' | 'hung' | 'unclear';
  /** The worst first. */
  readonly findings: readonly Finding[];
  readonly limits: readonly Limit[];
  /** What was asked for; undefined for everything. */
  readonly roots: readonly ProcessRef[] | undefined;
  /**
   * What each process of the trees that were asked for was doing at the last scan, the roots first, but for Spillway's own guards; empty for
   * everything.
   */
  readonly activities: readonly WaitStory[];
  /** Those of the roots that have ended while they were looked at. */
  readonly ended: readonly number[];
  readonly scans: number;
  /** Between the first scan and the last. */
  readonly spanMs: number;
  /** Processes that were judged. */
  readonly processCount: number;
  readonly observer: { readonly pid: number; readonly uid: number };
  readonly ptraceScope: number | undefined;
}

/** What Node (from 24 on, V8's other embedders too) calls the thread that a process is named after, in place of the program. */
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
