/** Which processes are shown: on a large machine all of them would be a picture of nothing. */
import type { World } from '../graph/index.js';
import type { ProcessRecord } from '../snapshot/index.js';
import { byKey, type Holding, holdingsOf, pidsOf } from './holdings.js';
import { rank } from './picture.js';
import type { Roles } from './roles.js';

/** What fits a screen or two. */
const MOST_PROCESSES = 60;
/** What more than so many hold is the background of all: it connects nobody with anybody. */
export const MOST_HOLDERS = 8;

export interface Cast {
  readonly shown: ReadonlySet<number>;
  /** Of those that were looked at. */
  readonly kernelThreads: number;
  readonly others: number;
}

export function castOf(world: World, roles: Roles): Cast {
  const found = wanted(world, roles, connections(world));
  // Whoever looks is there only to look.
  const { pid: observer } = world.snapshot.host.observer;
  if (roles.of(observer) === 'plain' && !isAskedFor(world, observer)) found.delete(observer);
  const candidates = inOrder(found, roles);
  const shown = new Set(candidates.slice(0, MOST_PROCESSES));
  const all = [...world.processes].filter((one) => isEverything(world) || one.isInTree || shown.has(one.pid));
  const kernelThreads = all.filter(({ isKernelThread }) => isKernelThread).length;
  return { shown, kernelThreads, others: all.length - kernelThreads - shown.size };
}

/** The trees that were asked for, or what hangs, with those at the other ends; else all that are connected with anybody. */
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

/** Those with a part in the story first, then as they were found. */
function inOrder(pids: ReadonlySet<number>, roles: Roles): number[] {
  return [...pids].sort((one, other) => rank(roles.of(other)) - rank(roles.of(one)));
}

/** For each process the others with which it shares a pipe or a pair of sockets. */
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
