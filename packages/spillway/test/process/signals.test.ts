import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { OptionError, run, start } from '../../src/index.js';
import { posixOnly } from '../helpers/backend.js';
import { checkForLeaks, isAlive, until } from '../helpers/leaks.js';
import { runNode } from '../helpers/programs.js';

checkForLeaks();

/** Prints the numbers of the descriptors that are open in it. */
const listDescriptors = 'for fd in /proc/$$/fd/*; do [ -e "$fd" ] && echo "$' + '{fd##*/}"; done; true';

/**
 * The sets as numbers, without signals 32 and 33, which the C library keeps for itself and may leave ignored.
 */
function signalSets(lines: string): bigint[] {
  return (lines.match(/[0-9a-f]{16}$/gm) ?? []).map((set) => BigInt(`0x${set}`) & ~0x180000000n);
}

describe('A child starts with', () => {
  it('no signal ignored or blocked, though Node ignores SIGPIPE', async () => {
    const { stdout } = await run('grep', ['-E', '^Sig(Ign|Blk)', '/proc/self/status']);
    expect(signalSets(stdout)).toEqual([0n, 0n]);
  });

  it('no signal ignored or blocked that the program was started with in that way', async () => {
    const evil = `import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD])
signal.signal(signal.SIGINT, signal.SIG_IGN)
os.execvp(sys.argv[1], sys.argv[1:])`;
    const finished = await runNode(
      "console.log((await run('grep', ['-E', '^Sig(Ign|Blk)', '/proc/self/status'])).stdout)",
      { via: ['python3', '-c', evil], timeoutMs: 20_000 },
    );
    expect(signalSets(finished.stdout)).toEqual([0n, 0n]);
  });

  it('the default action for SIGPIPE, and dies of it when its reader has gone', async () => {
    const { stdout } = await run('bash', ['-c', 'yes | head -n 1; echo "$' + '{PIPESTATUS[0]}"']);
    expect(stdout).toBe(`y\n${128 + 13}`);
  });

  posixOnly('it closes nothing')('descriptors 0, 1 and 2, and no other', async () => {
    const { stdout } = await run('sh', ['-c', listDescriptors], { input: 'x' });
    expect(stdout).toBe('0\n1\n2');
  });

  posixOnly('it closes nothing')('no descriptor that the program itself was given by mistake', async () => {
    // Node makes the low ones close-on-exec when it begins, and misses those above a gap.
    const { stdout } = await runNode(
      `
      import { readlinkSync } from 'node:fs';
      console.log(readlinkSync('/proc/self/fd/9'), readlinkSync('/proc/self/fd/200'));
      console.log((await run('sh', ['-c', process.argv[2]])).stdout);
    `,
      {
        via: ['bash', '-c', 'exec 9</etc/passwd 200</etc/group; exec "$@"', 'bash'],
        args: [listDescriptors],
      },
    );
    expect(stdout).toBe('/etc/passwd /etc/group\n0\n1\n2\n');
  });

  it('no descriptor of a sibling, so that each stdin ends on its own', async () => {
    const siblings = Array.from({ length: 5 }, () => start('cat', { stdin: 'pipe' }));
    for (const [i, child] of siblings.entries()) {
      child.stdin.end(`number ${i}`);
      expect((await child.result).stdout).toBe(`number ${i}`);
    }
  });

  posixOnly('it makes a session')(
    'a process group of its own, which it leads, in the session of the program',
    async () => {
      const { stdout, pid } = await run('cat', ['/proc/self/stat']);
      const [ownGroup, ownSession] = readFileSync('/proc/self/stat', 'latin1')
        .replace(/.*\) /, '')
        .split(' ')
        .slice(2, 4);
      const [, , group, session] = stdout.replace(/.*\) /, '').split(' ');
      expect(group).toBe(String(pid));
      expect(group).not.toBe(ownGroup);
      expect(session).toBe(ownSession);
    },
  );
});

describe('kill()', () => {
  it('sends SIGTERM to the whole process group', async () => {
    const child = start('sh', ['-c', 'sleep 20 & echo $!; wait'], { check: false });
    const { value: member } = await child.stdout.lines().next();
    expect(child.kill()).toBe(true);
    expect(await child.result).toMatchObject({ reason: 'signal', signal: 'SIGTERM' });
    expect(isAlive(Number(member))).toBe(false);
  });

  it.each([
    ['SIGUSR1', 'SIGUSR1'],
    [12, 'SIGUSR2'],
    ['SIGKILL', 'SIGKILL'],
  ] as const)('sends %s', async (signal, told) => {
    const child = start('sleep', ['20'], { check: false });
    expect(child.kill(signal)).toBe(true);
    expect(await child.result).toMatchObject({ signal: told, reason: 'signal' });
  });

  posixOnly('it tells a real-time signal as exit 0')('sends real-time signals', async () => {
    const child = start('sleep', ['20'], { check: false });
    expect(child.kill(36)).toBe(true);
    expect(await child.result).toMatchObject({ signal: 'SIGRTMIN+2', reason: 'signal' });
  });

  it('returns false when the child has gone', async () => {
    const child = start('true');
    await child.result;
    expect(child.kill()).toBe(false);
    expect(child.kill('SIGKILL')).toBe(false);
    await child.terminate();
  });

  it.each(['SIGNOPE', 'TERM', 0, -9, 65, 1.5, null])('refuses %j', async (signal) => {
    const child = start('sleep', ['20'], { check: false });
    expect(() => child.kill(signal as 'SIGTERM')).toThrow(OptionError);
    child.kill('SIGKILL');
    await child.result;
  });
});

describe('terminate()', () => {
  it('sends SIGTERM, and no more when the child exits', async () => {
    const child = start('sh', [
      '-c',
      'trap "echo bye; exit 5" TERM; echo ready; while :; do sleep 0.05; done',
    ]);
    await child.stdout.lines().next();
    await child.terminate({ grace: '1m' });
    const error = await child.result.catch((e) => e);
    expect(error.result).toMatchObject({ reason: 'exit', exitCode: 5, signal: undefined });
  });

  it('sends SIGKILL after the grace period to a child that ignores SIGTERM', async () => {
    const child = start('sh', ['-c', "trap '' TERM; echo ready; sleep 20 & sleep 20"], { check: false });
    await child.stdout.lines().next();
    const began = performance.now();
    await child.terminate({ grace: 300 });
    expect(performance.now() - began).toBeGreaterThanOrEqual(295);
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(await child.result).toMatchObject({ reason: 'signal', signal: 'SIGKILL', ok: false });
  });

  it('sends the signal that it is given', async () => {
    const child = start('sleep', ['20'], { check: false, terminate: { signal: 'SIGINT' } });
    await child.terminate();
    expect(await child.result).toMatchObject({ signal: 'SIGINT' });
  });

  it('leaves the rest of the grace period to the process group when its leader has exited', async () => {
    // Started with SIGTERM at its default, the leader is gone at once; the member has something to finish.
    const member = 'trap "sleep 0.3; echo finished; exit" TERM; echo ready; while :; do sleep 0.05; done';
    const child = start('sh', ['-c', `(${member}) & wait`], { check: false });
    const lines = child.stdout.lines();
    expect((await lines.next()).value).toBe('ready');
    const ended = child.terminate({ grace: '1m' });
    expect((await lines.next()).value).toBe('finished');
    await ended;
    expect(await child.result).toMatchObject({ signal: 'SIGTERM' });
  });

  it('sends SIGKILL to the rest of the process group when its leader has exited', async () => {
    const child = start('sh', ['-c', "(trap '' TERM; echo ready; exec sleep 20) & echo $!; wait"], {
      check: false,
    });
    const lines = child.stdout.lines();
    const words = [(await lines.next()).value, (await lines.next()).value];
    const pid = Number(words.find((word) => word !== 'ready'));
    expect(isAlive(pid)).toBe(true);
    await child.terminate({ grace: 300 });
    await until(() => !isAlive(pid));
    expect(await child.result).toMatchObject({ signal: 'SIGTERM' });
  });

  it('changes nothing when it is called twice, or after the end', async () => {
    const child = start('sleep', ['20'], { check: false });
    await Promise.all([child.terminate(), child.terminate({ signal: 'SIGKILL' })]);
    await child.terminate();
    expect(await child.result).toMatchObject({ signal: 'SIGTERM' });
  });
});
