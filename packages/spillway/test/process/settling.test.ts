import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RunError, run, start } from '../../src/index.js';
import { backend } from '../helpers/backend.js';
import { checkForLeaks, isAlive, openDescriptors, scratchDirectory, until } from '../helpers/leaks.js';
import { childProgram } from '../helpers/programs.js';

checkForLeaks();

/** `npm run stress` has the thousand of the second backend. */
const LOOPS = backend === 'posix' ? 1000 : 60;

describe('A grandchild that holds stdout', () => {
  it('does not delay the result when it is in the process group, and is ended', async () => {
    const delays: number[] = [];
    for (let i = 0; i < 5; i++) {
      // 60,000 bytes, then the time: the last thing that the child does.
      const script = 'sleep 20 & echo $!; printf %060000d 0; echo; date +%s%3N';
      const { stdout } = await run('sh', ['-c', script]);
      delays.push(Date.now() - Number(stdout.slice(stdout.lastIndexOf('\n'))));
      const [pid, zeros] = stdout.split('\n');
      expect(zeros).toBe('0'.repeat(60_000));
      expect(isAlive(Number(pid))).toBe(false);
    }
    expect(Math.min(...delays)).toBeLessThan(200);
    expect(Math.max(...delays)).toBeLessThan(5_000);
  });

  it('does not delay the result when it has a session of its own, and lives on', async () => {
    const fifo = join(scratchDirectory(), 'fifo');
    const { stdout, durationMs, ok } = await run(childProgram('daemon.sh'), [fifo, '60000']);
    const [pid, zeros] = stdout.split('\n');
    try {
      expect(ok).toBe(true);
      expect(zeros).toBe('0'.repeat(60_000));
      expect(durationMs).toBeLessThan(5_000);
      expect(isAlive(Number(pid))).toBe(true);
    } finally {
      process.kill(Number(pid), 'SIGKILL');
      await until(() => !isAlive(Number(pid)));
    }
  });

  it(`costs no byte of output in ${LOOPS} runs`, async () => {
    const one = async (i: number) => {
      const holder = i % 4 === 0 ? 'sleep 20 &' : '';
      const { stdout, stderr } = await run('sh', ['-c', `${holder} echo out ${i}; echo err ${i} >&2`]);
      return stdout === `out ${i}` && stderr === `err ${i}`;
    };
    let complete = 0;
    for (let done = 0; done < LOOPS; done += 20) {
      const some = await Promise.all(Array.from({ length: 20 }, (_, i) => one(done + i)));
      complete += some.filter(Boolean).length;
    }
    expect(complete).toBe(LOOPS);
  });
});

describe('A child', () => {
  it.each(['SIGKILL', 'SIGTERM', 'SIGSEGV', 'SIGPIPE'] as const)(
    'killed by %s from outside gives a RunError with the signal',
    async (signal) => {
      const child = start('sleep', ['20']);
      process.kill(child.pid, signal);
      const error = await child.result.catch((e) => e);
      expect(error).toBeInstanceOf(RunError);
      expect(error.result).toMatchObject({ reason: 'signal', signal, exitCode: undefined, ok: false });
      expect(error.message).toContain(signal);
    },
  );

  it('awaited twice gives the same result or error', async () => {
    const child = start('echo', ['once']);
    const [first, second] = await Promise.all([child.result, child.result]);
    expect(first).toBe(second);
    expect(await child.result).toBe(first);
    const failing = start('false');
    const errors = [await failing.result.catch((e) => e), await failing.result.catch((e) => e)];
    expect(errors[0]).toBeInstanceOf(RunError);
    expect(errors[0]).toBe(errors[1]);
  });

  it.each([0, 1, 77, 255])('that exits with %i has this exit code in its result', async (code) => {
    const result = await run('sh', ['-c', `exit ${code}`], { check: false });
    expect(result).toMatchObject({ exitCode: code, ok: code === 0, reason: 'exit', signal: undefined });
  });

  it('that closes its streams and lives on is waited for', async () => {
    const before = openTargets();
    const fifo = join(scratchDirectory(), 'fifo');
    const script = 'echo before; exec >&- 2>&- <&-; mkfifo "$0"; read -r code <"$0"; exit "$code"';
    const child = start('sh', ['-c', script, fifo], { check: false });
    await until(() => existsSync(fifo));
    // Both streams are at their end by now, and that is all that is.
    await until(
      () => !openTargets().some((target) => target.startsWith('pipe:') && !before.includes(target)),
    );
    expect(child.running).toBe(true);
    await writeFile(fifo, '7\n');
    expect(await child.result).toMatchObject({ exitCode: 7, stdout: 'before' });
  });

  it('that is stopped still runs, and ends well when it is continued', async () => {
    const child = start('sh', ['-c', 'kill -STOP $$; echo continued']);
    await until(async () => (await stateOf(child.pid)) === 'T');
    expect(child.running).toBe(true);
    child.kill('SIGCONT');
    expect(await child.result).toMatchObject({ ok: true, stdout: 'continued' });
    expect(child.running).toBe(false);
  });

  it('that is stopped is continued to be ended by the first signal', async () => {
    const options = { timeout: 300, terminate: { grace: '30s' }, check: false };
    const result = await run('sh', ['-c', 'kill -STOP $$; echo continued'], options);
    expect(result).toMatchObject({ reason: 'timeout', signal: 'SIGTERM' });
    expect(result.durationMs).toBeLessThan(20_000);
  });
});

describe('Children of node:child_process in the same program', () => {
  it('get their own exit codes, and those of run() get theirs', async () => {
    const theirs = (code: number) =>
      new Promise<number>((resolve) => {
        execFile('sh', ['-c', `exit ${code}`], (error) => resolve(Number(error?.code ?? 0)));
      });
    const ours = async (code: number) =>
      (await run('sh', ['-c', `exit ${code}`], { check: false })).exitCode as number;
    const codes = Array.from({ length: 60 }, (_, i) => i);
    const found = await Promise.all(codes.map((code) => (code % 2 ? theirs(code) : ours(code))));
    expect(found).toEqual(codes);
  });
});

async function stateOf(pid: number): Promise<string | undefined> {
  const { stdout } = await run('cat', [`/proc/${pid}/stat`], { check: false });
  return stdout.slice(stdout.lastIndexOf(')') + 2)[0];
}

function openTargets(): string[] {
  return [...openDescriptors().values()];
}
