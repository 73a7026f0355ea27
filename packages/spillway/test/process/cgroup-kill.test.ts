/** What may happen between the look at a process and the write of its pid, with a fake kernel. */
import { describe, expect, it } from 'vitest';
import { type CgroupCalls, CgroupKill, type KillTargets } from '../../src/process/end/cgroup-kill.js';
import type { Descendant } from '../../src/process/end/descendant.js';
import { errnoOf, type ProcessStat, SystemError } from '../../src/system/index.js';
import { checkForLeaks } from '../helpers/leaks.js';

checkForLeaks();

interface Process {
  readonly startTime: string;
  readonly parent: number;
  readonly isOurs: boolean;
  cgroup: string;
}

const HOME = '/delegated';
const ELSEWHERE = '/elsewhere';

/** Processes in cgroups; the leader is 100, and this program's child. */
class Machine implements CgroupCalls {
  readonly processes = new Map<number, Process>();
  readonly killed: number[] = [];
  readonly cgroups = new Set([HOME, ELSEWHERE]);
  #made = 0;
  /** What happens right before a number is written. */
  beforeEntering: (pid: number) => void = () => {};
  readonly doomed: KillTargets = {
    leader: 100,
    find: () => this.#all().filter(({ pid }) => pid !== 100 && this.processes.get(pid)?.isOurs),
    recognise: (pid, relatives) => {
      const one = this.processes.get(pid);
      if (!one || !(one.isOurs || relatives.has(one.parent))) return undefined;
      return { pid, startTime: one.startTime, inGroup: false };
    },
  };

  constructor() {
    this.add(100, { parent: process.pid });
    this.add(101, { parent: 100 });
    this.add(102, { parent: 1 });
    this.add(900, { parent: 1, isOurs: false, cgroup: ELSEWHERE });
  }

  add(pid: number, one: Partial<Process>): void {
    this.#made++;
    this.processes.set(pid, { startTime: '1', parent: 1, isOurs: true, cgroup: HOME, ...one });
  }

  delegated = () => HOME as string | undefined;
  of = (pid: number) => this.processes.get(pid)?.cgroup;
  lastPid = () => this.#made;
  make = (directory: string) => void this.cgroups.add(directory);
  removeRemains = () => {};
  members = (directory: string) =>
    this.#all().flatMap(({ pid }) => (this.of(pid) === directory ? [pid] : []));

  stat = (pid: number): ProcessStat | undefined => {
    const one = this.processes.get(pid);
    return one && { pid, state: 'S', group: 100, session: 100, isExiting: false, ...one };
  };

  enter = (directory: string, pid: number) => {
    this.beforeEntering(pid);
    const one = this.processes.get(pid);
    if (!one) throw new SystemError('write', errnoOf.ESRCH, 'testing');
    one.cgroup = directory;
  };

  kill = (directory: string) => {
    for (const pid of this.members(directory)) {
      this.killed.push(pid);
      this.processes.delete(pid);
    }
  };

  remove = (directory: string) => {
    if (this.members(directory).length > 0) return false;
    this.cgroups.delete(directory);
    return true;
  };

  #all(): Descendant[] {
    return [...this.processes].map(([pid, { startTime }]) => ({ pid, startTime, inGroup: false }));
  }
}

function killOn(machine: Machine, leaderRuns = true) {
  const cgroup = new CgroupKill(machine.doomed, machine);
  const killed = cgroup.kill(leaderRuns).map(({ pid }) => pid);
  const isDone = cgroup.tryToFinish();
  expect(machine.cgroups.size).toBe(isDone ? 2 : 3);
  return { killed, isDone };
}

describe('CgroupKill', () => {
  it('kills all processes of a run at once, with its leader if that still runs', () => {
    const machine = new Machine();
    expect(killOn(machine)).toEqual({ killed: [101, 102], isDone: true });
    expect(machine.killed).toEqual([100, 101, 102]);
  });

  it('kills all but the leader when the leader is left to others', () => {
    const machine = new Machine();
    expect(killOn(machine, false).isDone).toBe(true);
    expect(machine.killed).toEqual([101, 102]);
  });

  it('moves processes into its cgroup until none of the run is left outside', () => {
    const machine = new Machine();
    machine.beforeEntering = (pid) => {
      // Each forks once more before it is moved.
      if (pid < 110) machine.add(pid + 2, { parent: pid });
    };
    killOn(machine);
    expect(machine.killed).toContain(111);
    expect([...machine.processes.keys()]).toEqual([900]);
  });

  it('finds a process that only its parent identifies', () => {
    const machine = new Machine();
    machine.beforeEntering = (pid) => {
      if (pid !== 102) return;
      machine.beforeEntering = () => {};
      machine.add(103, { parent: 102, isOurs: false });
      const make = machine.processes.get(103) as Process;
      make.cgroup = machine.of(101) as string;
    };
    expect(killOn(machine).killed).toEqual([101, 102, 103]);
  });
});

describe('CgroupKill, when a pid has passed to a stranger before the move,', () => {
  it.each([
    ['where its parent is, which is where it was born', 900, ELSEWHERE],
    ['where this program is, if its parent is gone', 901, HOME],
  ])('moves the stranger back, to %s, and does not kill it', (_, parent, home) => {
    const machine = new Machine();
    machine.beforeEntering = (pid) => {
      if (pid !== 102) return;
      machine.beforeEntering = () => {};
      machine.add(102, { startTime: '2', parent, isOurs: false, cgroup: home });
    };
    expect(killOn(machine)).toEqual({ killed: [101], isDone: true });
    expect(machine.killed).toEqual([100, 101]);
    expect(machine.of(102)).toBe(home);
  });

  it('does not move the stranger when it notices in time', () => {
    const machine = new Machine();
    const entered: number[] = [];
    machine.beforeEntering = (pid) => {
      entered.push(pid);
      if (pid === 101) machine.add(102, { startTime: '2', parent: 900, isOurs: false, cgroup: ELSEWHERE });
    };
    expect(killOn(machine).killed).toEqual([101]);
    expect(entered).toEqual([100, 101]);
  });

  it('kills no process when it cannot move the stranger back', () => {
    const machine = new Machine();
    machine.beforeEntering = (pid) => {
      if (pid !== 102) return;
      if (machine.processes.get(pid)?.isOurs)
        machine.add(102, { startTime: '2', parent: 900, isOurs: false });
      else throw new SystemError('write', errnoOf.EACCES, 'testing');
    };
    expect(killOn(machine)).toEqual({ killed: [], isDone: false });
    expect(machine.killed).toEqual([]);
  });
});

describe('CgroupKill leaves the kill to signals, and no directory behind,', () => {
  it('when the cgroup is not delegated', () => {
    const machine = new Machine();
    machine.delegated = () => undefined;
    expect(killOn(machine)).toEqual({ killed: [], isDone: true });
  });

  it.each(['make', 'enter'] as const)('when the kernel refuses to let it %s', (call) => {
    const machine = new Machine();
    machine[call] = () => {
      throw new SystemError(call, errnoOf.EACCES, 'testing');
    };
    expect(killOn(machine)).toEqual({ killed: [], isDone: true });
    expect(machine.killed).toEqual([]);
  });

  it('when the kernel refuses to kill, and removes its directory after the processes have died', () => {
    const machine = new Machine();
    machine.kill = () => {
      throw new SystemError('write', errnoOf.ENOENT, 'testing');
    };
    const cgroup = new CgroupKill(machine.doomed, machine);
    expect(cgroup.kill(true)).toEqual([]);
    expect(cgroup.tryToFinish()).toBe(false);
    for (const pid of [100, 101, 102]) machine.processes.delete(pid);
    expect(cgroup.kill(false)).toEqual([]);
    expect(cgroup.tryToFinish()).toBe(true);
    expect([...machine.cgroups]).toEqual([HOME, ELSEWHERE]);
  });

  it('for a process that it may not move, and kills the others', () => {
    const machine = new Machine();
    machine.beforeEntering = (pid) => {
      if (pid === 102) throw new SystemError('write', errnoOf.EACCES, 'testing');
    };
    expect(killOn(machine)).toEqual({ killed: [101], isDone: true });
    expect(machine.processes.has(102)).toBe(true);
  });
});
