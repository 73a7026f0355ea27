/**
 * Several snapshots of the same processes, some time apart. Reading a snapshot takes some milliseconds,
 * during which processes move: on busy healthy systems one in fourteen shows a deadlock that never existed. A
 * process that has not moved between two snapshots, nor any process it depends on, really stands still.
 */
import { findKnots, housekeepers, type Knot, Liveness, World } from '../graph/index.js';
import type { ProcessRecord, Snapshot } from '../snapshot/index.js';

/** Two snapshots confirm each other from this distance on. */
export const CONFIRMING_MS = 150;

interface Scene {
  readonly world: World;
  readonly liveness: Liveness;
  readonly knots: readonly Knot[];
}

export class Observation {
  readonly #snapshots: readonly Snapshot[];
  readonly #scenes = new Map<Snapshot, Scene>();
  readonly #prints = new Map<string, string | undefined>();
  readonly last: Scene;

  /** At least one snapshot, in the order in which they were taken. */
  constructor(snapshots: readonly Snapshot[]) {
    this.#snapshots = snapshots;
    this.last = this.#scene(snapshots.at(-1) as Snapshot);
  }

  get count(): number {
    return this.#snapshots.length;
  }

  get spanMs(): number {
    const [first, last] = [this.#snapshots[0] as Snapshot, this.#snapshots.at(-1) as Snapshot];
    return Math.max(0, last.monotonicMs - first.monotonicMs);
  }

  /** For how long no thread of these processes has moved; 0 with a single snapshot. */
  stillMs(pids: Iterable<number>): number {
    return this.#backTo((snapshot) => {
      const world = this.#scene(snapshot).world;
      for (const pid of pids) if (!this.#isSame(world, pid)) return false;
      return true;
    });
  }

  /** For how long these threads of one process have not moved. */
  threadsStillMs(pid: number, tids: readonly number[]): number {
    const print = (world: World) => {
      const record = world.process(pid);
      return record && printOf(record, world.snapshot.monotonicMs, tids);
    };
    return this.#backTo((snapshot) => print(this.#scene(snapshot).world) === print(this.last.world));
  }

  /** Like `stillMs`, but each snapshot must also show that these processes cannot continue. */
  deadMs(pids: readonly number[]): number {
    return this.#backTo((snapshot) => {
      const { world, liveness } = this.#scene(snapshot);
      return pids.every((pid) => this.#isSame(world, pid) && !liveness.isLive(pid));
    });
  }

  /** For how long the condition has held for this process (same pid and start time). */
  sinceMs(pid: number, condition: (record: ProcessRecord, world: World) => boolean): number {
    const { startTime } = this.last.world.process(pid) ?? {};
    return this.#backTo((snapshot) => {
      const world = this.#scene(snapshot).world;
      const record = world.process(pid);
      return record !== undefined && record.startTime === startTime && condition(record, world);
    });
  }

  /** Whether the last snapshot still has the process of the first one, and not another with its pid. */
  isStillThere(pid: number): boolean {
    const before = this.#scene(this.#snapshots[0] as Snapshot).world.process(pid);
    const now = this.last.world.process(pid);
    return now !== undefined && (before === undefined || before.startTime === now.startTime);
  }

  /** How often each thread of a process went to sleep in the last `ms` of the observation, by its id. */
  sleeps(pid: number, ms: number): ReadonlyMap<number, number> {
    const now = this.last.world.process(pid);
    const since = this.last.world.snapshot.monotonicMs - ms;
    const first = this.#snapshots.find(({ monotonicMs }) => monotonicMs >= since - 1);
    const before = first && this.#scene(first).world.process(pid);
    const earlier = new Map(before?.threads.map((one) => [one.tid, one.voluntarySwitches]));
    return new Map(
      now?.threads.map(({ tid, voluntarySwitches: count }) => [tid, count - (earlier.get(tid) ?? count)]),
    );
  }

  #scene(snapshot: Snapshot): Scene {
    let scene = this.#scenes.get(snapshot);
    if (!scene) {
      const world = new World(snapshot);
      const liveness = new Liveness(world);
      scene = { world, liveness, knots: findKnots(liveness) };
      this.#scenes.set(snapshot, scene);
    }
    return scene;
  }

  #backTo(holds: (snapshot: Snapshot) => boolean): number {
    const now = this.last.world.snapshot.monotonicMs;
    let since = now;
    for (const snapshot of [...this.#snapshots].reverse()) {
      if (!holds(snapshot)) break;
      since = snapshot.monotonicMs;
    }
    return now - since;
  }

  #isSame(world: World, pid: number): boolean {
    return this.#print(world, pid) === this.#print(this.last.world, pid);
  }

  #print(world: World, pid: number): string | undefined {
    const key = `${world.snapshot.monotonicMs} ${pid}`;
    if (!this.#prints.has(key)) {
      const record = world.process(pid);
      this.#prints.set(key, record && printOf(record, world.snapshot.monotonicMs));
    }
    return this.#prints.get(key);
  }
}

/**
 * Identifies the process and the progress of its threads. A running thread always differs: it moves without
 * sleeping.
 */
function printOf(record: ProcessRecord, monotonicMs: number, tids?: readonly number[]): string {
  const { pid, startTime, threads } = record;
  const services = housekeepers(record);
  const lines = threads
    .filter(({ tid }) => (tids ? tids.includes(tid) : !services.has(tid)))
    .map(({ tid, state, call, voluntarySwitches }) => {
      const runs = state === 'R' || call?.name === 'running';
      return [tid, state, call?.name, call?.args.join(), voluntarySwitches, runs ? monotonicMs : ''].join(
        ' ',
      );
    });
  return [pid, startTime, ...lines].join('\n');
}
