/** Signals to `spillway run` are the command's. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { run, start } from '../../src/index.js';
import { checkForLeaks, isAlive, scratchDirectory, until } from '../helpers/leaks.js';
import { sideBySide } from '../helpers/side-by-side.js';
import { endOf, PROGRAM, startSpillway } from './spillway.js';

checkForLeaks();

const it = sideBySide(4);

/** Starts a script and waits for its first line. */
async function started(script: string, ...options: string[]) {
  const child = startSpillway(['run', ...options, '--', 'sh', '-c', script]);
  const end = endOf(child);
  let seen = '';
  child.stdout?.on('data', (chunk) => {
    seen += chunk;
  });
  await until(() => seen.includes('\n'));
  return { child, end };
}

const stateOf = (pid: number) => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat[stat.lastIndexOf(')') + 2];
};

describe('spillway run, at a signal to it,', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGQUIT', 131],
    ['SIGUSR1', 138],
    ['SIGUSR2', 140],
    ['SIGALRM', 142],
  ] as const)('ends the command at %s, with the status of the signal', async (signal, status) => {
    // Without a core file where SIGQUIT would write one.
    const { child, end } = await started('ulimit -c 0; echo started; exec sleep 1000');
    child.kill(signal);
    expect(await end).toMatchObject({ status, signal: null, stderr: '' });
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGUSR1', 'SIGWINCH', 'SIGCONT'] as const)(
    'leaves %s to a command that handles it',
    async (signal) => {
      const name = signal.replace('SIG', '');
      const { child, end } = await started(
        `trap 'echo got ${name}; exit 9' ${name}; echo started; while :; do sleep 0.05; done`,
      );
      child.kill(signal);
      expect(await end).toMatchObject({ status: 9, signal: null, stdout: `started\ngot ${name}\n` });
    },
  );

  it('passes a second signal on', async () => {
    const { child, end } = await started(
      `n=0; trap 'n=$((n+1)); echo $n; test $n -lt 2 || exit 9' TERM
       echo started; while :; do sleep 0.05; done`,
    );
    let seen = '';
    child.stdout?.on('data', (chunk) => {
      seen += chunk;
    });
    child.kill('SIGTERM');
    await until(() => seen.includes('1\n'));
    child.kill('SIGTERM');
    expect(await end).toMatchObject({ status: 9, stdout: 'started\n1\n2\n' });
  });

  it('reaches the whole group of the command, and leaves nothing', async () => {
    const pids = join(scratchDirectory(), 'pids');
    const { child, end } = await started(
      `sleep 1000 & echo $! > ${pids}; (sleep 1000 & echo $! >> ${pids}); echo started; wait`,
    );
    child.kill('SIGTERM');
    expect((await end).status).toBe(143);
    const left = readFileSync(pids, 'utf8').trim().split('\n').map(Number);
    expect(left).toHaveLength(2);
    expect(left.filter(isAlive)).toEqual([]);
  });

  it('stops the command at SIGTSTP, and continues it at SIGCONT', async () => {
    const pid = join(scratchDirectory(), 'pid');
    const { child, end } = await started(`echo $$ > ${pid}; echo started; read x; echo "<$x>"`);
    const command = Number(readFileSync(pid, 'utf8'));
    child.kill('SIGTSTP');
    await until(() => stateOf(command) === 'T');
    child.kill('SIGCONT');
    await until(() => stateOf(command) !== 'T');
    child.stdin?.end('hello\n');
    expect(await end).toMatchObject({ status: 0, stdout: 'started\n<hello>\n' });
  });

  it('ends before the command runs', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const child = startSpillway(['run', '--', 'sh', '-c', 'echo started; exec sleep 1000']);
      const end = endOf(child);
      child.once('spawn', () => child.kill(signal));
      const { status, signal: by } = await end;
      // By Node's own default, or by ours once it is there.
      expect(by ?? status).toBeOneOf([signal, signal === 'SIGTERM' ? 143 : 130]);
    }
  });
});

describe('signals that were ignored when spillway run was started', () => {
  const IGNORED =
    'while read -r name value; do case $name in SigIgn:) echo $value; esac; done </proc/self/status';
  const shell = (script: string, env = {}) =>
    run('sh', ['-c', script], { env: { SPILLWAY: PROGRAM, IGNORED, ...env } });

  it.each([
    ['nohup', 'nohup "$SPILLWAY" run -- sh -c "$IGNORED" 2>&1 | tail -1', '1'],
    ['the & of a shell', '"$SPILLWAY" run -- sh -c "$IGNORED" & wait', '6'],
    ['a trap', 'trap "" HUP PIPE USR1; "$SPILLWAY" run -- sh -c "$IGNORED"', '1201'],
    ['none', '"$SPILLWAY" run -- sh -c "$IGNORED"', '0'],
  ])('by %s are ignored in the command', async (_, script, expected) => {
    const { stdout } = await shell(script);
    expect(stdout.replace(/^0+(?=.)/, '')).toBe(expected);
  });

  it('are ignored in spillway too', async () => {
    const script = 'trap "" HUP; exec "$SPILLWAY" run -- sh -c "echo ready; read -r go; echo survived $go"';
    const child = start('sh', ['-c', script], { env: { SPILLWAY: PROGRAM }, stdin: 'pipe' });
    await child.stdout.until('ready');
    process.kill(child.pid, 'SIGHUP');
    child.stdin.end('well\n');
    expect((await child.result).exitCode).toBe(0);
  });

  it('do not keep the command from its first termination signal', async () => {
    const { stdout } = await shell(
      `trap "" TERM; "$SPILLWAY" run --timeout 100ms --grace 1h --json -- sleep 1000 2>&1 || :`,
    );
    expect(JSON.parse(stdout)).toMatchObject({ reason: 'timeout', signal: 'SIGTERM' });
  });
});
