/** Turns waits of the graph into data for findings, with the names and figures that the texts need. */
import { type Alternative, type Edge, isEventDriven, type ThreadState, type World } from '../graph/index.js';
import type { ProcessRecord, ThreadRecord } from '../snapshot/index.js';
import { atConnection, connectionOf } from './connection.js';
import { type HolderRef, processRef, type WaitStory } from './finding.js';

export function edgeStory(world: World, { pid, thread, alternative }: Edge): WaitStory {
  return alternativeStory(world, world.process(pid) as ProcessRecord, thread, alternative);
}

export function alternativeStory(
  world: World,
  record: ProcessRecord,
  thread: ThreadRecord,
  { action, fd, key, targets }: Alternative,
): WaitStory {
  return {
    ...beginning(record, thread),
    action,
    ...(fd !== undefined && { fd }),
    ...(key !== undefined && { on: key, ...fillOf(world, key), ...connectionAt(world, key) }),
    ...(action === 'lock' && lockedPath(world, record)),
    awaited: holderRefs(world, targets),
  };
}

/** The wait of a process: that of its most telling thread. */
export function processStory(world: World, record: ProcessRecord, states: readonly ThreadState[]): WaitStory {
  const blocked = states.flatMap(({ thread, wait }) => (wait.kind === 'blocked' ? [{ thread, wait }] : []));
  const direct = blocked.find(({ thread }) => !isEventDriven(thread.call));
  const chosen = direct ?? blocked.find(({ thread }) => thread.tid === record.pid) ?? blocked[0];
  const others = chosen?.wait.alternatives.filter((one) => one.targets.some(({ pid }) => pid !== record.pid));
  const alternative = others?.[0] ?? chosen?.wait.alternatives[0];
  if (chosen && (others?.length || direct) && alternative)
    return alternativeStory(world, record, chosen.thread, alternative);
  for (const state of states) {
    const found = atConnection(world, record, state);
    if (found) return { ...plainStory(record, state.thread, 'none'), ...found };
  }
  if (chosen && alternative) return alternativeStory(world, record, chosen.thread, alternative);
  return plainStory(record, record.threads[0], 'none');
}

export function plainStory(
  record: ProcessRecord,
  thread: ThreadRecord | undefined,
  action: WaitStory['action'],
): WaitStory {
  return { ...beginning(record, thread), action, awaited: [] };
}

export function holderRefs(
  world: World,
  holders: readonly { readonly pid: number; readonly fd?: number }[],
): HolderRef[] {
  const found = new Map<number, number[]>();
  for (const { pid, fd } of holders) {
    const fds = found.get(pid) ?? [];
    found.set(pid, fds);
    if (fd !== undefined && !fds.includes(fd)) fds.push(fd);
  }
  return [...found].flatMap(([pid, fds]) => {
    const record = world.process(pid);
    return record ? [{ process: processRef(record), fds }] : [];
  });
}

function beginning(record: ProcessRecord, thread: ThreadRecord | undefined) {
  return {
    process: processRef(record),
    tid: thread?.tid ?? record.pid,
    ...(thread?.call && { call: thread.call }),
  };
}

function lockedPath(world: World, { pid }: ProcessRecord): { path?: string } {
  const path = world.snapshot.locks.find(({ waiter }) => waiter === pid)?.path;
  return path === undefined ? {} : { path };
}

function connectionAt(world: World, key: string): Pick<WaitStory, 'connection'> {
  const connection = connectionOf(world, key);
  return connection ? { connection } : {};
}

function fillOf(world: World, key: string): { bytes?: number; capacity?: number } {
  const pipe = world.pipe(key);
  if (pipe) return { bytes: pipe.bytes, ...(pipe.capacity !== undefined && { capacity: pipe.capacity }) };
  return {};
}
