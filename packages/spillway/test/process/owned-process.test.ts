/** The ladder and the settling of one child, with a fake in the place of the reaper's kernel. */
import { describe, expect, it } from 'vitest';
import { notPostponed, Stopwatch } from '../../src/base/index.js';
import { type Ending, OwnedProcess } from '../../src/process/index.js';
import { Reaper } from '../../src/process/wait/reaper.js';
import { checkForLeaks } from '../helpers/leaks.js';

checkForLeaks();

/** A pid that no process has: the kernel gives out none above 2^22. Its group is empty. */
const FREE_PID = 2 ** 22 + 1;

const leftoverTermination = { signal: 15, grace: 500, ask: undefined };

function lifeOf(leftovers: 'kill' | 'wait' | 'leave' = 'kill') {
  let state: 'running' | 'exited' | 'lost' = 'running';
  const events: string[] = [];
  const ending: Ending = { status: { kind: 'exited', code: 0 }, cpu: { userMs: 0, systemMs: 0 } };
  const calls = {
    add: () => false,
    remove: () => {},
    exited: () => [],
    peekAnyExited: () => undefined,
    peekAnyStopped: () => undefined,
    peekChild: () => state,
    reap: () => {
      events.push('reaped');
      return state === 'lost' ? undefined : ending;
    },
    takeStop: () => undefined,
  };
  const watch = { start: () => {}, stop: () => {}, lookAgain: () => {}, postpone: notPostponed<number> };
  const reaper = new Reaper(calls, watch);
  const child = new OwnedProcess(
    {
      pid: FREE_PID,
      mark: 'of no process',
      leftovers,
      leftoverTermination,
      moment: undefined,
      clock: new Stopwatch(),
      guarded: undefined,
      terminal: undefined,
      gate: undefined,
    },
    {
      exited: () => events.push('exited'),
      ended: (how) => events.push(typeof how === 'string' ? how : how.status.kind),
      stopped: undefined,
      stdin: () => undefined,
      pipes: () => [],
    },
    reaper,
  );
  const become = (next: typeof state) => {
    state = next;
    reaper.sweep();
  };
  return { child, events, become };
}

describe('A child whose exit is known', () => {
  it('is drained before it is reaped, and reaped before it has ended', () => {
    const { child, events, become } = lifeOf();
    expect(child.running).toBe(true);
    become('exited');
    expect(events).toEqual(['exited', 'reaped', 'exited']);
    expect(child.running).toBe(false);
    expect(child.signal(15)).toBe(false);
  });

  it("stays a zombie with leftovers: 'wait' until it is released", () => {
    const { child, events, become } = lifeOf('wait');
    become('exited');
    expect(events).toEqual(['exited']);
    child.release();
    child.release();
    expect(events).toEqual(['exited', 'reaped', 'exited']);
  });

  it('reports its exit once, however often it is looked for', () => {
    const { child, events, become } = lifeOf('wait');
    become('exited');
    expect(child.checkExit()).toBe(true);
    become('exited');
    expect(events).toEqual(['exited']);
    child.release();
  });
});

describe('A child that other code has reaped', () => {
  it("has ended, and gets no more signals, as its pid may be a stranger's", () => {
    const { child, events, become } = lifeOf();
    become('lost');
    expect(events).toEqual(['exited', 'reaped', 'lost']);
    expect(child.signal(15)).toBe(false);
    child.terminate({ signal: 15, grace: 0, ask: undefined });
    expect(events).toHaveLength(3);
  });
});
