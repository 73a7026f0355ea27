/** What one thread waits for: any one of several alternatives. */
import type { BlockedCall } from '../snapshot/index.js';

export type Wait =
  /** It continues by itself, or a process outside the snapshot can wake it. */
  | { readonly kind: 'live'; readonly because: Reason }
  /** By a signal, until SIGCONT. */
  | { readonly kind: 'stopped' }
  | { readonly kind: 'over' }
  | { readonly kind: 'blocked'; readonly alternatives: readonly Alternative[] };

export type Reason =
  | 'running'
  /** In the kernel, where no signal reaches it. */
  | 'uninterruptible'
  | 'traced'
  | 'timeout'
  | 'signals'
  | 'network'
  | 'device'
  | 'fifo'
  | 'outside'
  /** The awaited event has happened: it is about to continue. */
  | 'ready'
  | 'unreadable'
  | 'unknown'
  /** A thread of the language's runtime, between two of its rounds. */
  | 'housekeeping'
  /** It sleeps for more than a day, or until a signal that would end the process. */
  | 'asleep';

/** A thread that the program's progress does not come from, if another of its threads waits for something. */
export function isIdle(wait: Wait): boolean {
  return wait.kind === 'live' && (wait.because === 'housekeeping' || wait.because === 'asleep');
}

export interface Alternative {
  readonly action: 'read' | 'write' | 'end' | 'exit' | 'lock' | 'semaphore' | 'thread' | 'event';
  /** The waiter's descriptor. */
  readonly fd?: number;
  /** `pipe:[…]`, `socket:[…]`, `terminal:…`, `event:…`, `memory:…`. */
  readonly key?: string;
  /** Any one of these can end the wait. Never empty. */
  readonly targets: readonly Target[];
}

export interface Target {
  readonly pid: number;
  /** Only this thread. */
  readonly tid?: number;
  /** The target's descriptor for the same pipe, socket or terminal. */
  readonly fd?: number;
}

export function live(because: Reason): Wait {
  return { kind: 'live', because };
}

/** Waits of event loops and of helper threads, and for signals: the program does not insist on one event. */
export function isEventDriven(call: BlockedCall | undefined): boolean {
  return call !== undefined && /^(?:epoll|p?poll|p?select|pselect6|futex|pause|rt_sig)/.test(call.name);
}
