/**
 * Races of exits with a fake kernel: the order of signals and exits cannot be arranged with real processes.
 */
import { describe, expect, it } from 'vitest';
import type { Postponed } from '../../src/base/index.js';
import type { Ending } from '../../src/process/index.js';
import { Reaper, type WaitCalls, type Wakeups } from '../../src/process/wait/reaper.js';

const cpu = { userMs: 0, systemMs: 0 };

/** Children as the kernel has them: running, or zombies in the order of their exits. */
class FakeKernel implements WaitCalls, Wakeups {
  readonly running = new Set<number>();
  readonly zombies: { pid: number; code: number }[] = [];
  readonly stops = new Map<number, number>();
  readonly peeked: number[] = [];
  readonly watched = new Set<number>();
  /** As on a system without such a set, or with no descriptor left. */
  canWatch = true;
  /** What was put off waits for a turn. */
  isBusy = false;
  readonly waiting: (() => void)[] = [];
  watching = false;
  #look = () => {};
  #sweep = () => {};

  fork(...pids: number[]): void {
    for (const pid of pids) this.running.add(pid);
  }

  /** An exit without a signal that anybody has heard yet. */
  exit(pid: number, code = 0): void {
    this.running.delete(pid);
    this.zombies.push({ pid, code });
  }

  signal(): void {
    if (this.watching) this.#look();
  }

  tick(): void {
    if (this.watching) this.#sweep();
  }

  start(look: () => void, sweep: () => void): void {
    this.watching = true;
    this.#look = look;
    this.#sweep = sweep;
  }

  lookAgain(): void {}

  stop(): void {
    this.watching = false;
  }

  postpone(act: (pid: number) => void): Postponed<number> {
    const kept = new Set<number>();
    return {
      add: (pid) => {
        kept.add(pid);
        this.waiting.push(() => kept.delete(pid) && act(pid));
        if (!this.isBusy) this.turn();
      },
      delete: (pid) => kept.delete(pid),
      [Symbol.iterator]: () => kept.values(),
    };
  }

  /** The event loop comes to what was put off. */
  turn(): void {
    for (const action of this.waiting.splice(0)) action();
  }

  add(pid: number): boolean {
    if (this.canWatch) this.watched.add(pid);
    return this.canWatch;
  }

  remove(pid: number): void {
    this.watched.delete(pid);
  }

  /** One at a time, as a set that has more than it may tell at once. */
  exited(): number[] {
    return this.zombies
      .map(({ pid }) => pid)
      .filter((pid) => this.watched.has(pid))
      .slice(0, 1);
  }

  peekAnyStopped(): number | undefined {
    return this.stops.keys().next().value;
  }

  peekAnyExited(): number | undefined {
    return this.zombies[0]?.pid;
  }

  peekChild(pid: number): 'running' | 'exited' | 'lost' {
    this.peeked.push(pid);
    if (this.running.has(pid)) return 'running';
    return this.zombies.some((zombie) => zombie.pid === pid) ? 'exited' : 'lost';
  }

  reap(pid: number): Exclude<Ending, 'lost'> | undefined {
    const at = this.zombies.findIndex((zombie) => zombie.pid === pid);
    const [zombie] = at < 0 ? [] : this.zombies.splice(at, 1);
    return zombie && { status: { kind: 'exited', code: zombie.code }, cpu };
  }

  takeStop(pid: number): number | undefined {
    const signal = this.stops.get(pid);
    this.stops.delete(pid);
    return signal;
  }
}

/** A reaper with these children, which are reaped at once when their exit is told, and what it told. */
function withChildren(...pids: number[]) {
  const kernel = new FakeKernel();
  const reaper = new Reaper(kernel, kernel);
  const told: string[] = [];
  const adopt = (pid: number, settle: 'at once' | 'later' = 'at once') => {
    reaper.prepare();
    kernel.fork(pid);
    reaper.add(pid, {
      stopped: undefined,
      exited: (lost) => {
        told.push(lost ? `${pid} lost` : `${pid}`);
        if (settle === 'at once') told.push(describeEnding(reaper.reap(pid)));
      },
    });
  };
  for (const pid of pids) adopt(pid);
  return { kernel, reaper, told, adopt };
}

function describeEnding(ending: Ending): string {
  return ending === 'lost'
    ? 'ending lost'
    : ending.status.kind === 'exited'
      ? `code ${ending.status.code}`
      : '';
}

describe('The reaper', () => {
  it('finds all exits behind one signal, since signals coalesce', () => {
    const { kernel, told } = withChildren(1, 2, 3);
    kernel.exit(3, 30);
    kernel.exit(1, 10);
    kernel.signal();
    expect(told).toEqual(['3', 'code 30', '1', 'code 10']);
    expect(kernel.zombies).toEqual([]);
    kernel.exit(2);
    kernel.signal();
    expect(told).toHaveLength(6);
  });

  it('looks only at the children that have exited', () => {
    const { kernel } = withChildren(...Array.from({ length: 100 }, (_, i) => i + 1));
    kernel.exit(50);
    kernel.signal();
    expect(kernel.peeked).toEqual([50]);
    expect(kernel.watched.has(50)).toBe(false);
  });

  it('finds children that exit before they are watched, and watches the rest', () => {
    const { kernel, told, adopt } = withChildren();
    kernel.isBusy = true;
    for (const pid of [1, 2, 3]) adopt(pid);
    kernel.exit(2, 2);
    kernel.signal();
    expect(told).toEqual(['2', 'code 2']);
    kernel.exit(1, 1);
    kernel.turn();
    expect([...kernel.watched]).toEqual([1, 3]);
    kernel.signal();
    expect(told).toEqual(['2', 'code 2', '1', 'code 1']);
  });

  it('looks at every child that cannot be watched', () => {
    const { kernel, told, adopt } = withChildren();
    kernel.canWatch = false;
    for (const pid of [1, 2, 3]) adopt(pid);
    kernel.exit(99);
    kernel.exit(2, 2);
    kernel.signal();
    expect(told).toEqual(['2', 'code 2']);
    kernel.exit(1);
    kernel.exit(3);
    kernel.signal();
    expect(told.filter((line) => /^\d$/.test(line))).toEqual(['2', '1', '3']);
    expect(kernel.watching).toBe(false);
  });

  it('reaps orphans once it is told to', () => {
    const { kernel, reaper, told } = withChildren(1);
    kernel.exit(99);
    kernel.signal();
    expect(kernel.zombies).toHaveLength(1);
    reaper.adoptOrphans();
    kernel.exit(98);
    kernel.exit(1);
    kernel.exit(97);
    kernel.signal();
    expect(told).toEqual(['1', 'code 0']);
    expect(kernel.zombies).toEqual([]);
  });

  it('reports the end of a background child without keeping the program alive', () => {
    const { kernel, reaper, adopt } = withChildren();
    let ended = 0;
    kernel.fork(9);
    reaper.addInBackground(9, () => ended++);
    expect(kernel.watching).toBe(false);
    adopt(1);
    kernel.exit(9);
    kernel.signal();
    kernel.signal();
    expect(ended).toBe(1);
    expect(kernel.zombies).toEqual([]);
  });

  it("leaves a stranger's zombie alone, and finds its own behind it", () => {
    const { kernel, told } = withChildren(1, 2);
    kernel.exit(99);
    kernel.exit(2);
    kernel.exit(1);
    kernel.signal();
    expect(told.sort()).toEqual(['1', '2', 'code 0', 'code 0']);
    expect(kernel.zombies).toEqual([{ pid: 99, code: 0 }]);
  });

  it('finds a child behind one that is still being settled, and reports each once', () => {
    const { kernel, reaper, told, adopt } = withChildren();
    adopt(1, 'later');
    adopt(2);
    kernel.exit(1);
    kernel.signal();
    kernel.signal();
    kernel.tick();
    kernel.exit(2, 2);
    kernel.signal();
    expect(told).toEqual(['1', '2', 'code 2']);
    expect(kernel.zombies).toEqual([{ pid: 1, code: 0 }]);
    expect(describeEnding(reaper.reap(1))).toBe('code 0');
    expect(kernel.watching).toBe(false);
  });

  it('reports a child that other code has reaped, and stops watching it', () => {
    const { kernel, told } = withChildren(1);
    kernel.running.delete(1);
    kernel.signal();
    expect(told).toEqual([]);
    kernel.tick();
    expect(told).toEqual(['1 lost', 'ending lost']);
    expect(kernel.watching).toBe(false);
  });

  it('reports a child that other code reaps between the look and the reaping', () => {
    const { kernel, reaper, told, adopt } = withChildren();
    adopt(1, 'later');
    kernel.exit(1);
    kernel.signal();
    kernel.reap(1);
    expect(told).toEqual(['1']);
    expect(reaper.reap(1)).toBe('lost');
  });

  it('finds an exit that happened before the child was added, though its signal has passed', () => {
    const kernel = new FakeKernel();
    const reaper = new Reaper(kernel, kernel);
    reaper.prepare();
    kernel.fork(1);
    kernel.exit(1, 5);
    kernel.signal();
    expect(kernel.zombies).toHaveLength(1);
    let exits = 0;
    reaper.add(1, { stopped: undefined, exited: () => exits++ });
    kernel.tick();
    kernel.tick();
    expect(exits).toBe(1);
    expect(describeEnding(reaper.reap(1))).toBe('code 5');
  });

  it('finds an exit on request without a signal, and reports it once', () => {
    const { kernel, reaper, told } = withChildren(1, 2);
    expect(reaper.check(1)).toBe(false);
    kernel.exit(1);
    expect(reaper.check(1)).toBe(true);
    expect(told).toEqual(['1', 'code 0']);
    expect(reaper.check(1)).toBe(true);
    kernel.signal();
    expect(told).toHaveLength(2);
  });

  it('reaps a child that was abandoned, without a report', () => {
    const { kernel, reaper, told, adopt } = withChildren(1, 2);
    reaper.abandon(1);
    kernel.exit(1);
    kernel.exit(2);
    kernel.signal();
    expect(told).toEqual(['2', 'code 0']);
    expect(kernel.zombies).toEqual([]);
    // One that ends while nothing is watched is found when something is again.
    adopt(3);
    reaper.abandon(3);
    expect(kernel.watching).toBe(false);
    kernel.exit(3);
    adopt(4);
    kernel.tick();
    expect(kernel.zombies).toEqual([]);
  });

  it('watches exactly while it has children', () => {
    const { kernel, reaper, adopt } = withChildren();
    reaper.prepare();
    expect(kernel.watching).toBe(true);
    reaper.cancel();
    expect(kernel.watching).toBe(false);
    adopt(1);
    adopt(2);
    kernel.exit(1);
    kernel.signal();
    expect(kernel.watching).toBe(true);
    reaper.prepare();
    reaper.cancel();
    expect(kernel.watching).toBe(true);
    kernel.exit(2);
    kernel.signal();
    expect(kernel.watching).toBe(false);
  });

  it('accepts a new child during the report of an exit', () => {
    const { kernel, reaper, told, adopt } = withChildren();
    reaper.prepare();
    kernel.fork(1);
    reaper.add(1, {
      stopped: undefined,
      exited: () => {
        reaper.reap(1);
        adopt(2);
        kernel.exit(2, 2);
      },
    });
    kernel.exit(1);
    kernel.signal();
    expect(told).toEqual(['2', 'code 2']);
    expect(kernel.watching).toBe(false);
  });

  it('reports a stop that came before the child was known here', () => {
    const { kernel, reaper } = withChildren();
    const stops: number[] = [];
    kernel.fork(1);
    kernel.stops.set(1, 21);
    reaper.prepare();
    kernel.signal();
    reaper.add(1, { exited: () => {}, stopped: (signal) => stops.push(signal) });
    expect(reaper.check(1)).toBe(false);
    expect(stops).toEqual([21]);
  });

  it('reports stops to those that ask for them', () => {
    const { kernel, reaper } = withChildren(1);
    const stops: number[] = [];
    kernel.fork(2);
    reaper.add(2, { exited: () => reaper.reap(2), stopped: (signal) => stops.push(signal) });
    kernel.stops.set(1, 19).set(2, 20);
    kernel.signal();
    kernel.signal();
    expect(stops).toEqual([20]);
    expect(kernel.stops.has(1)).toBe(true);
    kernel.exit(2);
    kernel.signal();
  });
});
