/** The next attempt begins when nothing of the last one can run any more. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { thisPlace, viewOf } from '../../src/attempt/index.js';
import { attempt, type Fence } from '../../src/attempt.js';
import { isAlive, until } from '../helpers/processes.js';

const id = 'job-3';

/** What a program has left that died with its guard: a fence, and the processes behind it. */
async function deadAttempt(): Promise<{ fence: Fence; pids: number[] }> {
  const script = `
    import { start } from 'spillway';
    const tree =
      'setsid sh -c "trap \\\\"\\\\" TERM; echo \\\\$\\\\$; while :; do sleep 0.1; done" & exec sleep 300';
    const child = start('sh', ['-c', tree], { guard: false, env: { SPILLWAY_ATTEMPT: '${id}.1' } });
    const { value } = await child.stdout.lines().next();
    console.log(JSON.stringify({ mark: child.mark, pids: [child.pid, Number(value)] }));
    setInterval(() => {}, 1000);
  `;
  const node = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(node.stdout, 'data')) as [Buffer];
  const { mark, pids } = JSON.parse(line.toString()) as { mark: string; pids: number[] };
  node.kill('SIGKILL');
  await once(node, 'exit');
  const fence = {
    id,
    number: 1,
    place: thisPlace(),
    pid: pids[0] as number,
    startTime: '1',
    mark,
    leaseMs: 60_000,
  };
  return { fence: { ...fence, graceMs: 500 }, pids };
}

const elsewhere = { host: 'another', bootId: 'another', pidNamespace: 'another' };

function fenceIn(place: Fence['place'], leaseMs: number | undefined): Fence {
  return { id, number: 1, place, pid: 1, startTime: '1', mark: '1-0.1;', leaseMs, graceMs: 200 };
}

describe.concurrent('viewOf()', () => {
  const machine = { host: 'nas 3d12', bootId: 'one', pidNamespace: 'pid:[4026531836]' };
  const container = { ...machine, pidNamespace: 'pid:[4026532100]' };

  it.each([
    ['the same place', machine, machine, 'visible'],
    ['the same container', container, container, 'visible'],
    ['another container of this machine', machine, container, 'out of sight'],
    ['this machine before its last boot', machine, { ...machine, bootId: 'two' }, 'rebooted'],
    ['another machine', machine, { ...machine, host: 'nas 77', bootId: 'two' }, 'out of sight'],
    // It may have come from another machine, with its name and its files.
    ['a container of this name', container, { ...container, bootId: 'two' }, 'out of sight'],
    // Another machine may have its name.
    [
      'a machine without an id',
      { ...machine, host: 'nas' },
      { ...machine, host: 'nas', bootId: 'two' },
      'out of sight',
    ],
    [
      'a machine that does not tell its boot',
      { ...machine, bootId: '' },
      { ...machine, bootId: '' },
      'out of sight',
    ],
  ])('says of %s what can be known', (_, there, here, view) => {
    expect(viewOf(there, here)).toBe(view);
  });
});

describe.concurrent('An attempt after one whose worker has died', () => {
  it('ends what is left of it before its own fence is committed', async () => {
    const { fence: previous, pids } = await deadAttempt();
    expect(pids.every(isAlive)).toBe(true);
    let alive: number[] | undefined;
    const fence = () => {
      alive = pids.filter(isAlive);
    };
    expect(await attempt(['true'], { id, number: 2, previous, fence })).toMatchObject({ ok: true });
    expect(alive).toEqual([]);
    await until(() => !pids.some(isAlive));
  });

  // A container cannot know.
  const yesterday = { ...thisPlace(), bootId: 'of yesterday' };
  it.skipIf(viewOf(yesterday, thisPlace()) !== 'rebooted')(
    'on a machine that has been started anew begins at once',
    async () => {
      const previous = fenceIn(yesterday, 3_600_000);
      expect(await attempt(['true'], { id, number: 2, previous })).toMatchObject({ ok: true });
    },
  );

  it.each([
    ['another machine', elsewhere],
    ['another container', { ...thisPlace(), pidNamespace: 'pid:[1]' }],
    ['a machine that does not tell its boot', { ...thisPlace(), bootId: '' }],
  ])('on %s waits for its lease, its grace period and a margin', async (_, place) => {
    const before = performance.now();
    const outcome = await attempt(['true'], { id, number: 2, previous: fenceIn(place, 1000) });
    expect(outcome.ok).toBe(true);
    expect(performance.now() - before).toBeGreaterThan(2600);
  });

  it('on another machine, whose lease is known to be over, waits for the rest', async () => {
    const previous = fenceIn(elsewhere, 3_600_000);
    const before = performance.now();
    expect(await attempt(['true'], { id, number: 2, previous, msSinceLeaseOver: 1200 })).toMatchObject({
      ok: true,
    });
    expect(performance.now() - before).toBeGreaterThan(450);
  });

  it('on another machine without a lease does not begin', async () => {
    const outcome = await attempt(['true'], { id, number: 2, previous: fenceIn(elsewhere, undefined) });
    expect(outcome).toMatchObject({ reason: 'not-started', decidedBy: 'system' });
    expect(outcome.message).toMatch(/attempt 1 of job-3 may still run: it ran in another place \(another\)/);
  });

  it('is aborted while it waits', async () => {
    const previous = fenceIn(elsewhere, 3_600_000);
    const outcome = await attempt(['true'], { id, number: 2, previous, signal: AbortSignal.timeout(200) });
    expect(outcome).toMatchObject({ reason: 'abort', decidedBy: 'caller' });
  });
});
