/** Jobs as programs use them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Jobs, openJobs } from '../../src/index.js';
import { describePlace } from '../helpers/places.js';
import { failure, fence, outcome, runNext, take, workerSpec } from '../helpers/stores.js';

describePlace('jobs', (place) => {
  let jobs: Jobs;
  beforeEach(async () => {
    jobs = await openJobs(place.options);
  });
  afterEach(() => jobs[Symbol.asyncDispose]());

  it('are added, found, and done when a worker has ended them', async () => {
    const job = await jobs.add(['make', 'check'], { group: 'default', unique: 'check' });
    expect(job.isNew).toBe(true);
    const same = await jobs.add(['make'], { unique: 'check' });
    expect([same.id, same.isNew]).toEqual([job.id, false]);
    const done = job.done();
    const worker = await place.store.enrol(workerSpec());
    await runNext(place.store, worker, job.id);
    expect(await done).toMatchObject({ id: job.id, state: 'succeeded', outcome: outcome() });
    expect((await jobs.get(job.id))?.id).toBe(job.id);
    expect(await jobs.get(job.id + 1)).toBeUndefined();
    expect((await jobs.list({ states: ['succeeded'] })).map(({ argv }) => argv)).toEqual([['make', 'check']]);
    expect(await jobs.clean(0)).toBe(1);
    await expect(job.info()).rejects.toMatchObject({ code: 'ERR_JOBS_UNKNOWN_JOB' });
  });

  it('are added all or none', async () => {
    await expect(jobs.addAll([{ argv: ['a'] }, { argv: [''] }])).rejects.toThrow(/argv/);
    await expect(jobs.addAll([{ argv: ['a'] }, { argv: ['b'], after: [77] }])).rejects.toThrow(/no job 77/);
    expect(await jobs.list()).toEqual([]);
    expect(
      (await jobs.addAll([{ argv: ['a'] }, { argv: ['b'], group: 'x' }])).map(({ id }) => id),
    ).toHaveLength(2);
  });

  it('say when they were not done in time, and can be given up waiting for', async () => {
    const job = await jobs.add(['true']);
    await expect(job.done({ timeout: 20 })).rejects.toMatchObject({
      code: 'ERR_JOBS_NOT_FINISHED',
      message: expect.stringMatching(/job \d+ is still queued \(no worker takes group default\)/),
    });
    await expect(job.done({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    await expect(job.done({ timeout: 'x' })).rejects.toThrow(/timeout is 'x'/);
  });

  it('refuse options of calls in the same words', async () => {
    await expect(jobs.list({ states: ['done' as never] })).rejects.toThrow(/states\[0\] is 'done'.*'queued'/);
    await expect(jobs.list({ limit: 0 })).rejects.toThrow(/limit is 0/);
    await expect(jobs.get(1.5)).rejects.toThrow(/id is 1\.5/);
    await expect(jobs.clean('old')).rejects.toThrow(/olderThan is 'old'/);
    await expect(jobs.setGroupLimit('a b', 1)).rejects.toThrow(/group is 'a b'/);
    await expect(jobs.setGroupLimit('a', -1)).rejects.toThrow(/slots is -1/);
    await expect(openJobs({ urll: 'x' } as never)).rejects.toThrow(/unknown name 'urll'/);
    const job = await jobs.add(['x']);
    expect(() => job.log({ attempt: 0 })).toThrow(/attempt is 0/);
    await expect(jobs.addSchedule('* * * * *', ['x'], { in: 5 } as never)).rejects.toThrow(/in cannot be/);
  });

  it('are told to a watcher when they change', async () => {
    const seen: string[] = [];
    const watcher = jobs.watch();
    const job = await jobs.add(['true']);
    const worker = await place.store.enrol(workerSpec());
    for await (const { id, state } of watcher) {
      expect(id).toBe(job.id);
      seen.push(state);
      if (state === 'queued') await take(place.store, worker);
      if (state === 'running') await place.store.settle(worker, [{ job: id, number: 1, outcome: outcome() }]);
      if (state === 'succeeded') break;
    }
    expect(seen).toEqual(['queued', 'running', 'succeeded']);
    const abort = new AbortController();
    const none = jobs.watch({ signal: abort.signal })[Symbol.asyncIterator]().next();
    abort.abort();
    expect((await none).done).toBe(true);
  });

  it('have logs that are followed through all attempts to the end', async () => {
    const job = await jobs.add(['x'], { retries: 1, backoff: 0 });
    const worker = await place.store.enrol(workerSpec());
    const text: string[] = [];
    const following = (async () => {
      for await (const { attempt, seq, bytes } of job.log({ follow: true }))
        text.push(`${attempt}.${seq} ${bytes}`);
    })();
    for (const number of [1, 2]) {
      await take(place.store, worker);
      for (const seq of [0, 1])
        await place.store.appendLog(worker, [
          { job: job.id, number, seq, at: new Date(), stream: 'stdout', bytes: Buffer.from('x'), gap: 0 },
        ]);
      await expect.poll(() => text.length).toBe(number * 2);
      await place.store.settle(worker, [
        { job: job.id, number, outcome: number === 1 ? failure() : outcome() },
      ]);
    }
    await following;
    expect(text).toEqual(['1.0 x', '1.1 x', '2.0 x', '2.1 x']);
    const read = async (options: Parameters<typeof job.log>[0]) => {
      const pieces: string[] = [];
      for await (const { attempt, seq } of job.log(options)) pieces.push(`${attempt}.${seq}`);
      return pieces;
    };
    expect(await read({})).toEqual(['2.0', '2.1']);
    expect(await read({ attempt: 1, since: 0, follow: true })).toEqual(['1.1']);
  });

  it('say that they are being stopped, and by which worker', async () => {
    const job = await jobs.add(['sleep', '9']);
    const worker = await place.store.enrol(workerSpec());
    await take(place.store, worker);
    await job.stop();
    expect(await job.why()).toMatch(
      /for [^:]*: is being stopped by worker here-1; attempt 1 of 1, by worker here-1; its program has not/,
    );
  });

  it('say why they are as they are', async () => {
    const first = await jobs.add(['sleep', '9'], { retries: 1 });
    expect(await first.why()).toMatch(/^job \d+ has been queued for .*: no worker takes group default$/);
    const second = await jobs.add(['x'], { afterOk: [first.id] });
    expect(await second.why()).toMatch(new RegExp(`has been waiting for .*: waits for ${first.id}$`));
    const worker = await place.store.enrol(workerSpec());
    await take(place.store, worker);
    expect(await first.why()).toMatch(/attempt 1 of 2, by worker here-1; its program has not begun yet$/);

    const child = spawn('sleep', ['100'], { stdio: 'ignore' });
    const ended = once(child, 'exit');
    try {
      const stat = readFileSync(`/proc/${child.pid}/stat`, 'latin1');
      const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] as string;
      const here = { ...fence(first.id, 1), pid: child.pid as number, startTime };
      await place.store.commit(worker, [here]);
      expect(await first.why()).toMatch(new RegExp(`process ${child.pid}\\n[^]*sleep`));
      const piece = { job: first.id, number: 1, seq: 0, at: new Date(), stream: 'stdout', gap: 0 } as const;
      await place.store.appendLog(worker, [{ ...piece, bytes: Buffer.from('41 %  118 MB/s\n') }]);
      expect(await first.why()).toMatch(/by worker here-1 on \S+, 41 %, 118 MB\/s, process \d+\n/);
      // Elsewhere its processes cannot be seen; and another process may have got the number.
      await place.store.commit(worker, [
        { ...here, place: { ...here.place, bootId: 'b', host: 'far away' } },
      ]);
      expect(await first.why()).toMatch(
        / on far, 41 %, 118 MB\/s, process \d+; what that waits for can be seen there/,
      );
      await place.store.commit(worker, [{ ...here, startTime: '1' }]);
      expect(await first.why()).toMatch(/its first process has ended$/);
    } finally {
      child.kill('SIGKILL');
      await ended;
    }

    const end = failure({
      reason: 'timeout',
      message: 'timed out after 30 min',
      diagnosis: 'gen.py could not write: pipe full',
      leftovers: [{ pid: 9, command: 'bad\u001b', action: 'killed' }],
    });
    await place.store.settle(worker, [{ job: first.id, number: 1, outcome: end }]);
    expect(await first.why()).toMatch(
      /^job \d+ has been queued for .*: not before .*\nattempt 1 of 2: timed out/,
    );
    await first.stop();
    expect((await first.why()).split('\n')).toEqual([
      expect.stringMatching(/^job \d+ was stopped .* ago: stopped before its next attempt$/),
      'timed out after 30 min',
      'left behind: bad\\x1b [9], killed',
      'gen.py could not write: pipe full',
    ]);
  });

  it('have schedules', async () => {
    const id = await jobs.addSchedule('0 3 * * *', ['backup'], { timeZone: 'Europe/Berlin', group: 'net' });
    const [schedule] = await jobs.schedules();
    expect(schedule).toMatchObject({ id, cron: '0 3 * * *', timeZone: 'Europe/Berlin', argv: ['backup'] });
    expect(schedule?.next.getTime()).toBeGreaterThan(Date.now());
    expect(await jobs.removeSchedule(id)).toBe(true);
  });

  it('are refused when they have been closed', async () => {
    const other = await openJobs(place.options);
    const underWay = Promise.allSettled(Array.from({ length: 9 }, () => other.add(['true'])));
    await other[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
    // What was under way came to its end, or was refused, at once.
    for (const one of await underWay)
      if (one.status === 'rejected') expect(one.reason.code).toBe('ERR_JOBS_CLOSED');
    await expect(other.list()).rejects.toMatchObject({ code: 'ERR_JOBS_CLOSED' });
  });
});
