/** One attempt: its fence, its end, its outcome. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Lease, OptionError } from 'spillway';
import { describe, expect, it } from 'vitest';
import { startTimeOf, thisPlace } from '../../src/attempt/index.js';
import { attempt, exitStatusOf, type Fence } from '../../src/attempt.js';
import { environmentOf, isAlive, until } from '../helpers/processes.js';
import { scratch } from '../helpers/scratch.js';

const sh = (script: string) => ['sh', '-c', script];
const id = 'job-17';

/** Collects output. */
function collector() {
  const texts = { stdout: '', stderr: '' };
  const output = (bytes: Buffer, stream: 'stdout' | 'stderr') => {
    texts[stream] += bytes.toString();
  };
  return { texts, output };
}

describe.concurrent('The outcome', () => {
  it('is that of the command', async () => {
    const { texts, output } = collector();
    const outcome = await attempt(sh('echo out; echo err >&2; exit 3'), { id, output });
    expect(outcome).toMatchObject({
      ok: false,
      reason: 'exit',
      exitCode: 3,
      decidedBy: 'command',
      message: expect.stringMatching(/^exited with code 3 after /),
      output: { bytes: 8, dropped: 0 },
    });
    expect(texts).toEqual({ stdout: 'out\n', stderr: 'err\n' });
    expect(exitStatusOf(outcome)).toBe(3);
    expect(JSON.parse(JSON.stringify(outcome))).toEqual(JSON.parse(JSON.stringify({ ...outcome })));
  });

  it('of one that does well is ok, with its times', async () => {
    const outcome = await attempt(['sleep', '0.3'], { id });
    expect(outcome).toMatchObject({ ok: true, reason: 'exit', exitCode: 0, leftovers: [] });
    expect(outcome.durationMs).toBeGreaterThan(290);
    expect(outcome.cpuMs?.user).toBeGreaterThanOrEqual(0);
    expect(exitStatusOf(outcome)).toBe(0);
  });

  it('tells the memory of a process that was looked at', async () => {
    const outcome = await attempt(
      ['python3', '-c', 'x = bytearray(200_000_000); import time; time.sleep(1.5)'],
      {
        id,
      },
    );
    expect(outcome.peakMemory).toBeGreaterThan(190e6);
    expect(outcome.peakMemory).toBeLessThan(400e6);
  });

  it.each([
    ['a signal', sh('kill -KILL $$'), {}, { reason: 'signal', signal: 'SIGKILL', decidedBy: 'system' }, 137],
    ['its time', ['sleep', '60'], { timeout: 300 }, { reason: 'timeout', decidedBy: 'limit' }, 124],
    ['silence', sh('echo; sleep 60'), { idleTimeout: 500 }, { reason: 'idle', decidedBy: 'limit' }, 124],
    [
      'a limit',
      sh('while :; do :; done'),
      { limits: { cpuSeconds: 1 } },
      { reason: 'limit', signal: 'SIGXCPU', decidedBy: 'limit' },
      152,
    ],
  ])('tells of an end by %s', async (_, argv, options, expected, status) => {
    const outcome = await attempt(argv, { id, ...options });
    expect(outcome).toMatchObject({ ok: false, ...expected });
    expect(exitStatusOf(outcome)).toBe(status);
  });

  it('of a timeout says what it was waiting for', async () => {
    const outcome = await attempt(sh('mkfifo f; cat f'), { id, timeout: 1000, cwd: scratch() });
    expect(outcome.reason).toBe('timeout');
    expect(outcome.diagnosis).toMatch(/cat/);
  });

  it('of an abort tells the caller', async () => {
    const controller = new AbortController();
    const running = attempt(sh('trap "" TERM; sleep 60'), {
      id,
      signal: controller.signal,
      terminate: { grace: 200 },
      fence: () => void setTimeout(() => controller.abort(), 300),
    });
    expect(await running).toMatchObject({ reason: 'abort', decidedBy: 'caller', ok: false });
  });

  it('names what it had left behind, and leaves nothing', async () => {
    const { texts, output } = collector();
    const outcome = await attempt(sh('setsid sleep 300 & echo $!'), { id, output });
    expect(outcome).toMatchObject({ ok: true, leftovers: [{ action: 'killed' }] });
    expect(isAlive(Number(texts.stdout))).toBe(false);
  });

  it.each([
    ['a program that is missing', ['no-such-program-here'], {}, /no program of this name in PATH/],
    ['a path that is missing', ['/nonexistent/x'], {}, /\/nonexistent\/x does not exist/],
    ['a directory that is missing', ['true'], { cwd: '/nonexistent' }, /\/nonexistent/],
  ])('of %s says so, and that it was not started', async (_, argv, options, message) => {
    const outcome = await attempt(argv, { id, ...options });
    expect(outcome).toMatchObject({ ok: false, reason: 'not-started', decidedBy: 'system' });
    expect(outcome.message).toMatch(message);
    expect(exitStatusOf(outcome)).toBe(127);
  });
});

describe.concurrent('The command', () => {
  it('has the attempt in its environment, and its input', async () => {
    const { texts, output } = collector();
    await attempt(sh('echo $SPILLWAY_ATTEMPT $X; cat'), {
      id,
      number: 4,
      env: { X: 'y' },
      input: 'a\nb',
      output,
    });
    expect(texts.stdout).toBe('job-17.4 y\na\nb');
  });

  it('reads nothing without input', async () => {
    const { texts, output } = collector();
    await attempt(sh('cat; readlink /proc/self/fd/0'), { id, output });
    expect(texts.stdout).toBe('/dev/null\n');
  });

  it('gets each word as it is', async () => {
    const words = ['', ' ', "'", '"', '$HOME', '-n', '--', 'ü\n', '*', '\\'];
    const { texts, output } = collector();
    await attempt(['printf', '%s\\0', ...words], { id, output });
    expect(texts.stdout.split('\0').slice(0, -1)).toEqual(words);
  });

  it('has only the variables that it is given, if so wanted', async () => {
    const { texts, output } = collector();
    await attempt(['/usr/bin/env'], { id, env: { ONLY: '1' }, inheritEnv: false, output });
    const names = texts.stdout.split('\n').map((line) => line.split('=')[0]);
    expect(names.filter((name) => name && !['PWD', 'OLDPWD', '_', 'SHLVL'].includes(name)).sort()).toEqual([
      'ONLY',
      'SPILLWAY_ATTEMPT',
      'SPILLWAY_RUN',
    ]);
  });
});

describe.concurrent('The fence', () => {
  it('is committed before the program runs, and names its process', async () => {
    const mark = join(scratch(), 'ran');
    let seen: (Fence & { ran: boolean; environment: string }) | undefined;
    const fence = async (given: Fence) => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      seen = { ...given, ran: existsSync(mark), environment: environmentOf(given.pid) };
      expect(startTimeOf(given.pid)).toBe(given.startTime);
    };
    const outcome = await attempt(sh(`echo $$ > ${mark}`), { id, number: 2, fence, lease: new Lease('30s') });
    expect(outcome.ok).toBe(true);
    expect(seen).toMatchObject({
      id,
      number: 2,
      ran: false,
      leaseMs: 30_000,
      graceMs: 5000,
      place: thisPlace(),
    });
    expect(seen?.environment).toContain(`SPILLWAY_RUN=`);
    expect(seen?.environment).toContain(seen?.mark);
    expect(Number(readFileSync(mark, 'utf8'))).toBe(seen?.pid);
  });

  it.each([
    [
      'rejects',
      () => Promise.reject(new Error('the database is away')),
      /not committed: the database is away/,
    ],
    ['gives false', () => false, /another attempt holds the job/],
    [
      'throws',
      () => {
        throw new Error('no');
      },
      /not committed: no/,
    ],
  ])('that %s keeps the program from running', async (_, fence, message) => {
    const mark = join(scratch(), 'ran');
    const outcome = await attempt(sh(`touch ${mark}`), { id, fence });
    expect(outcome).toMatchObject({ reason: 'not-started', decidedBy: 'caller' });
    expect(outcome.message).toMatch(message);
    expect(existsSync(mark)).toBe(false);
  });

  it('that is pending does not hold up an abort', async () => {
    const mark = join(scratch(), 'ran');
    const options = { id, fence: () => new Promise(() => {}), signal: AbortSignal.timeout(300) };
    expect(await attempt(sh(`touch ${mark}`), options)).toMatchObject({ reason: 'abort' });
    expect(existsSync(mark)).toBe(false);
  });

  it('is not asked for when the attempt was aborted before', async () => {
    let isAsked = false;
    const fence = () => {
      isAsked = true;
    };
    const outcome = await attempt(['true'], { id, fence, signal: AbortSignal.abort() });
    expect(outcome).toMatchObject({ reason: 'abort', decidedBy: 'caller' });
    expect(isAsked).toBe(false);
  });
});

describe.concurrent('A lease that runs out', () => {
  it('ends the attempt, which is lost', async () => {
    const outcome = await attempt(sh('trap "" TERM; while :; do sleep 0.1; done'), {
      id,
      lease: new Lease('1s'),
      terminate: { grace: 300 },
    });
    expect(outcome).toMatchObject({ ok: false, reason: 'lost', decidedBy: 'lease' });
    expect(exitStatusOf(outcome)).toBe(75);
  });

  it('before the fence is committed keeps the program from running', async () => {
    const mark = join(scratch(), 'ran');
    const lease = new Lease(500);
    const fence = () => until(() => lease.isOver);
    const outcome = await attempt(sh(`touch ${mark}`), { id, fence, lease });
    expect(outcome).toMatchObject({ reason: 'not-started', decidedBy: 'lease' });
    expect(existsSync(mark)).toBe(false);
  });
});

describe.concurrent('Output in a file', () => {
  it('is appended', async () => {
    const path = join(scratch(), 'log');
    writeFileSync(path, 'before\n');
    const outcome = await attempt(sh('echo out; echo err >&2'), { id, output: path });
    expect(outcome.output).toEqual({ bytes: 8, dropped: 0 });
    expect(readFileSync(path, 'utf8').split('\n').sort()).toEqual(['', 'before', 'err', 'out']);
  });

  it('has the first 1 MiB and the last 15 MiB of much, and the gap', async () => {
    const path = join(scratch(), 'log');
    writeFileSync(path, 'before\n');
    const bytes = 100 * 2 ** 20;
    const outcome = await attempt(sh(`yes 0123456 | head -c ${bytes - 8}; echo the end`), {
      id,
      output: path,
    });
    const text = readFileSync(path, 'latin1');
    expect(text.length).toBe(7 + 16 * 2 ** 20);
    expect(text.startsWith('before\n0123456\n')).toBe(true);
    expect(text.endsWith('0123456\nthe end\n')).toBe(true);
    expect(outcome.output.bytes).toBe(bytes);
    const gap = /\n\S+ (\d+) bytes of output are left out here \S+\n/.exec(text);
    expect(Number(gap?.[1])).toBe(outcome.output.dropped);
    expect(outcome.output.dropped).toBe(
      bytes - 16 * 2 ** 20 + Buffer.byteLength(gap?.[0] as string, 'latin1'),
    );
  });

  it('that cannot be opened is an error of the call', async () => {
    await expect(attempt(['true'], { id, output: '/nonexistent/log' })).rejects.toThrow(/ENOENT/);
  });
});

describe.concurrent('A mistake in the call', () => {
  it.each([
    [[], { id }, 'argv'],
    [[''], { id }, 'argv'],
    [['a', 5], { id }, 'argv'],
    ['true', { id }, 'argv'],
    [['true'], {}, 'id'],
    [['true'], { id: '' }, 'id'],
    [['true'], { id: 'a;b' }, 'id'],
    [['true'], { id: 'a b' }, 'id'],
    [['true'], { id, number: 0 }, 'number'],
    [['true'], { id, number: 1.5 }, 'number'],
    [['true'], { id, timeout: 'soon' }, 'timeout'],
    [['true'], { id, idleTimeout: -1 }, 'idleTimeout'],
    [['true'], { id, terminate: { grace: 'x' } }, 'terminate.grace'],
    [['true'], { id, fence: 5 }, 'fence'],
    [['true'], { id, output: 5 }, 'output'],
    [['true'], { id, tiemout: 5 }, 'options'],
    [['true'], { id, lease: {} }, 'lease'],
    [['true'], { id, lease: new Lease('1m'), terminate: { grace: 'Infinity' } }, 'terminate.grace'],
  ])('%j with %j is an OptionError of %s', async (argv, options, option) => {
    const error = await attempt(argv as never, options as never).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(OptionError);
    expect(error).toMatchObject({ option });
  });
});
