import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { run, start } from '../../src/index.js';
import { checkForLeaks, isAlive, scratchDirectory, until } from '../helpers/leaks.js';
import { childProgram } from '../helpers/programs.js';
import { sideBySide } from '../helpers/side-by-side.js';

checkForLeaks();

const it = sideBySide(8);

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
