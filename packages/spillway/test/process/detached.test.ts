/** Processes that have left the command's process group: found by their mark, reported, and ended or left. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Leftover, RunError, run, start } from '../../src/index.js';
import { backend } from '../helpers/backend.js';
import { checkForLeaks, isAlive, scratchDirectory, until } from '../helpers/leaks.js';
import { childProgram, notRoot, runNode } from '../helpers/programs.js';
import { sideBySide } from '../helpers/side-by-side.js';

checkForLeaks();

const together = sideBySide();

/** What a leftover holds is known of pipes, not of sockets. */
const heldStreams = backend === 'posix' ? ['stdout', 'stderr'] : [];

/** A command that leaves a daemon without its streams, prints the daemon's pid, and goes on with `then`. */
function leavingDaemon(then: string): string[] {
  const daemon = 'setsid sh -c \'echo $$ >"$0"; exec sleep 20\' "$0" </dev/null >/dev/null 2>&1 &';
  return [
    '-c',
    `mkfifo "$0"; ${daemon} read -r pid <"$0"; rm "$0"; echo $pid; ${then}`,
    join(scratchDirectory(), 'fifo'),
  ];
}

async function end(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  await until(() => !isAlive(pid));
}

describe('A daemon', () => {
  together('lives on after a normal exit, and is reported', async () => {
    const { stdout, leftovers } = await run('sh', leavingDaemon('exit 0'));
    const pid = Number(stdout);
    expect(isAlive(pid)).toBe(true);
    await end(pid);
    expect(leftovers).toEqual([
      { pid, command: expect.stringContaining('sleep 20'), descriptors: [], leftGroup: true, action: 'left' },
    ] satisfies Leftover[]);
  });

  together('lives on after an exit code other than 0, and is reported', async () => {
    const { stdout, leftovers } = await run('sh', leavingDaemon('exit 3'), { check: false });
    await end(Number(stdout));
    expect(leftovers).toMatchObject([{ action: 'left' }]);
  });

  together('is reported with the streams that it holds', async () => {
    const fifo = join(scratchDirectory(), 'fifo');
    const { stdout, leftovers } = await run(childProgram('daemon.sh'), [fifo, '1']);
    await end(Number(stdout.split('\n')[0]));
    expect(leftovers).toMatchObject([{ descriptors: heldStreams, leftGroup: true, action: 'left' }]);
  });

  together("is killed with leftovers: 'kill-all'", async () => {
    const { stdout, leftovers, ok } = await run('sh', leavingDaemon('exit 0'), { leftovers: 'kill-all' });
    expect(isAlive(Number(stdout))).toBe(false);
    expect(leftovers).toMatchObject([{ pid: Number(stdout), action: 'killed' }]);
    expect(ok).toBe(true);
  });

  together('is killed when its command dies of a signal', async () => {
    const { stdout, leftovers } = await run('sh', leavingDaemon('kill -SEGV $$'), { check: false });
    expect(isAlive(Number(stdout))).toBe(false);
    expect(leftovers).toMatchObject([{ pid: Number(stdout), action: 'killed' }]);
  });

  together("is left alone with leftovers: 'leave' when its command dies of a signal", async () => {
    const options = { leftovers: 'leave', check: false } as const;
    const { stdout, leftovers } = await run('sh', leavingDaemon('kill -SEGV $$'), options);
    expect(isAlive(Number(stdout))).toBe(true);
    await end(Number(stdout));
    expect(leftovers).toMatchObject([{ action: 'left' }]);
  });

  together.each([
    ['a timeout', () => ({ timeout: 300 })],
    ['an abort', () => ({ signal: AbortSignal.timeout(300) })],
    ['silence', () => ({ idleTimeout: 300 })],
  ])('is killed after %s', async (_, options) => {
    const error = await run('sh', leavingDaemon('exec sleep 30'), options()).catch((reason) => reason);
    expect(error).toBeInstanceOf(RunError);
    expect(isAlive(Number(error.result.stdout))).toBe(false);
  });

  together('is killed at the end of the scope of its child', async () => {
    let pid = 0;
    {
      await using child = start('sh', leavingDaemon('exec sleep 30'));
      for await (const line of child.stdout.lines()) {
        pid = Number(line);
        break;
      }
    }
    expect(isAlive(pid)).toBe(false);
  });

  together('that ignores SIGTERM is killed by SIGKILL after the grace period', async () => {
    const stubborn = 'setsid sh -c \'trap "" TERM; echo $$; while :; do sleep 0.05; done\' & wait';
    const child = start('sh', ['-c', stubborn], { terminate: { grace: 200 }, check: false });
    const { value: pid } = await child.stdout.lines().next();
    await child.terminate();
    expect(isAlive(Number(pid))).toBe(false);
    const { leftovers, durationMs } = await child.result;
    expect(leftovers).toContainEqual(expect.objectContaining({ pid: Number(pid), action: 'killed' }));
    expect(durationMs).toBeGreaterThanOrEqual(200);
  });

  together('is attributed to its own run when ten run at the same time', async () => {
    const all = await Promise.all(
      Array.from({ length: 10 }, async (_, i) => {
        const fifo = join(scratchDirectory(), `fifo-${i}`);
        const options = { leftovers: i % 2 ? 'kill-all' : 'kill' } as const;
        const { stdout, leftovers } = await run(childProgram('daemon.sh'), [fifo, '1'], options);
        return { pid: Number(stdout.split('\n')[0]), leftovers, action: i % 2 ? 'killed' : 'left' };
      }),
    );
    const lives = all.map(({ pid }) => isAlive(pid));
    await Promise.all(all.map(({ pid, action }) => (action === 'left' ? end(pid) : undefined)));
    expect(lives).toEqual(all.map(({ action }) => action === 'left'));
    for (const { pid, leftovers, action } of all) expect(leftovers).toMatchObject([{ pid, action }]);
  });
});

describe('The process group of a command', () => {
  together('is reported in result.leftovers when it is ended', async () => {
    const { stdout, leftovers } = await run('sh', ['-c', 'sleep 20 & echo $!']);
    expect(leftovers).toEqual([
      {
        pid: Number(stdout),
        command: expect.stringMatching(/^(sleep 20|sh .*)$/),
        descriptors: heldStreams,
        leftGroup: false,
        action: 'killed',
        signal: 'SIGTERM',
      },
    ]);
  });

  together("is reported as 'awaited' with leftovers: 'wait'", async () => {
    // `sleep` closes its streams a moment before it exits, and would be alive when their end is seen; a shell
    // closes them by its exit.
    const { leftovers } = await run('sh', ['-c', '(sleep 0.3; :) & exit 0'], { leftovers: 'wait' });
    expect(leftovers.length).toBeGreaterThan(0);
    for (const one of leftovers) expect(one).toMatchObject({ leftGroup: false, action: 'awaited' });
  });

  together('is not reported when nothing of it is left', async () => {
    for (const script of ['exit 0', 'sleep 0.01 & wait', '(exit 3)', 'ls | cat >/dev/null']) {
      expect((await run('sh', ['-c', script], { check: false })).leftovers).toEqual([]);
    }
  });
});

describe('A run within a run', () => {
  together('hides none of its leftovers from the outer run', async () => {
    const script = join(scratchDirectory(), 'inner.mjs');
    const library = new URL('../../dist/index.js', import.meta.url).href;
    const [...args] = leavingDaemon('exit 0');
    writeFileSync(
      script,
      `import { run } from ${JSON.stringify(library)};
       const { stdout, leftovers } = await run('sh', ${JSON.stringify(args)});
       console.log(stdout, leftovers[0].action);`,
    );
    const outer = await run(process.execPath, [script], { leftovers: 'kill-all' });
    const [pid, action] = outer.stdout.split(' ');
    expect(action).toBe('left');
    expect(isAlive(Number(pid))).toBe(false);
    expect(outer.leftovers).toContainEqual(expect.objectContaining({ pid: Number(pid), action: 'killed' }));
  });
});

describe('A command that forks as fast as it can', () => {
  it.each([
    ['in its group', 'for i in 1 2 3; do storm & done; wait'],
    ['out of it', 'for i in 1 2 3; do setsid sh "$0" again & done; wait'],
  ])('%s, is ended with every process that it made', async (_, how) => {
    const path = join(scratchDirectory(), 'storm.sh');
    // Bounded: at most some 60 at a time, for at most some 20 s.
    writeFileSync(
      path,
      `storm() {
         n=0; while [ $n -lt 2000 ]; do sh -c 'sleep 0.2' & n=$((n+1)); [ $((n % 20)) = 0 ] && wait; done
       }
       if [ "$1" = again ]; then storm; else ${how}; fi`,
    );
    const options = { timeout: 500, terminate: { grace: 300 }, check: false, stdout: 'ignore' } as const;
    const { reason, leftovers, durationMs } = await run('sh', [path], options);
    expect(reason).toBe('timeout');
    expect(durationMs).toBeLessThan(15_000);
    expect(leftovers.filter(({ action }) => action === 'survived')).toEqual([]);
    const { stdout } = await run('sh', ['-c', 'cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\\\0" " "; true']);
    expect(stdout).not.toContain(path);
  });
});

describe.skipIf(notRoot)('Without /proc', () => {
  together('the process group is ended and no leftovers are reported', async () => {
    const script = `
      const { stdout, leftovers } = await run('sh', ['-c', 'sleep 20 & echo $!'], { guard: false });
      console.log(stdout, leftovers.length);
      const options = { timeout: 200, check: false, guard: false };
      const timedOut = await run('sh', ['-c', 'sleep 20 & wait'], options);
      console.log(timedOut.reason, timedOut.durationMs < 5000);
    `;
    const via = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /proc && exec "$@"', 'sh'];
    const { stdout, stderr } = await runNode(script, { via });
    const [pid, ...rest] = stdout.split(' ');
    expect(isAlive(Number(pid))).toBe(false);
    expect(stderr + rest.join(' ')).toBe('0\ntimeout true\n');
  });
});
