/** Which processes are a run's: also in the middle of execve(2), and with a number that was used before. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { run, runSync, type StartOptions, start, startPipeline } from '../../src/index.js';
import { Census } from '../../src/process/wait/census.js';
import { describeOnce, posixOnly } from '../helpers/backend.js';
import { checkForLeaks, isAlive, scratchDirectory, until } from '../helpers/leaks.js';
import { blockBeyondEnd, blockEventLoop, notRoot, runNode } from '../helpers/programs.js';
import { sideBySide } from '../helpers/side-by-side.js';

checkForLeaks();

const strangers: number[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const pid of strangers) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {}
  }
  await until(() => !strangers.some(isAlive));
  strangers.length = 0;
});

/** Starts processes without any variable, in sessions of their own; not by Spillway. */
function startWithoutVariables(count: number): void {
  const script =
    'i=0; while [ $i -lt $0 ]; do env -i setsid sleep 60 >/dev/null 2>&1 & echo $!; i=$((i+1)); done';
  const { stdout } = spawnSync('sh', ['-c', script, String(count)], { encoding: 'utf8' });
  strangers.push(...stdout.trim().split('\n').map(Number));
}

describe('Processes of others that have no variables', () => {
  // At its exit they are waited for: each may be a leftover in the middle of execve(2).
  describe('do not make a limit of an exit in time:', () => {
    const inTime = { reason: 'exit', exitCode: 0, ok: true };
    const limits: [string, () => StartOptions][] = [
      ['a timeout', () => ({ timeout: 400 })],
      ['a timeout without diagnosis', () => ({ timeout: 400, diagnose: false })],
      ['a silence', () => ({ idleTimeout: 400 })],
      ['an abort', () => ({ signal: AbortSignal.timeout(400) })],
    ];

    it.each(limits)('%s', async (_, options) => {
      const child = start('echo', ['in time'], { ...options(), check: false });
      blockBeyondEnd(child.pid, 400);
      startWithoutVariables(5);
      expect(await child.result).toMatchObject({ ...inTime, stdout: 'in time' });
    });

    const withSystemCalls = posixOnly('it has neither pipelines nor runSync()');

    for (const [name, options] of limits) {
      withSystemCalls(`${name}, of a pipeline`, async () => {
        const child = startPipeline([['echo', 'in time'], ['cat']], { ...options(), check: false });
        for (const { pid } of child.stages) blockBeyondEnd(pid, 400);
        startWithoutVariables(5);
        expect(await child.result).toMatchObject({ ok: true, stdout: 'in time' });
      });
    }

    withSystemCalls('a timeout of runSync()', () => {
      const stdout = () => {
        blockEventLoop(900);
        startWithoutVariables(5);
      };
      expect(runSync('echo', ['in time'], { timeout: 800, stdout, check: false })).toMatchObject(inTime);
    });
  });

  it('do not stop the event loop when a command exits', async () => {
    const child = start('cat', { stdin: 'pipe' });
    startWithoutVariables(100);
    const wait = vi.spyOn(Atomics, 'wait');
    child.stdin.end();
    const { leftovers } = await child.result;
    expect(leftovers).toEqual([]);
    expect(wait).not.toHaveBeenCalled();
    expect(strangers.filter(isAlive)).toHaveLength(100);
  });
});

/** Since Linux 6.14 a pid namespace has a pid_max of its own; before, a write changes the machine's. */
const [major = 0, minor = 0] = release().split('.').map(Number);
const noNumbers = notRoot ?? (major * 100 + minor < 614 ? 'needs Linux 6.14' : undefined);

describe.skipIf(noNumbers)(`With 100 process numbers in all${noNumbers ? ` (${noNumbers})` : ''}`, () => {
  it('daemons with numbers that were used before are found', async () => {
    const script = `
      const daemon = "setsid sh -c 'echo $$; exec sleep 60' 2>/dev/null & read -r go; exit 0";
      const found = [];
      for (let turn = 0; turn < 4; turn++) {
        for (let i = 0; i < 60; i++) await run('true');
        const child = start('sh', ['-c', daemon], { stdin: 'pipe', leftovers: 'kill-all' });
        const { value: pid } = await child.stdout.lines().next();
        for (let i = 0; i < 60; i++) await run('true');
        child.stdin.end('\\n');
        const { leftovers } = await child.result;
        found.push(leftovers.length === 1 && leftovers[0].pid === Number(pid) && leftovers[0].action);
      }
      console.log(found.join(' '));`;
    const few = 'echo 400 >/proc/sys/kernel/pid_max && exec "$@"';
    const via = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child', 'sh', '-c', few, 'sh'];
    const { stdout, stderr } = await runNode(script, { via });
    expect(stderr + stdout).toBe('killed killed killed killed\n');
  });
});

describeOnce('The census', () => {
  /** Counts with a child that is older than all processes from now on. */
  function countedAfterNow(): { census: Census; child: number; end: () => void } {
    const census = new Census(() => false);
    const oldest = spawn('sleep', ['60'], { stdio: 'ignore' });
    const child = oldest.pid as number;
    census.remember(child);
    return { census, child, end: () => oldest.kill('SIGKILL') };
  }

  it('waits for a young process without variables, and for an old one no more', async () => {
    const { census, child, end } = countedAfterNow();
    let seen = false;
    // A busy machine may let it grow old before the look.
    await until(() => {
      startWithoutVariables(1);
      census.descendantsAfter(child);
      seen ||= census.isUnsettledAfter(child);
      return seen;
    });
    // Others on this machine may start such processes as well.
    await until(() => {
      census.descendantsAfter(child);
      return !census.isUnsettledAfter(child);
    });
    end();
  });

  it('finds a process that has got its variables since the first look', async () => {
    const { census, child, end } = countedAfterNow();
    const { MARK_OF_THIS_PROCESS } = await import('../../src/process/mark.js');
    const script = 'echo; read -r go; exec env SPILLWAY_RUN="$0" sleep 60';
    const attempt = async () => {
      const late = spawn('sh', ['-c', script, `${MARK_OF_THIS_PROCESS}1;`], { env: {}, stdio: 'pipe' });
      strangers.push(late.pid as number);
      const isFound = () => census.descendantsAfter(child)?.some(({ pid }) => pid === late.pid) ?? false;
      await once(late.stdout, 'data');
      expect(isFound()).toBe(false);
      late.stdin.end('\n');
      await until(() => readFileSync(`/proc/${late.pid}/environ`, 'latin1') !== '');
      return isFound();
    };
    // On a busy machine it may take longer than the census waits for any.
    await until(attempt);
    end();
  });
});

const together = sideBySide(4);

together('A daemon that is started at the moment of the exit is found each time', async () => {
  for (let i = 0; i < 50; i++) {
    const script = 'setsid sleep 20 >/dev/null 2>&1 & echo $!';
    const options = { leftovers: 'kill-all', cwd: scratchDirectory() } as const;
    const { stdout, leftovers } = await run('sh', ['-c', script], options);
    expect(isAlive(Number(stdout))).toBe(false);
    expect(leftovers).toMatchObject([{ pid: Number(stdout), action: 'killed' }]);
  }
});
