import { describe, expect, it } from 'vitest';
import { RunError, run, start } from '../../src/index.js';
import { checkForLeaks, until } from '../helpers/leaks.js';
import { blockBeyondEnd, blockEventLoop } from '../helpers/programs.js';
import { sideBySide } from '../helpers/side-by-side.js';

checkForLeaks();

/** For children that only wait; what holds the event loop is tried alone. */
const together = sideBySide();

describe('A timeout', () => {
  together('ends the child, keeps its output, and says what happened', async () => {
    const error = await run('sh', ['-c', 'echo so far; sleep 60'], { timeout: '1500ms' }).catch((e) => e);
    expect(error).toBeInstanceOf(RunError);
    expect(error.message).toMatch(/timed out after .* \(timeout: 1.5 s\)/);
    expect(error.result).toMatchObject({ reason: 'timeout', ok: false, stdout: 'so far', signal: 'SIGTERM' });
    expect(error.result.durationMs).toBeGreaterThanOrEqual(1499);
    expect(error.result.durationMs).toBeLessThan(30_000);
  });

  together('stays a timeout when the child then exits with 0', async () => {
    const script = 'trap "exit 0" TERM; while :; do sleep 0.05; done';
    const result = await run('sh', ['-c', script], { timeout: 1000, check: false });
    expect(result).toMatchObject({ reason: 'timeout', exitCode: 0, ok: false });
  });

  together('of 0 ends the child at once', async () => {
    const result = await run('sleep', ['20'], { timeout: 0, check: false });
    expect(result.reason).toBe('timeout');
    expect(result.durationMs).toBeLessThan(4_900);
  });

  together.each([
    Number.POSITIVE_INFINITY,
    'Infinity',
    2 ** 31 - 1,
    2 ** 31,
    2 ** 53,
    Number.MAX_VALUE,
    '1h30m',
    '999999d',
  ])('of %s does not end the child at once', async (timeout) => {
    const result = await run('sleep', ['0.1'], { timeout, idleTimeout: timeout });
    expect(result).toMatchObject({ reason: 'exit', ok: true });
  });

  it('that fires after the child has exited is no timeout', async () => {
    const child = start('echo', ['in time'], { timeout: 200 });
    blockBeyondEnd(child.pid, 200);
    expect(await child.result).toMatchObject({ reason: 'exit', stdout: 'in time' });
  });

  it('that fires after the child has exited is no timeout for output on disk', async () => {
    const child = start('seq', ['1', '2000'], { timeout: 600, memory: 100, check: false });
    blockBeyondEnd(child.pid, 600);
    const result = await child.result;
    expect(result).toMatchObject({ reason: 'exit', exitCode: 0, ok: true });
    result[Symbol.dispose]();
  });

  it('that fires after the child has exited is no timeout for a child with leftovers', async () => {
    const child = start('sh', ['-c', 'sleep 20 & echo in time'], { timeout: 200, check: false });
    blockBeyondEnd(child.pid, 200);
    expect(await child.result).toMatchObject({ reason: 'exit', exitCode: 0, stdout: 'in time' });
  });
});

describe('An idle timeout', () => {
  together('ends a child that has gone silent', async () => {
    const options = { idleTimeout: 1500, check: false };
    const result = await run('sh', ['-c', 'echo last words; sleep 60'], options);
    expect(result).toMatchObject({ reason: 'idle', stdout: 'last words', ok: false });
    expect(result.durationMs).toBeGreaterThanOrEqual(1499);
    expect(result.durationMs).toBeLessThan(30_000);
  });

  together('spares a child that trickles on either stream', async () => {
    const script = 'for i in 1 2 3 4 5 6; do printf o; sleep 0.2; printf e >&2; sleep 0.2; done';
    const result = await run('sh', ['-c', script], { idleTimeout: 1500 });
    expect(result).toMatchObject({ stdout: 'oooooo', stderr: 'eeeeee', ok: true });
    expect(result.durationMs).toBeGreaterThan(1500);
  });

  together('does not count the time for which a slow function keeps the child waiting', async () => {
    let seen = 0;
    const slow = (chunk: Buffer) => {
      seen += chunk.length;
      return seen === chunk.length ? new Promise((resolve) => setTimeout(resolve, 1200)) : undefined;
    };
    const result = await run('head', ['-c', '400000', '/dev/zero'], { stdout: slow, idleTimeout: 300 });
    expect(result).toMatchObject({ reason: 'exit', ok: true });
    expect(seen).toBe(400_000);
  });

  together('does not count the time for which a stream is not read', async () => {
    const child = start('head', ['-c', '400000', '/dev/zero'], { stdout: 'stream', idleTimeout: 300 });
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect((await child.stdout.bytes()).length).toBe(400_000);
    expect(await child.result).toMatchObject({ reason: 'exit', ok: true });
  });

  it('does not count the time for which this program computes', async () => {
    const child = start('sh', ['-c', 'while echo; do sleep 0.05; done'], { idleTimeout: 400, check: false });
    const lines = child.stdout.lines();
    for (let i = 0; i < 3; i++) {
      await lines.next();
      blockEventLoop(800);
      for (let more = 0; more < 5; more++) await lines.next();
    }
    expect(child.running).toBe(true);
    child.kill();
    expect(await child.result).toMatchObject({ reason: 'signal' });
  });
});

describe('An abort', () => {
  it.each([
    ['right after the start', 'sleep 20', 0],
    ['in the middle of the output', 'echo ready; yes', 1],
    ['in silence', 'echo ready; sleep 20', 1],
  ])('%s ends the child, and RunError has its reason as the cause', async (_name, script, lines) => {
    const controller = new AbortController();
    const child = start('sh', ['-c', script], { signal: controller.signal, stdout: ['auto'] });
    const read = child.stdout.lines();
    for (let i = 0; i < lines; i++) expect((await read.next()).value).toBe('ready');
    const why = new Error('changed my mind');
    controller.abort(why);
    const error = await child.result.catch((e) => e);
    expect(error).toBeInstanceOf(RunError);
    // The loop over its output ends with the same error, after what was still on its way.
    const toTheEnd = async () => {
      while (!(await read.next()).done);
    };
    if (lines > 0) expect(await toTheEnd().catch((e) => e)).toBe(error);
    expect(error.cause).toBe(why);
    expect(error.message).toContain('changed my mind');
    expect(error.result).toMatchObject({ reason: 'abort', ok: false, signal: 'SIGTERM' });
  });

  it('ends a run whose child has exited and whose output waits for a stuck function', async () => {
    const controller = new AbortController();
    let called = false;
    const stuck = () => {
      called = true;
      return new Promise(() => {});
    };
    const child = start('echo', ['x'], { signal: controller.signal, stdout: stuck, check: false });
    await until(() => called && !child.running);
    controller.abort();
    expect(await child.result).toMatchObject({ reason: 'abort', exitCode: 0 });
  });

  it('after the end changes nothing', async () => {
    const controller = new AbortController();
    const child = start('echo', ['x'], { signal: controller.signal });
    const result = await child.result;
    controller.abort();
    expect(await child.result).toBe(result);
    expect(result).toMatchObject({ reason: 'exit', ok: true });
  });

  it('leaves no listener on its signal', async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    await run('true', { signal });
    await run('false', { signal, check: false });
    await run('/no/such/program', { signal }).catch(() => {});
    expect(listeners).toBe(0);
  });
});

describe('The first cause wins:', () => {
  together('a timeout that is followed by an abort stays a timeout', async () => {
    const controller = new AbortController();
    const script = 'trap "echo asked" TERM; while :; do sleep 0.05; done';
    const options = { timeout: 500, terminate: { grace: 600 }, signal: controller.signal, check: false };
    const child = start('sh', ['-c', script], options);
    expect((await child.stdout.lines().next()).value).toBe('asked');
    controller.abort();
    expect(await child.result).toMatchObject({ reason: 'timeout', signal: 'SIGKILL' });
  });

  together('terminate() that takes longer than the timeout stays a termination', async () => {
    const child = start('sh', ['-c', "trap '' TERM; echo ready; sleep 20"], {
      timeout: 1500,
      check: false,
    });
    await child.stdout.lines().next();
    await child.terminate({ grace: 2000 });
    expect(await child.result).toMatchObject({ reason: 'signal', signal: 'SIGKILL' });
  });
});
