/** How a child on a terminal of its own ends, what it leaves, and what its start can fail at. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { run, runSync, start } from '../../../src/index.js';
import { checkForLeaks, isAlive, scratchDirectory, until } from '../../helpers/leaks.js';
import { runNode } from '../../helpers/programs.js';
import { Session } from '../../helpers/pty.js';
import { sideBySide } from '../../helpers/side-by-side.js';

checkForLeaks();

const it = sideBySide(4);

const cannotMount = runSync('unshare', ['--mount', 'true'], { check: false }).ok
  ? undefined
  : 'needs to mount';

describe('A child on a terminal', () => {
  it('is ended at its timeout', async () => {
    const error = await run('sh', ['-c', 'echo working; sleep 60 | cat'], { pty: true, timeout: 300 }).catch(
      (e) => e,
    );
    expect(error.message).toMatch(/timed out after .*\(timeout: 300 ms\); SIGTERM ended it/);
    expect(error.result.stdout).toBe('working');
  });

  it('is ended when it is aborted', async () => {
    const abort = new AbortController();
    const child = start('sh', ['-c', 'echo working; sleep 60'], { pty: true, signal: abort.signal });
    const seen: string[] = [];
    const read = async () => {
      for await (const line of child.stdout.lines()) {
        seen.push(line);
        abort.abort();
      }
    };
    const ended = { result: { reason: 'abort', signal: 'SIGTERM' } };
    await expect(read()).rejects.toMatchObject(ended);
    await expect(child.result).rejects.toMatchObject(ended);
    expect(seen).toEqual(['working']);
  });

  it('is ended when it is silent for too long, and not while it writes', async () => {
    const script = 'for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.3; done; sleep 60';
    const error = await run('sh', ['-c', script], { pty: true, idleTimeout: 2000 }).catch((e) => e);
    expect(error.result).toMatchObject({ reason: 'idle' });
    expect(error.result.stdout).toMatch(/8$/);
  });

  it('is ended when it exceeds the output limit', async () => {
    const error = await run('yes', [], { pty: true, outputLimit: 100_000 }).catch((e) => e);
    expect(error.result.reason).toBe('output-limit');
    expect(error.result.output.stdout.size).toBeGreaterThan(100_000);
  });

  it('is ended by SIGKILL when it ignores SIGTERM and SIGHUP', async () => {
    const options = { pty: true, timeout: 300, terminate: { grace: 200 } } as const;
    const error = await run('sh', ['-c', 'trap "" TERM HUP; while :; do sleep 1; done'], options).catch(
      (e) => e,
    );
    expect(error.message).toMatch(/it ignored SIGTERM for 200 ms and was killed by SIGKILL/);
  });

  it('is ended with all jobs of its session, in the foreground and background', async () => {
    const session = await Session.bash({ terminate: { grace: 300 } });
    session.type('sleep 62 &\n');
    const background = Number((await session.shows(/\[1\] (\d+)/))[1]);
    session.type(`sh -c 'echo pid $$.; trap "" INT; exec sleep 63'\n`);
    const foreground = Number((await session.shows(/pid (\d+)\./))[1]);
    expect([background, foreground].map(isAlive)).toEqual([true, true]);
    // An interactive bash ignores SIGTERM; its jobs do not.
    await session.child.terminate();
    expect([background, foreground].map(isAlive)).toEqual([false, false]);
    expect((await session.child.result.catch((e) => e.result)).signal).toBe('SIGKILL');
  });

  it('is ended at once by SIGHUP, as a shell whose window is closed', async () => {
    const session = await Session.bash({ terminate: { signal: 'SIGHUP', grace: '20s' } });
    session.type('sleep 64\n');
    await session.shows(/ready> sleep 64\r\n/);
    await session.child.terminate();
    const { signal, durationMs } = await session.child.result.catch((e) => e.result);
    expect(signal).toBe('SIGHUP');
    expect(durationMs).toBeLessThan(15_000);
  });

  it('is hung up when this program is killed', async () => {
    const { stdout, signal } = await runNode(`
      const child = start('sh', ['-c', 'sleep 67 | cat'], { pty: true, guard: false });
      console.log(child.pid);
      process.kill(process.pid, 'SIGKILL');
    `);
    expect(signal).toBe('SIGKILL');
    await until(() => !isAlive(Number(stdout)));
  });

  it('gets the signals of kill() in its foreground job, which has a group of its own', async () => {
    const session = await Session.bash();
    // Two pieces, since what is typed is shown as well.
    session.type(`sh -c 'trap "echo got"" it; exit" INT; echo now"" on; while :; do sleep 0.05; done'\n`);
    await session.shows(/now on/);
    expect(foregroundGroup(session.child.pid)).not.toBe(session.child.pid);
    expect(session.child.kill('SIGINT')).toBe(true);
    await session.shows(/got it/);
    session.type('exit 0\n');
    expect((await session.child.result).exitCode).toBe(0);
    expect(session.child.kill('SIGINT')).toBe(false);
  });
});

describe('A leftover of a child on a terminal', () => {
  it('is ended in any group of its session, and the result does not wait for it', async () => {
    const session = await Session.bash();
    session.type('sleep 65 &\n');
    const job = Number((await session.shows(/\[1\] (\d+)/))[1]);
    await until(() => readFileSync(`/proc/${job}/cmdline`, 'latin1').startsWith('sleep'));
    session.type('exit\n');
    const result = await session.child.result;
    expect(result.leftovers).toMatchObject([
      { pid: job, command: expect.stringContaining('sleep 65'), action: 'killed' },
    ]);
    expect(isAlive(job)).toBe(false);
  });

  it("lives on without its terminal with leftovers: 'leave', and the result comes at once", async () => {
    const file = join(scratchDirectory(), 'pid');
    // The hang-up is for the foreground group, to which a job of a shell without job control belongs.
    const script = `trap "" HUP; sleep 66 & echo $! > ${file}; echo done`;
    const { stdout, durationMs, leftovers } = await run('sh', ['-c', script], {
      pty: true,
      leftovers: 'leave',
    });
    const pid = Number(readFileSync(file, 'utf8'));
    expect(stdout).toBe('done');
    expect(durationMs).toBeLessThan(30_000);
    expect(leftovers).toMatchObject([{ pid, action: 'left' }]);
    expect(isAlive(pid)).toBe(true);
    process.kill(pid, 'SIGKILL');
    await until(() => !isAlive(pid));
  });

  it("that writes without end does not hold the result with leftovers: 'leave'", async () => {
    const file = join(scratchDirectory(), 'pid');
    const script = `trap "" HUP; yes & echo $! > ${file}`;
    const result = await run('sh', ['-c', script], { pty: true, leftovers: 'leave', stdout: { tail: 10 } });
    expect(result.ok).toBe(true);
    // With its terminal gone, writing is an error (EIO), of which it dies.
    const pid = Number(readFileSync(file, 'utf8'));
    await until(() => !isAlive(pid));
  });

  it("is waited for with leftovers: 'wait' until it closes the terminal", async () => {
    const script = 'trap "" HUP; (sleep 0.4; echo late) & echo early';
    const { stdout, leftovers } = await run('sh', ['-c', script], { pty: true, leftovers: 'wait' });
    expect(stdout).toBe('early\r\nlate');
    // One that closes the terminal by exiting may be seen while it still does.
    for (const { pid, action } of leftovers) {
      expect(action).toMatch(/^(?:awaited|left)$/);
      await until(() => !isAlive(pid));
    }
  });
});

describe('A terminal that cannot be opened', () => {
  it('is a StartError that says so when descriptors have run out', async () => {
    const { stdout, stderr } = await runNode(`
      import { closeSync, openSync, readdirSync } from 'node:fs';
      await run('true', { pty: true });
      const held = [];
      try { for (;;) held.push(openSync('/dev/null')); } catch {}
      for (let free = 0; free < 3; free++) {
        const error = await run('true', { pty: true }).then(() => 'fine', (e) => e);
        console.log(error.name, error.code, error.subject, error.message?.includes('ulimit -n'));
        closeSync(held.pop());
      }
      for (const fd of held) closeSync(fd);
      console.log((await run('echo', ['well'], { pty: true })).stdout);
    `);
    expect(stderr).toBe('');
    const [first, second, ...rest] = stdout.trimEnd().split('\n');
    expect([first, second]).toEqual(Array(2).fill('StartError EMFILE system true'));
    expect(rest.at(-1)).toBe('well');
  });

  it.skipIf(cannotMount)('is a StartError that says so when the system has no more', async () => {
    // A /dev/pts of its own, so that no other test misses one: it has a single terminal.
    const mounts =
      'mount -t devpts -o newinstance,max=1,ptmxmode=666 none /dev/pts && ' +
      'mount --bind /dev/pts/ptmx /dev/ptmx';
    const via = ['unshare', '--mount', 'sh', '-c', `${mounts} && exec "$@"`, 'sh'];
    const { stdout, stderr } = await runNode(
      `
      const only = start('cat', [], { pty: true, stdin: 'pipe' });
      const error = await run('true', [], { pty: true }).catch((e) => e);
      console.log(error.name, error.code, error.subject);
      console.log(error.message);
      only.stdin.end();
      await only.result;
      console.log((await run('echo', ['well'], { pty: true })).stdout);
    `,
      { via },
    );
    expect(stderr).toBe('');
    expect(stdout).toMatch(
      /^StartError ENOSPC system\n.*no pseudo-terminal left .*pty\/max.*raise the limit.*\nwell\n$/,
    );
  });

  it('leaves nothing behind when the program does not exist', async () => {
    await expect(run('/no/such/program', [], { pty: true })).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(run('true', [], { pty: true, cwd: '/no/such/place' })).rejects.toMatchObject({
      subject: 'cwd',
    });
  });

  it('does not occur when 40 are opened at a time', async () => {
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, index) => run('sh', ['-c', `tty; echo ${index}`], { pty: true })),
    );
    const names = results.map(({ stdout }) => stdout.split('\r\n')[0]);
    expect(results.map(({ stdout }) => stdout.split('\r\n')[1])).toEqual(
      results.map((_, index) => `${index}`),
    );
    expect(new Set(names).size).toBeGreaterThan(1);
  });
});

/** Of the terminal of the session that this process leads (tpgid in proc_pid_stat(5)). */
function foregroundGroup(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[5]);
}
