/** What there is to know of a running command's output streams together. */
import type { Flow } from '../stream/index.js';

type Flows = ReadonlyMap<'stdout' | 'stderr', Flow>;

/** The pipes that a leftover may still hold. */
export function pipesOf(flows: Flows): ['stdout' | 'stderr', number][] {
  return [...flows].flatMap(([name, { inode }]) => (inode === undefined ? [] : [[name, inode]]));
}

/** Whether the command has exited and its last output is still being read. */
export function areDraining(flows: Flows): boolean {
  return [...flows.values()].some((flow) => flow.draining);
}

/** Whether a command is kept waiting by this side, or has written what is not read yet. */
export function keepWaiting(flows: Flows): boolean {
  return [...flows.values()].some((flow) => flow.paused || flow.hasUnread);
}
