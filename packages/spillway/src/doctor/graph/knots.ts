/**
 * The knots: sets of processes that all wait for each other. What only idles is told from what hangs here: in an idle pool, too, the
 * workers wait for a task and their owner for a result or a signal, and no process can be seen that would begin.
 */
import { components } from './components.js';
import type { Edge, Liveness } from './liveness.js';
import { isEventDriven } from './wait.js';

export interface Knot {
  readonly members: readonly number[];
  /** The shortest circle through it; each edge leads to the process of the next. */
  readonly cycle: readonly Edge[];
}

/** Marks who only idles as live, and gives what is left. */
export function findKnots(liveness: Liveness): Knot[] {
  for (;;) {
    const dead = liveness.dead();
    const groups = components(dead, (pid) => [
      ...new Set(liveness.edges(pid).map(({ target }) => target.pid)),
    ]);
    const idle = groups.filter((members) => isIdle(members, liveness));
    if (idle.length === 0) return groups.map((members) => ({ members, cycle: cycleIn(members, liveness) }));
    // Whoever waits for them may be woken by what wakes them, such as a signal: look again.
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

/** Handlers for these are what a pipe to oneself is made for: they write to it, and the program reads (pipe(7) is safe in a handler). */
const WAKING_SIGNALS = new Set([1, 10, 12, 15, 17, 28, 29]);

function isWokenBySignals(pid: number, liveness: Liveness): boolean {
  const record = liveness.world.process(pid);
  return record?.caughtSignals.some((signal) => WAKING_SIGNALS.has(signal)) ?? false;
}

function edgesWithin(members: readonly number[], liveness: Liveness): Edge[] {
  const inside = new Set(members);
  return members.flatMap((pid) => liveness.edges(pid).filter(({ target }) => inside.has(target.pid)));
}

/** Threads that wait for each other, and a loop that wakes itself: only the program knows whether a signal is to come. */
function isInternal({ alternative, thread }: Edge): boolean {
  return alternative.action === 'thread' || alternative.action === 'event' || isEventDriven(thread.call);
}

/** It will not do anything else before this has come: it has something to say, or waits for an end. */
export function insists({ alternative, thread }: Edge): boolean {
  const { action } = alternative;
  if (action === 'write' || action === 'lock') return true;
  return action === 'exit' && !isEventDriven(thread.call);
}

function cycleIn(members: readonly number[], liveness: Liveness): Edge[] {
  const within = edgesWithin(members, liveness);
  const from = new Map<number, Edge[]>();
  for (const edge of within) {
    // Helper threads of a process are its own affair.
    if (edge.target.pid === edge.pid && isInternal(edge) && members.length > 1) continue;
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
  return best ?? [];
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

/** Everybody whom the members wait for, themselves included: what has to stand still for the knot to be one. */
export function closureOf(members: readonly number[], liveness: Liveness): number[] {
  const found = new Set(members);
  for (const pid of found) for (const { target } of liveness.edges(pid)) found.add(target.pid);
  return [...found];
}

/** Dead processes that lead into these, and are none of them. */
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
