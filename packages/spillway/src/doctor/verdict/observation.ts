/**
 * Several snapshots of the same processes, some time apart. A single one is read over some milliseconds in which things change: on busy
 * healthy systems one in fourteen shows a deadlock that there never was. What stands still over two, and with it everybody on whom it
 * depends, stands still.
 */
import { findKnots, type Knot, Liveness, World } from '../graph/index.js';
import type { ProcessRecord, Snapshot } from '../snapshot/index.js';

/** The least time between two snapshots that confirm each other. */
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

  /** For how long none of the threads of these processes has done anything: 0 with a single snapshot. */
  stillMs(pids: Iterable<number>): number {
    return this.#backTo((snapshot) => {
      const world = this.#scene(snapshot).world;
      for (const pid of pids) if (!this.#isSame(world, pid)) return false;
      return true;
    });
  }

  /** For how long these threads alone have done nothing. */
  threadsStillMs(pid: number, tids: readonly number[]): number {
    const print = (world: World) => {
      const record = world.process(pid);
      return record && printOf(record, world.snapshot.monotonicMs, tids);
    };
    return this.#backTo((snapshot) => print(this.#scene(snapshot).world) === print(this.last.world));
  }

  /** The same, of which each snapshot has to show these processes as dead, too. */
  deadMs(pids: readonly number[]): number {
    return this.#backTo((snapshot) => {
      const { world, liveness } = this.#scene(snapshot);
      return pids.every((pid) => this.#isSame(world, pid) && !liveness.isLive(pid));
    });
  }

  /** For how long it has been true of a process, with the same start time. */
  sinceMs(pid: number, condition: (record: ProcessRecord, world: World) => boolean): number {
    const { startTime } = this.last.world.process(pid) ?? {};
    return this.#backTo((snapshot) => {
      const world = this.#scene(snapshot).world;
      const record = world.process(pid);
      return record !== undefined && record.startTime === startTime && condition(record, world);
    });
  }

  /** Whether the last snapshot has the process of the first one, and not another that was given its number. */
  isStillThere(pid: number): boolean {
    const before = this.#scene(this.#snapshots[0] as Snapshot).world.process(pid);
    const now = this.last.world.process(pid);
    return now !== undefined && (before === undefined || before.startTime === now.startTime);
  }

  /** How often a process went to sleep in the last `ms` that were observed. */
  sleeps(pid: number, ms: number): number {
    const now = this.last.world.process(pid);
    const since = this.last.world.snapshot.monotonicMs - ms;
    const first = this.#snapshots.find(({ monotonicMs }) => monotonicMs >= since - 1);
    const before = first && this.#scene(first).world.process(pid);
    return before && now ? switches(now) - switches(before) : 0;
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

function switches({ threads }: ProcessRecord): number {
  return threads.reduce((sum, { voluntarySwitches }) => sum + voluntarySwitches, 0);
}

/** Who it is, and how far each of its threads has come. One that runs is never where it was: it need not sleep in order to get on. */
function printOf(record: ProcessRecord, monotonicMs: number, tids?: readonly number[]): string {
  const { pid, startTime, threads } = record;
  const lines = threads
    .filter(({ tid }) => !tids || tids.includes(tid))
    .map(({ tid, state, call, voluntarySwitches }) => {
      const runs = state === 'R' || call?.name === 'running';
      return [tid, state, call?.name, call?.args.join(), voluntarySwitches, runs ? monotonicMs : ''].join(
        ' ',
      );
    });
  return [pid, startTime, ...lines].join('\n');
}
