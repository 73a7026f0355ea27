/** Deadlocks: knots of processes, and threads of one process that hold each other's mutex. */
import {
  closureOf,
  type Edge,
  type Holder,
  type Knot,
  ownerThread,
  stuckBehind,
  type World,
} from '../graph/index.js';
import type { ProcessRecord, ThreadRecord } from '../snapshot/index.js';
import { certaintyOf, doubted, onlyPossible } from './confidence.js';
import { type Finding, type HolderRef, processRef, type WaitStory } from './finding.js';
import { CONFIRMING_MS, type Observation } from './observation.js';
import { edgeStory, holderRefs, processStory } from './story.js';

const FIRST_OWN_DESCRIPTOR = 3;
const AT_SEMAPHORE = 'another process may come that releases the semaphore';

export function deadlocks(observation: Observation): Finding[] {
  return observation.last.knots.flatMap((knot) => fromKnot(observation, knot) ?? []);
}

function fromKnot(observation: Observation, { members, cycle }: Knot): Finding | undefined {
  const { world, liveness } = observation.last;
  const closure = closureOf(members, liveness);
  const stillMs = observation.deadMs(closure);
  if (observation.count > 1 && stillMs < CONFIRMING_MS) return undefined;
  const inCycle = new Set(cycle.map(({ pid }) => pid));
  const stuck = [...members.filter((pid) => !inCycle.has(pid)), ...stuckBehind(members, liveness)];
  const certainty = certaintyOf(observation, closure, stillMs);
  const isAtSemaphore = closure.some((pid) =>
    liveness.edges(pid).some(({ alternative }) => alternative.action === 'semaphore'),
  );
  return {
    kind: inCycle.size === 1 ? 'self-deadlock' : 'deadlock',
    isHang: true,
    ...(isAtSemaphore ? onlyPossible(doubted(certainty, AT_SEMAPHORE)) : certainty),
    waits: cycle.map((edge) => ({ ...edgeStory(world, edge), ...via(world, edge) })),
    stuck: stuck.flatMap((pid) => {
      const record = world.process(pid);
      return record ? [processStory(world, record, liveness.threads(pid))] : [];
    }),
    others: [],
  };
}

/** A pipeline in a shell may write to the stderr of the shell as its own stdout. */
function via(world: World, { pid, alternative, target }: Edge): { via?: HolderRef } {
  const { action, key } = alternative;
  if (action !== 'write' || key === undefined || world.process(pid)?.parent === target.pid) return {};
  const isKnown = ({ pid: holder, descriptor }: Holder) =>
    world.process(holder)?.parent === target.pid && descriptor.fd > 0 && descriptor.fd < FIRST_OWN_DESCRIPTOR;
  const found = world.writers(key).find(isKnown);
  const [ref] = found ? holderRefs(world, [{ pid: found.pid, fd: found.descriptor.fd }]) : [];
  return ref ? { via: ref } : {};
}

/** Per thread: the other threads of the process may continue. */
export function mutexDeadlocks(observation: Observation): Finding[] {
  return [...observation.last.world.processes].flatMap((record) =>
    mutexCycles(record).flatMap((threads) => fromThreads(observation, record, threads) ?? []),
  );
}

function fromThreads(
  observation: Observation,
  record: ProcessRecord,
  threads: readonly ThreadRecord[],
): Finding | undefined {
  const stillMs = observation.threadsStillMs(
    record.pid,
    threads.map(({ tid }) => tid),
  );
  if (observation.count > 1 && stillMs < CONFIRMING_MS) return undefined;
  const waits: WaitStory[] = threads.map((thread) => ({
    process: processRef(record),
    tid: thread.tid,
    ...(thread.call && { call: thread.call }),
    action: 'thread',
    awaited: [{ process: processRef(record), fds: [] }],
  }));
  const certainty = certaintyOf(observation, [], stillMs);
  return {
    kind: 'self-deadlock',
    isHang: true,
    ...doubted(certainty, "the owner of a mutex was read from glibc's internal data"),
    waits,
    stuck: [],
    others: [],
  };
}

/** Each thread waits for at most one other, so a walk that returns to its own path has found a cycle. */
function mutexCycles(record: ProcessRecord): ThreadRecord[][] {
  const waitsFor = new Map<number, number>();
  for (const thread of record.threads) {
    const owner = ownerThread(record, thread, thread.call);
    if (owner !== undefined) waitsFor.set(thread.tid, owner);
  }
  const done = new Set<number>();
  const found: ThreadRecord[][] = [];
  for (const start of waitsFor.keys()) {
    const path: number[] = [];
    let at: number | undefined = start;
    while (at !== undefined && !done.has(at) && !path.includes(at)) {
      path.push(at);
      at = waitsFor.get(at);
    }
    const from = at === undefined ? -1 : path.indexOf(at);
    if (from >= 0) {
      const cycle = path.slice(from);
      found.push(cycle.flatMap((tid) => record.threads.find((thread) => thread.tid === tid) ?? []));
    }
    for (const tid of path) done.add(tid);
  }
  return found;
}
