/**
 * Knots: sets of processes that all wait for each other. This file also separates idle processes from hanging
 * ones: in an idle pool the workers wait for a task and their owner for a result or a signal, so they form a
 * knot too.
 */
import { components } from './components.js';
import { housekeepers } from './housekeeping.js';
import type { Edge, Liveness } from './liveness.js';
import { isEventDriven } from './wait.js';

export interface Knot {
  readonly members: readonly number[];
  /** The shortest cycle through it; each edge leads to the process of the next. */
  readonly cycle: readonly Edge[];
}

/** Marks idle processes as live and gives the remaining knots. */
export function findKnots(liveness: Liveness): Knot[] {
  for (;;) {
    const dead = liveness.dead();
    const groups = components(dead, (pid) => [
      ...new Set(liveness.edges(pid).map(({ target }) => target.pid)),
    ]);
    const idle = groups.filter((members) => isIdle(members, liveness));
    if (idle.length === 0) return groups.map((members) => ({ members, cycle: cycleIn(members, liveness) }));
    // An event that wakes an idle process, such as a signal, may release its waiters too: search again.
    for (const members of idle) for (const pid of members) liveness.revive(pid);
  }
}

function isIdle(members: readonly number[], liveness: Liveness): boolean {
  const within = edgesWithin(members, liveness);
  const [only] = members;
  if (members.length === 1 && (within.every(isInternal) || isWokenBySignals(only as number, liveness)))
    return true;
  if (within.some(insists)) return false;
  return within.some(({ thread }) => isEventDriven(thread.call));
}

/**
 * Signals for the self-pipe trick: the handler writes to a pipe that the program's own event loop reads
 * (write(2) is safe in a handler, signal-safety(7)).
 */
const WAKING_SIGNALS = new Set([1, 10, 12, 15, 17, 28, 29]);

function isWokenBySignals(pid: number, liveness: Liveness): boolean {
  const record = liveness.world.process(pid);
  return record?.caughtSignals.some((signal) => WAKING_SIGNALS.has(signal)) ?? false;
}

function edgesWithin(members: readonly number[], liveness: Liveness): Edge[] {
  const inside = new Set(members);
  return members.flatMap((pid) => liveness.edges(pid).filter(({ target }) => inside.has(target.pid)));
}

/**
 * Threads that wait for each other, and an event loop that wakes itself: only the program knows whether a
 * signal will come.
 */
function isInternal({ alternative, thread }: Edge): boolean {
  return alternative.action === 'thread' || alternative.action === 'event' || isEventDriven(thread.call);
}

/** The thread does nothing else until this wait ends: it must write, needs a lock, or waits for an exit. */
function insists({ alternative, thread }: Edge): boolean {
  const { action } = alternative;
  if (action === 'write' || action === 'lock') return true;
  return action === 'exit' && !isEventDriven(thread.call);
}

function cycleIn(members: readonly number[], liveness: Liveness): readonly Edge[] {
  const isSeveral = members.length > 1;
  const within = edgesWithin(members, liveness)
    // What a process waits for in itself does not explain a knot of several: each of two processes that share
    // a pipe may hold both of its ends.
    .filter(({ pid, target }) => !isSeveral || target.pid !== pid)
    .sort((one, other) => indirectness(one, liveness) - indirectness(other, liveness));
  const from = new Map<number, Edge[]>();
  for (const edge of within) {
    const others = from.get(edge.pid);
    if (others) others.push(edge);
    else from.set(edge.pid, [edge]);
  }
  let best: Edge[] | undefined;
  for (const edge of within.filter(insists).concat(within)) {
    if (best && !insists(edge)) break;
    const back = shortestPath(edge.target.pid, edge.pid, from);
    if (back && (!best || back.length + 1 < best.length)) best = [edge, ...back];
    if (best?.length === 1 || (best?.length === 2 && insists(edge))) break;
  }
  return fromFirst(best ?? [], members);
}

/** The cycle from the first of the members on that insists, whichever edge it was found by. */
function fromFirst(cycle: readonly Edge[], members: readonly number[]): readonly Edge[] {
  const order = (edge: Edge) => members.indexOf(edge.pid) + (insists(edge) ? 0 : members.length);
  const at = cycle.reduce(
    (first, edge, index) => (order(edge) < order(cycle[first] as Edge) ? index : first),
    0,
  );
  return [...cycle.slice(at), ...cycle.slice(0, at)];
}

/** A wait for an exit says less than a read, and that of a thread that a runtime has for each child least. */
function indirectness({ pid, thread, alternative }: Edge, { world }: Liveness): number {
  const record = world.process(pid);
  if (record && housekeepers(record).has(thread.tid)) return 2;
  return alternative.action === 'exit' ? 1 : 0;
}

function shortestPath(
  start: number,
  goal: number,
  from: ReadonlyMap<number, readonly Edge[]>,
): Edge[] | undefined {
  const cameBy = new Map<number, Edge | undefined>([[start, undefined]]);
  for (const [pid] of cameBy) {
    if (pid === goal) {
      const path: Edge[] = [];
      for (let edge = cameBy.get(pid); edge; edge = cameBy.get(edge.pid)) path.unshift(edge);
      return path;
    }
    for (const edge of from.get(pid) ?? [])
      if (!cameBy.has(edge.target.pid)) cameBy.set(edge.target.pid, edge);
  }
  return undefined;
}

/** The members and every process they wait for, directly or not: all must stand still to confirm the knot. */
export function closureOf(members: readonly number[], liveness: Liveness): number[] {
  const found = new Set(members);
  for (const pid of found) for (const { target } of liveness.edges(pid)) found.add(target.pid);
  return [...found];
}

/** Other dead processes whose waits lead to these. */
export function stuckBehind(members: readonly number[], liveness: Liveness): number[] {
  const reaches = new Set(members);
  const dead = liveness.dead().filter((pid) => !reaches.has(pid));
  for (let grew = true; grew; ) {
    grew = false;
    for (const pid of dead) {
      if (reaches.has(pid) || !liveness.edges(pid).some(({ target }) => reaches.has(target.pid))) continue;
      reaches.add(pid);
      grew = true;
    }
  }
  return dead.filter((pid) => reaches.has(pid));
}
