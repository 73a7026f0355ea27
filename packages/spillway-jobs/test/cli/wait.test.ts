/** `spillway job wait`. */
import { describe, expect, it } from 'vitest';
import { statusOfEnd } from '../../src/cli/job/wait.js';
import { begin, FakeQueue, job, outcome, spillway, until } from './fake.js';

const failed = { state: 'failed', attempt: 1, outcome: outcome() } as const;

describe('spillway job wait', () => {
  it('is silent and exits with 0 when the job succeeds', async () => {
    const queue = new FakeQueue(job(17, { state: 'running' }));
    const waiting = begin(['job', 'wait', '17'], queue);
    queue.end(17, { state: 'succeeded', outcome: outcome({ ok: true, exitCode: 0 }) });
    expect(await waiting.done).toEqual({ status: 0, out: '', err: '' });
    expect(queue.isClosed).toBe(true);
  });

  it.each([
    ['failed', outcome({ exitCode: 3 }), 3],
    ['failed', outcome({ reason: 'signal', exitCode: undefined, signal: 'SIGSEGV' }), 139],
    ['failed', outcome({ reason: 'timeout', exitCode: undefined, signal: 'SIGTERM' }), 124],
    ['failed', outcome({ reason: 'not-started', exitCode: undefined }), 127],
    ['failed', outcome({ reason: 'limit', exitCode: 0 }), 1],
    ['stopped', outcome({ reason: 'abort', exitCode: undefined, signal: 'SIGTERM' }), 143],
    ['stopped', outcome({ reason: 'abort', exitCode: 0 }), 143],
    ['stopped', undefined, 143],
    ['stopped', outcome({ exitCode: 3 }), 143],
    ['skipped', undefined, 75],
    ['lost', outcome({ reason: 'lost', exitCode: undefined }), 75],
    ['succeeded', outcome({ ok: true, exitCode: 0 }), 0],
  ] as const)('exits for one that has %s, %o, with %i', (state, result, status) => {
    expect(statusOfEnd(job(1, { state, outcome: result }))).toBe(status);
  });

  it('says how it ended when it did not succeed', async () => {
    expect(await spillway(['job', 'wait', '16'], new FakeQueue(job(16, failed)))).toEqual({
      status: 2,
      out: '',
      err: 'spillway: job wait: job 16 has failed: make check: exited with code 2\n',
    });
  });

  it('exits as the first of several that did not succeed, when all have ended', async () => {
    const queue = new FakeQueue(job(1, { state: 'running' }), job(2, failed), job(3, { state: 'skipped' }));
    const waiting = begin(['job', 'wait', '1', '3', '2', '2'], queue);
    await until(() => waiting.written.err.includes('job 2'));
    queue.end(1, { state: 'succeeded' });
    const { status, err } = await waiting.done;
    expect(status).toBe(75);
    expect(err.split('\n').length).toBe(3);
  });

  it('exits with 75 when the time is up first', async () => {
    const queue = new FakeQueue(job(17, { state: 'running' }));
    expect(await spillway(['job', 'wait', '--timeout', '20ms', '17'], queue)).toEqual({
      status: 75,
      out: '',
      err: 'spillway: job wait: job 17 is running, and did not end within 20ms\n',
    });
    expect(queue.isClosed).toBe(true);
  });

  it('exits with 2 at once when one does not exist', async () => {
    const queue = new FakeQueue(job(17, { state: 'running' }));
    const { status, err } = await spillway(['job', 'wait', '17', '99'], queue);
    expect({ status, err }).toEqual({ status: 2, err: 'spillway: job wait: there is no job 99\n' });
  });

  it('prints a line of JSON for each', async () => {
    const { out } = await spillway(
      ['job', 'wait', '--json', '16', '15'],
      new FakeQueue(job(16, failed), job(15, failed)),
    );
    const lines = out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).id).sort()).toEqual([15, 16]);
  });

  it('ends at a signal in order, and at a second one at once', async () => {
    const queue = new FakeQueue(job(17, { state: 'running' }));
    let isClosing = false;
    queue[Symbol.asyncDispose] = () => {
      isClosing = true;
      return new Promise(() => {});
    };
    const waiting = begin(['job', 'wait', '17'], { openQueue: async () => queue });
    await until(() => waiting.written.err === '' && queue.jobs.size === 1);
    await new Promise((resolve) => setImmediate(resolve));
    waiting.signal('SIGTERM');
    await until(() => isClosing);
    waiting.signal('SIGTERM');
    expect(waiting.endedWith).toBe(143);
    expect((await waiting.done).status).toBe(143);
  });
});
