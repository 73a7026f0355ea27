/**
 * Which processes can continue ("live"): the least fixpoint of "a waiter lives if one of its targets lives".
 * A search for cycles is not enough: a poll set, or a pipe with several holders, waits for any one of several
 * targets, so a cycle through one of them proves nothing.
 */
import type { ThreadRecord } from '../snapshot/index.js';
import { threadWait } from './thread-wait.js';
import { type Alternative, isIdle, type Target, type Wait } from './wait.js';
import { isZombie, type World } from './world.js';

export interface ThreadState {
  readonly pid: number;
  readonly thread: ThreadRecord;
  readonly wait: Wait;
}

/** A wait of one thread for one process. */
export interface Edge {
  readonly pid: number;
  readonly thread: ThreadRecord;
  readonly alternative: Alternative;
  readonly target: Target;
}

export class Liveness {
  readonly world: World;
  readonly #threads = new Map<number, readonly ThreadState[]>();
  readonly #live = new Set<number>();
  readonly #liveThreads = new Set<number>();
  /** The waiters that live when this process, or this thread, lives. */
  readonly #waiters = new Map<number, ThreadState[]>();
  readonly #waitersOnThread = new Map<number, ThreadState[]>();

  constructor(world: World) {
    this.world = world;
    for (const record of world.processes) {
      const states = record.threads.map((thread) => ({
        pid: record.pid,
        thread,
        wait: threadWait(world, record, thread),
      }));
      this.#threads.set(record.pid, states);
      for (const state of states) this.#register(state);
    }
    for (const record of world.processes) {
      const isOpaque = record.threads.length === 0 && !isZombie(record);
      if (isOpaque || record.isKernelThread) this.revive(record.pid);
    }
    for (const states of this.#threads.values()) for (const state of awake(states)) this.#reviveThread(state);
  }

  threads(pid: number): readonly ThreadState[] {
    return this.#threads.get(pid) ?? [];
  }

  isLive(pid: number): boolean {
    return this.#live.has(pid);
  }

  /** Processes that will wait for ever; without zombies and stopped processes. */
  dead(): number[] {
    return [...this.#threads.keys()].filter(
      (pid) => !this.isLive(pid) && this.threads(pid).some(({ wait }) => wait.kind === 'blocked'),
    );
  }

  edges(pid: number): Edge[] {
    return this.threads(pid).flatMap(({ thread, wait }) =>
      wait.kind === 'blocked'
        ? wait.alternatives.flatMap((alternative) =>
            alternative.targets.map((target) => ({ pid, thread, alternative, target })),
          )
        : [],
    );
  }

  /** Marks a process, and all that wait for it, as live. */
  revive(pid: number): void {
    if (this.#live.has(pid)) return;
    this.#live.add(pid);
    for (const waiter of this.#waiters.get(pid) ?? []) this.#reviveThread(waiter);
  }

  #reviveThread(state: ThreadState): void {
    // Without recursion: a chain of thousands of processes must not fill the stack.
    const queue = [state];
    for (let next = queue.pop(); next; next = queue.pop()) {
      const { tid } = next.thread;
      if (this.#liveThreads.has(tid)) continue;
      this.#liveThreads.add(tid);
      queue.push(...(this.#waitersOnThread.get(tid) ?? []));
      if (this.#live.has(next.pid)) continue;
      this.#live.add(next.pid);
      queue.push(...(this.#waiters.get(next.pid) ?? []));
    }
  }

  #register(state: ThreadState): void {
    if (state.wait.kind !== 'blocked') return;
    for (const { targets } of state.wait.alternatives) {
      for (const { pid, tid } of targets) {
        const [map, key] = tid === undefined ? [this.#waiters, pid] : [this.#waitersOnThread, tid];
        const waiters = map.get(key);
        if (waiters) waiters.push(state);
        else map.set(key, [state]);
      }
    }
  }
}

/**
 * The threads that continue by themselves. Idle ones do not count beside a thread that waits for another
 * process: a Java program whose main thread waits in `waitFor()` has a dozen threads with a timeout, and none
 * of them will read the child's output.
 */
function awake(states: readonly ThreadState[]): readonly ThreadState[] {
  const found = states.filter(({ wait }) => wait.kind === 'live');
  const isAtWork = found.some(({ wait }) => !isIdle(wait));
  return isAtWork || !states.some(waitsForAnother) ? found : [];
}

function waitsForAnother({ pid, wait }: ThreadState): boolean {
  return (
    wait.kind === 'blocked' &&
    wait.alternatives.some(({ targets }) => targets.some((target) => target.pid !== pid))
  );
}
