/** What one thread waits for: any one of several things, each of which some process can bring about. */
import type { BlockedCall } from '../snapshot/index.js';

export type Wait =
  /** It goes on by itself, or somebody outside of the snapshot can wake it. */
  | { readonly kind: 'live'; readonly because: Reason }
  /** By a signal; SIGCONT makes it go on. */
  | { readonly kind: 'stopped' }
  | { readonly kind: 'over' }
  | { readonly kind: 'blocked'; readonly alternatives: readonly Alternative[] };

export type Reason =
  | 'running'
  /** In the kernel, where no signal reaches it either. */
  | 'uninterruptible'
  | 'traced'
  | 'timeout'
  | 'signals'
  | 'network'
  | 'device'
  | 'fifo'
  | 'outside'
  /** What it waits for has happened: it is about to go on. */
  | 'ready'
  | 'unreadable'
  | 'unknown';

export interface Alternative {
  readonly action: 'read' | 'write' | 'end' | 'exit' | 'lock' | 'thread' | 'event';
  /** Of the waiter. */
  readonly fd?: number;
  /** `pipe:[…]`, `socket:[…]`, `terminal:…`, `event:…`. */
  readonly key?: string;
  /** Any of these can end the wait. Never empty. */
  readonly targets: readonly Target[];
}

export interface Target {
  readonly pid: number;
  /** This thread alone. */
  readonly tid?: number;
  /** The target's descriptor of the same thing. */
  readonly fd?: number;
}

export function live(because: Reason): Wait {
  return { kind: 'live', because };
}

/** Several things at once, as an event loop does, and a helper thread for it: not a program that insists on one answer. */
export function isEventDriven(call: BlockedCall | undefined): boolean {
  return call !== undefined && /^(?:epoll|p?poll|p?select|pselect6|futex)/.test(call.name);
}
