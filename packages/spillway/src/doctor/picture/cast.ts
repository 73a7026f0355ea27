/** Which processes are shown: all processes of a large machine would be unreadable. */
import type { World } from '../graph/index.js';
import type { ProcessRecord } from '../snapshot/index.js';
import { byKey, type Holding, holdingsOf, pidsOf } from './holdings.js';
import { rank } from './picture.js';
import type { Roles } from './roles.js';

/** Fits one or two screens. */
const MOST_PROCESSES = 60;
/**
 * A pipe with more holders, such as a shared stderr, tells nothing about a connection between two of them.
 */
export const MOST_HOLDERS = 8;

export interface Cast {
  readonly shown: ReadonlySet<number>;
  /** Counts of processes that are not shown. */
  readonly kernelThreads: number;
  readonly others: number;
}

export function castOf(world: World, roles: Roles): Cast {
  const found = wanted(world, roles, connections(world));
  // The observer is hidden unless it was requested.
  const { pid: observer } = world.snapshot.host.observer;
  if (roles.of(observer) === 'plain' && !isAskedFor(world, observer)) found.delete(observer);
  const candidates = inOrder(found, roles);
  const shown = new Set(candidates.slice(0, MOST_PROCESSES));
  const all = [...world.processes].filter((one) => isEverything(world) || one.isInTree || shown.has(one.pid));
  const kernelThreads = all.filter(({ isKernelThread }) => isKernelThread).length;
  return { shown, kernelThreads, others: all.length - kernelThreads - shown.size };
}

/**
 * The requested trees, or else the hanging processes, each with their neighbours; without hangs all connected
 * processes.
 */
function wanted(world: World, roles: Roles, holders: ReadonlyMap<number, ReadonlySet<number>>): Set<number> {
  const parts = [...roles.pids].filter((pid) => world.process(pid));
  const hanging = parts.filter((pid) => rank(roles.of(pid)) > rank('remark'));
  if (!isEverything(world)) {
    const inTrees = [...world.processes].filter(({ isInTree }) => isInTree).map(({ pid }) => pid);
    return withNeighbours([...inTrees, ...parts], holders);
  }
  if (hanging.length > 0) return withNeighbours(hanging, holders);
  const isStranger = ({ pid, isKernelThread }: ProcessRecord) => isKernelThread || !holders.has(pid);
  const connected = [...world.processes].filter((one) => !isStranger(one)).map(({ pid }) => pid);
  return new Set([...connected, ...parts]);
}

function isEverything({ snapshot }: World): boolean {
  return snapshot.roots === undefined;
}

function isAskedFor(world: World, pid: number): boolean {
  return !isEverything(world) && world.process(pid)?.isInTree === true;
}

function withNeighbours(
  pids: readonly number[],
  holders: ReadonlyMap<number, ReadonlySet<number>>,
): Set<number> {
  return new Set([...pids, ...pids.flatMap((pid) => [...(holders.get(pid) ?? [])])]);
}

/** By role, the hanging processes first; otherwise in the order of the snapshot. */
function inOrder(pids: ReadonlySet<number>, roles: Roles): number[] {
  return [...pids].sort((one, other) => rank(roles.of(other)) - rank(roles.of(one)));
}

/** For each process its neighbours: those that share a pipe or a pair of sockets with it. */
function connections(world: World): Map<number, Set<number>> {
  const found = new Map<number, Set<number>>();
  const holdings = [...world.processes].flatMap((record) => holdingsOf(world, record));
  for (const among of byKey(holdings.filter(isConnection)).values()) {
    const pids = pidsOf(among);
    if (pids.size < 2 || pids.size > MOST_HOLDERS) continue;
    for (const pid of pids) {
      const others = found.get(pid) ?? new Set();
      for (const other of pids) if (other !== pid) others.add(other);
      found.set(pid, others);
    }
  }
  return found;
}

function isConnection({ key }: Holding): boolean {
  return key.startsWith('pipe:') || key.startsWith('socket:');
}
