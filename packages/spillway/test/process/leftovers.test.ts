import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { pipeline, run, runSync, start } from '../../src/index.js';
import { backend } from '../helpers/backend.js';
import { checkForLeaks, isAlive, scratchDirectory, until } from '../helpers/leaks.js';
import { childProgram } from '../helpers/programs.js';
import { sideBySide } from '../helpers/side-by-side.js';

checkForLeaks();

const it = sideBySide(8);

/** Its children that have reached their own program. */
function children(pid: number): number[] {
  const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return pids.map(Number).filter((one) => readFileSync(`/proc/${one}/comm`, 'utf8') === 'sleep\n');
}

async function end(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  await until(() => !isAlive(pid));
}

describe("leftovers: 'kill'", () => {
  it('leaves nothing of the process group when the result is there', async () => {
    const { stdout } = await run('sh', [
      '-c',
      'for i in 1 2 3 4 5; do sleep 20 >/dev/null 2>&1 & echo $!; done',
    ]);
    expect(stdout.split('\n').map((pid) => isAlive(Number(pid)))).toEqual(Array(5).fill(false));
  });

  it('ends a leftover that ignores SIGTERM', async () => {
    const { stdout, durationMs } = await run('sh', ['-c', "trap '' TERM; sleep 20 & echo $!"]);
    expect(isAlive(Number(stdout))).toBe(false);
    expect(durationMs).toBeLessThan(5_000);
  });
});

it('A leftover that SIGKILL ended along with the leader is reported as killed', async () => {
  const script = "trap '' TERM; sleep 20 & sleep 20; sleep 20";
  const options = { timeout: 300, terminate: { grace: 200 }, check: false } as const;
  const { leftovers, signal } = await run('sh', ['-c', script], options);
  expect(signal).toBe('SIGKILL');
  expect(leftovers.length).toBeGreaterThan(0);
  for (const one of leftovers)
    expect(one).toMatchObject({
      command: expect.stringContaining('sleep 20'),
      leftGroup: false,
      action: 'killed',
    });
});

/**
 * Leaves a process behind that needs a moment to end in an orderly way, as a database does: it writes to its
 * stdout first, then to the file $0. With `setsid`, it is a daemon.
 */
function leavingOrderly(end: string, how = '', fifo = join(scratchDirectory(), 'fifo')): string[] {
  const orderly =
    'trap \'sleep 0.1; echo late; echo orderly >"$0"; exit\' TERM; echo $$ >"$1"; ' +
    'while :; do sleep 0.02; done';
  const script = `mkfifo "$1"; ${how} sh -c "$2" "$0" "$1" & read -r pid <"$1"; rm "$1"; echo $pid; ${end}`;
  return ['-c', script, join(scratchDirectory(), 'orderly'), fifo, orderly];
}

/** By node:child_process, what it writes at its end may be read as well. */
const firstPid = ({ stdout }: { readonly stdout: string }) => Number.parseInt(stdout, 10);

const isOrderly = () => readFileSync(join(scratchDirectory(), 'orderly'), 'utf8') === 'orderly\n';

describe('What is left after an exit', () => {
  it.each([
    ['an exit in its group', 'exit 0', '', 'kill'],
    ['a crash in its group', 'kill -SEGV $$', '', 'kill'],
    ['a crash as a daemon', 'kill -SEGV $$', 'setsid', 'kill'],
    ["an exit as a daemon, with 'kill-all'", 'exit 0', 'setsid', 'kill-all'],
  ] as const)(
    'after %s gets SIGTERM first, and the time to end by itself',
    async (_, end, how, leftovers) => {
      const options = { leftovers, check: false, terminate: { leftoversGrace: '20s' } } as const;
      const result = await run('sh', leavingOrderly(end, how), options);
      expect(result.leftovers).toContainEqual(
        expect.objectContaining({ pid: firstPid(result), action: 'killed', signal: 'SIGTERM' }),
      );
      expect(isAlive(Number(result.stdout))).toBe(false);
      expect(isOrderly()).toBe(true);
      expect(result.durationMs).toBeLessThan(20_000);
    },
  );

  it('gets SIGKILL after the grace period, by default 500 ms, and the report says so', async () => {
    const stubborn = ['-c', "trap '' TERM; sleep 20 & echo $!"];
    for (const [terminate, least] of [
      [undefined, 500],
      [{ grace: 300 }, 300],
      [{ leftoversGrace: 100 }, 100],
    ] as const) {
      const { leftovers, stdout, durationMs, ok } = await run('sh', stubborn, { terminate });
      expect(ok).toBe(true);
      expect(leftovers).toMatchObject([{ pid: Number(stdout), action: 'killed', signal: 'SIGKILL' }]);
      expect(durationMs).toBeGreaterThanOrEqual(least);
      expect(durationMs).toBeLessThan(5_000);
    }
  });

  it('gets the signal of the option terminate', async () => {
    const left = [
      '-c',
      "trap '' TERM; (trap 'exit' USR1; echo up; while :; do sleep 0.02; done) & read -r go",
    ];
    const options = { terminate: { signal: 'SIGUSR1' }, stdin: 'pipe' } as const;
    const child = start('sh', left, options);
    await child.stdout.lines().next();
    child.stdin.end('\n');
    const { leftovers } = await child.result;
    expect(leftovers).toContainEqual(expect.objectContaining({ signal: 'SIGUSR1', action: 'killed' }));
  });

  it('does not delay an exit beyond its timeout, nor turn it into one', async () => {
    const options = { timeout: 400, terminate: { leftoversGrace: 1500 } };
    const result = await run('sh', ['-c', "trap '' TERM; sleep 20 & exit 0"], options);
    expect(result).toMatchObject({ ok: true, reason: 'exit', exitCode: 0 });
    expect(result.leftovers).toMatchObject([{ signal: 'SIGKILL' }]);
  });

  it.skipIf(backend === 'node')('of runSync and of a pipeline ends in the same way', async () => {
    const options = { terminate: { leftoversGrace: '20s' } };
    const one = runSync('sh', leavingOrderly('exit 0'), options);
    expect(one.leftovers).toContainEqual(
      expect.objectContaining({ pid: Number(one.stdout), signal: 'SIGTERM' }),
    );
    expect(isOrderly()).toBe(true);
    rmSync(join(scratchDirectory(), 'orderly'));
    const piped = await pipeline([['sh', ...leavingOrderly('exit 0')], ['cat']], options);
    expect(piped.stages[0]?.leftovers).toContainEqual(
      expect.objectContaining({ pid: Number(piped.stdout.split('\n')[0]), signal: 'SIGTERM' }),
    );
    expect(isOrderly()).toBe(true);
  });
});

it('What a termination ends in the group is reported with its signal', async () => {
  for (const [script, signal, grace] of [
    ['sleep 30 & echo; wait', 'SIGTERM', '20s'],
    ["trap '' TERM; sleep 30 & echo; wait", 'SIGKILL', 100],
  ] as const) {
    const child = start('sh', ['-c', script], { terminate: { grace }, check: false });
    await child.stdout.lines().next();
    await until(() => children(child.pid).length > 0);
    await child.terminate();
    expect((await child.result).leftovers).toMatchObject([{ action: 'killed', signal }]);
  }
});

describe("leftovers: 'wait'", () => {
  it('reads what a leftover writes until it closes the streams', async () => {
    // The leftover writes when its parent is gone.
    const script =
      '(while kill -0 $$ 2>/dev/null && [ "$(cut -d" " -f3 /proc/$$/stat)" != Z ]; do :; done; ' +
      'echo late) & echo early';
    const result = await run('sh', ['-c', script], { leftovers: 'wait', timeout: '30s' });
    expect(result.stdout).toBe('early\nlate');
    expect(result).toMatchObject({ ok: true, exitCode: 0, reason: 'exit' });
  });

  it('does not wait for a leftover without a stream, and lets it live', async () => {
    const result = await run('sh', ['-c', 'sleep 20 >/dev/null 2>&1 & echo $!'], { leftovers: 'wait' });
    expect(result.durationMs).toBeLessThan(5_000);
    expect(isAlive(Number(result.stdout))).toBe(true);
    await end(Number(result.stdout));
  });

  it('ends at the timeout, which kills the group', async () => {
    const options = { leftovers: 'wait', timeout: 500, check: false } as const;
    const { stdout, ...result } = await run('sh', ['-c', 'sleep 20 & echo $!; exit 3'], options).then(
      ({ stdout, reason, exitCode, durationMs }) => ({ stdout, reason, exitCode, durationMs }),
    );
    expect(result).toMatchObject({ reason: 'timeout', exitCode: 3 });
    expect(result.durationMs).toBeLessThan(10_000);
    // The end of its streams is all that was waited for; it comes while the process is exiting.
    await until(() => !isAlive(Number(stdout)));
  });

  it('ends at the timeout for a daemon, which lives on', async () => {
    const fifo = join(scratchDirectory(), 'fifo');
    const options = {
      leftovers: 'wait',
      timeout: 500,
      terminate: { grace: 200 },
      check: false,
    } as const;
    const { stdout, reason, durationMs } = await run(childProgram('daemon.sh'), [fifo, '5'], options);
    const [pid, zeros] = stdout.split('\n');
    try {
      expect(zeros).toBe('00000');
      expect(reason).toBe('timeout');
      expect(durationMs).toBeLessThan(10_000);
      expect(isAlive(Number(pid))).toBe(true);
    } finally {
      await end(Number(pid));
    }
  });
});

describe("leftovers: 'leave'", () => {
  it('neither waits for leftovers nor ends them', async () => {
    const { stdout, durationMs } = await run('sh', ['-c', 'sleep 20 & echo $!'], { leftovers: 'leave' });
    expect(durationMs).toBeLessThan(5_000);
    expect(isAlive(Number(stdout))).toBe(true);
    await end(Number(stdout));
  });

  it('does not save leftovers from terminate()', async () => {
    const child = start('sh', ['-c', 'sleep 20 & echo $!; wait'], { leftovers: 'leave', check: false });
    const { value: pid } = await child.stdout.lines().next();
    expect(isAlive(Number(pid))).toBe(true);
    await child.terminate();
    await until(() => !isAlive(Number(pid)));
  });
});
