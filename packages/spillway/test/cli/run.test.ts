/** `spillway run` without a terminal: its options, its exit status, its messages. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { checkForLeaks, isAlive, scratchDirectory, until } from '../helpers/leaks.js';
import { sideBySide } from '../helpers/side-by-side.js';
import { endOf, MAIN, spillway, startSpillway } from './spillway.js';

checkForLeaks();

const it = sideBySide(4);

const path = (name: string) => join(scratchDirectory(), name);
const text = (name: string) => (existsSync(path(name)) ? readFileSync(path(name), 'utf8') : '');
const run = (...args: string[]) => spillway(['run', ...args]);
const sh = (script: string, ...options: string[]) => run(...options, '--', 'sh', '-c', script);

describe('The command of spillway run', () => {
  it('has the standard streams of spillway', async () => {
    const ended = await spillway(['run', '--', 'sh', '-c', 'cat; echo complaint >&2'], { input: 'hello' });
    expect(ended).toEqual({ status: 0, signal: null, stdout: 'hello', stderr: 'complaint\n' });
  });

  it('has its own options, with and without --', async () => {
    expect((await run('echo', '--timeout', '-x', '--', 'a b')).stdout).toBe('--timeout -x -- a b\n');
    expect((await run('--', 'echo', '--', '-h')).stdout).toBe('-- -h\n');
    expect((await run('--timeout', '1h', 'echo', '--timeout')).stdout).toBe('--timeout\n');
  });

  it('runs in another directory with other variables', async () => {
    mkdirSync(path('there'));
    const options = ['--cwd', path('there'), '--env', 'A=1', '-e', 'B=x=y', '--env', 'C='];
    expect((await sh('pwd; echo "$A,$B,$' + '{C-unset}"', ...options)).stdout).toBe(
      `${path('there')}\n1,x=y,\n`,
    );
  });
});

describe('The exit status of spillway run', () => {
  it.each([
    ['exit 0', 0],
    ['exit 3', 3],
    ['exit 255', 255],
    ['exit 126', 126],
    ['kill -KILL $$', 137],
    ['kill -TERM $$', 143],
    ['kill -SEGV $$', 139],
  ])('is that of the command: %s', async (script, status) => {
    expect(await sh(script)).toMatchObject({ status, signal: null });
  });

  it('is 128+n for a real-time signal', async () => {
    expect((await run('python3', '-c', 'import os; os.kill(os.getpid(), 40)')).status).toBe(168);
  });

  it.each([
    ['a program that is not in PATH', ['spillway-no-such-program'], 127, /no program of this name in PATH/],
    ['a path that does not exist', ['./spillway-no-such-program'], 127, /does not exist \(ENOENT\)/],
    ['a directory', ['/'], 126, /is a directory/],
    ['a working directory that does not exist', ['--cwd', '/no/such', 'true'], 125, /working directory/],
  ])('is that of a start error for %s', async (_what, args, status, message) => {
    const ended = await run(...args);
    expect(ended.status).toBe(status);
    expect(ended.stderr).toMatch(/^spillway: cannot start /);
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('is 126 for a file without an x bit', async () => {
    writeFileSync(path('script'), '#!/bin/sh\n', { mode: 0o644 });
    const ended = await run(path('script'));
    expect(ended).toMatchObject({
      status: 126,
      stderr: expect.stringContaining('is not executable for this user'),
    });
  });

  it('is 126 for a text file without an interpreter', async () => {
    writeFileSync(path('script'), 'echo hi\n', { mode: 0o755 });
    const ended = await run(path('script'));
    expect(ended.status).toBe(126);
    expect(ended.stderr).toContain('without a "#!" line');
  });

  it('is 126 for arguments that the kernel does not take', async () => {
    // One alone is bounded too, at 128 KiB, so they come in many; spillway itself has just room for them.
    const list = `process.argv.splice(2, 2, 'run', 'true', ...Array(200).fill('x'.repeat(131_000)))`;
    const script = `${list}; import(${JSON.stringify(MAIN)});`;
    const ended = spawnSync(process.execPath, ['-e', script, 'a', 'b'], { encoding: 'utf8' });
    expect(ended).toMatchObject({ status: 126, stderr: expect.stringContaining('(E2BIG)') });
    expect(ended.stderr).toMatch(
      /arguments have \d+ bytes and \d+ variables \d+, .*; the largest is argument/,
    );
  });
});

describe('spillway run', () => {
  it('prints no message for an exit code', async () => {
    expect(await sh('exit 3')).toMatchObject({ stdout: '', stderr: '' });
  });

  it('prints a message for a signal', async () => {
    const { stderr } = await run('sh', '-c', 'kill -SEGV $$');
    expect(stderr).toMatch(/^spillway: sh -c 'kill -SEGV \$\$' was killed by SIGSEGV after \d+ ms\n$/);
  });
});

describe('spillway run --timeout', () => {
  it('ends the command and all that it started', async () => {
    const ended = await sh(
      `sleep 1000 & echo $! > ${path('pid')}; echo before; sleep 1000`,
      '--timeout',
      '500ms',
    );
    expect(ended).toMatchObject({ status: 124, stdout: 'before\n' });
    expect(ended.stderr).toMatch(
      /^spillway: sh -c .* timed out after .* \(timeout: 500 ms\); SIGTERM ended it\nwhat it was waiting/,
    );
    expect(ended.stderr).toMatch(/ ended it\nwhat it was waiting for:\n(?: .*\n)* {2}sleep.* sleeps .*\n$/);
    expect(isAlive(Number(text('pid')))).toBe(false);
  });

  it('kills a command that ignores SIGTERM after the grace period', async () => {
    const ended = await sh(
      'trap "" TERM; while :; do sleep 0.1; done',
      '--timeout',
      '300ms',
      '--grace',
      '200ms',
    );
    expect(ended.status).toBe(124);
    expect(ended.stderr).toContain('it ignored SIGTERM for 200 ms and was killed by SIGKILL');
  });

  it.each(['int', 'SIGINT', 'Int', '2'])('sends the signal of --signal: %s', async (signal) => {
    const ended = await sh(
      'trap "echo interrupted; exit 5" INT; while :; do sleep 0.05; done',
      '--timeout',
      '500ms',
      '--signal',
      signal,
    );
    expect(ended).toMatchObject({ status: 124, stdout: 'interrupted\n' });
    expect(ended.stderr).toContain('SIGINT was sent, it exited with code 5');
  });

  it('ends a stopped command', async () => {
    expect((await sh('kill -STOP $$', '--timeout', '500ms')).status).toBe(124);
  });
});

describe('spillway run --idle-timeout', () => {
  it('ends a silent command, and spares one that writes', async () => {
    const ended = await sh(
      'for i in 1 2 3 4; do sleep 0.4; echo $i; done; sleep 1000',
      '--idle-timeout',
      '1500ms',
    );
    expect(ended).toMatchObject({ status: 124, stdout: '1\n2\n3\n4\n' });
    expect(ended.stderr).toContain('was silent for 1.5 s');
  });

  it('counts stderr, and output that is not shown', async () => {
    const script = 'for i in 1 2 3 4; do sleep 0.4; echo $i >&2; done';
    expect(await sh(script, '--quiet', '--idle-timeout', '1500ms')).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('spillway run --log', () => {
  it('appends both streams, and shows them', async () => {
    writeFileSync(path('log'), 'before\n');
    const ended = await sh('echo out; sleep 0.1; echo err >&2', '--log', path('log'));
    expect(ended).toMatchObject({ status: 0, stdout: 'out\n', stderr: 'err\n' });
    expect(text('log')).toBe('before\nout\nerr\n');
  });

  it('has the output while the command runs', async () => {
    const child = startSpillway([
      'run',
      '--log',
      path('log'),
      '--',
      'sh',
      '-c',
      'echo first; read x; echo second',
    ]);
    const end = endOf(child);
    await until(() => text('log') === 'first\n');
    child.stdin?.end('\n');
    expect((await end).stdout).toBe('first\nsecond\n');
    expect(text('log')).toBe('first\nsecond\n');
  });

  it('with --quiet shows nothing', async () => {
    const ended = await sh('echo out; echo err >&2; exit 3', '--quiet', '--log', path('log'));
    expect(ended).toEqual({ status: 3, signal: null, stdout: '', stderr: '' });
    expect(text('log').split('\n').sort()).toEqual(['', 'err', 'out']);
  });

  it('--log-timestamps begins each line with time and stream', async () => {
    await sh(
      'printf "a\\n\\nb\\n"; sleep 0.1; printf "c\\nend" >&2',
      '--log',
      path('log'),
      '--log-timestamps',
    );
    const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
    const lines = ['out a', 'out ', 'out b', 'err c', 'err end'].map((line) => `${time} ${line}\n`).join('');
    expect(text('log')).toMatch(new RegExp(`^${lines}$`));
  });

  it('keeps the lines of two attempts apart', async () => {
    const retries = ['--retry', '1', '--retry-delay', '1ms'];
    await sh('printf half; exit 1', '--log', path('log'), '--log-timestamps', ...retries);
    expect(text('log')).toMatch(/^\S+ out half\n\S+ out half\n$/);
  });

  it.each([
    ['a directory that does not exist', '/no/such/log', 'no such file or directory (ENOENT)'],
    ['a directory', '/', 'illegal operation on a directory (EISDIR)'],
  ])('refuses %s, and runs nothing', async (_what, log, reason) => {
    const ended = await sh(`touch ${path('ran')}`, '--log', log);
    expect(ended).toMatchObject({
      status: 125,
      stderr: `spillway: the log ${log} cannot be opened: ${reason}\n`,
    });
    expect(existsSync(path('ran'))).toBe(false);
  });

  it('refuses a pipe without a reader instead of waiting for one', async () => {
    execFileSync('mkfifo', [path('pipe')]);
    const ended = await run('--log', path('pipe'), 'true');
    expect(ended).toMatchObject({ status: 125, stderr: expect.stringContaining('a pipe without a reader') });
  });

  it('ends the command when the log is full', async () => {
    const ended = await sh('echo hi; exec sleep 1000', '--log', '/dev/full');
    expect(ended.status).toBe(125);
    expect(ended.stderr).toContain('the log /dev/full cannot be written: no space left on device (ENOSPC)');
  });

  it('reports that only the last line cannot be written', async () => {
    const ended = await sh('printf hi', '--log', '/dev/full', '--log-timestamps');
    expect(ended).toMatchObject({ status: 125, stdout: 'hi', stderr: expect.stringContaining('ENOSPC') });
  });
});

describe('spillway run --quiet', () => {
  it('hides the output, and shows the messages', async () => {
    const ended = await sh('echo out; echo err >&2; kill -SEGV $$', '--quiet');
    expect(ended).toMatchObject({
      status: 139,
      stdout: '',
      stderr: expect.stringMatching(/^spillway: .*SIGSEGV.*\n$/),
    });
  });
});

describe('spillway run --json', () => {
  it('writes one line to stderr', async () => {
    const ended = await run('--json', '--cwd', '/', 'sh', '-c', 'exit 3');
    expect(ended.stderr.endsWith('\n')).toBe(true);
    expect(JSON.parse(ended.stderr)).toMatchObject({
      file: 'sh',
      args: ['-c', 'exit 3'],
      status: 3,
      ok: false,
      reason: 'exit',
      exitCode: 3,
      signal: null,
      cwd: '/',
      attempts: 1,
      pid: expect.any(Number),
      durationMs: expect.any(Number),
      startedAt: expect.stringMatching(/Z$/),
      cpu: { userMs: expect.any(Number), systemMs: expect.any(Number) },
      message: expect.stringMatching(/^sh -c 'exit 3' exited with code 3 after/),
    });
  });

  it('writes it in place of the message', async () => {
    const { stderr } = await run('--json', '--timeout', '200ms', 'sleep', '1000');
    expect(JSON.parse(stderr)).toMatchObject({
      status: 124,
      reason: 'timeout',
      signal: 'SIGTERM',
      exitCode: null,
      message: expect.stringContaining('timed out after'),
    });
  });

  it('writes it when the command could not be started', async () => {
    const { stderr } = await run('--json', 'spillway-no-such-program');
    expect(JSON.parse(stderr)).toMatchObject({
      status: 127,
      ok: false,
      reason: 'not-started',
      code: 'ENOENT',
    });
  });

  it('leaves the message when --json-file takes the line', async () => {
    writeFileSync(path('result'), 'something longer than the result that was here before\n'.repeat(100));
    const ended = await run('--json-file', path('result'), 'sh', '-c', 'kill -SEGV $$');
    expect(ended.stderr).toContain('killed by SIGSEGV');
    expect(JSON.parse(text('result'))).toMatchObject({ status: 139, reason: 'signal', signal: 'SIGSEGV' });
    expect(text('result')).toMatch(/^[^\n]*\n$/);
  });

  it('refuses a file that cannot be written before it runs the command', async () => {
    const ended = await sh(`touch ${path('ran')}`, '--json-file', '/no/such/file');
    expect(ended.status).toBe(125);
    expect(ended.stderr).toMatch(
      /^spillway: the result file \/no\/such\/file cannot be opened: no such file/,
    );
    expect(existsSync(path('ran'))).toBe(false);
  });
});

describe('spillway run --retry', () => {
  const fails = (until: number, how = 'exit 7') =>
    `echo x >> ${path('tries')}; test $(wc -l < ${path('tries')}) -ge ${until} || ${how}`;
  const tries = () => text('tries').length / 2;

  it('runs the command again until it succeeds', async () => {
    const ended = await sh(fails(3), '--retry', '5', '--retry-delay', '10ms', '--json-file', path('result'));
    expect(ended.status).toBe(0);
    expect(tries()).toBe(3);
    const lines = ended.stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(
      /^spillway: attempt 1 of 6 failed: sh -c .* exited with code 7 after .*; next in \d+ ms$/,
    );
    expect(lines[1]).toMatch(/^spillway: attempt 2 of 6 failed: /);
    expect(JSON.parse(text('result'))).toMatchObject({ ok: true, attempts: 3 });
  });

  it('gives up with the last status', async () => {
    expect((await sh(fails(9), '--retry', '2', '--retry-delay', '10ms')).status).toBe(7);
    expect(tries()).toBe(3);
  });

  it('retries after a signal and after a timeout, with the whole timeout each time', async () => {
    await sh(fails(2, 'kill -KILL $$'), '--retry', '1', '--retry-delay', '10ms');
    expect(tries()).toBe(2);
    const ended = await sh(
      fails(4, 'sleep 1000'),
      '--retry',
      '1',
      '--retry-delay',
      '10ms',
      '--timeout',
      '1s',
    );
    expect(ended).toMatchObject({ status: 0, stderr: expect.stringContaining('timed out after') });
    expect(tries()).toBe(4);
  });

  it.each(['exit 126', 'exit 127', 'exit 125'])('does not retry after %s', async (how) => {
    await sh(fails(9, how), '--retry', '3', '--retry-delay', '10ms');
    expect(tries()).toBe(1);
  });

  it('does not retry a command that cannot be started', async () => {
    const ended = await run('--retry', '3', 'spillway-no-such-program');
    expect(ended.status).toBe(127);
    expect(ended.stderr).not.toContain('attempt');
  });

  it('does not retry when a signal to spillway has ended the command', async () => {
    const child = startSpillway([
      'run',
      '--retry',
      '3',
      '--',
      'sh',
      '-c',
      `echo x >> ${path('tries')}; exec sleep 1000`,
    ]);
    const end = endOf(child);
    await until(() => tries() === 1);
    child.kill('SIGTERM');
    expect(await end).toMatchObject({ status: 143, stderr: '' });
    expect(tries()).toBe(1);
  });

  it('stops waiting for the next attempt at a signal', async () => {
    const child = startSpillway(['run', '--retry', '3', '--retry-delay', '1h', 'false']);
    let said = '';
    child.stderr?.on('data', (chunk) => {
      said += chunk;
    });
    const end = endOf(child);
    await until(() => /attempt 1 of 4 failed: .*; next in \d+ (?:h|min)/.test(said));
    child.kill('SIGINT');
    expect(await end).toMatchObject({ status: 130, signal: null });
  });
});

describe('spillway', () => {
  it.each([
    [['run'], 'missing required argument'],
    [['run', '--bogus', 'true'], "unknown option '--bogus'"],
    [['run', '--timeout'], 'argument missing'],
    [['frobnicate'], "unknown command 'frobnicate'"],
    [['run', '--bo\ngus\u001b[31m', 'true'], "unknown option '--bo\\ngus\\x1b[31m'"],
    [['frob\nnicate'], "unknown command 'frob\\nnicate'"],
    [['run', '--timeout', '30', 'true'], '--timeout is "30"; allowed: a number with a unit, such as 30s'],
    [['run', '--timeout', 'soon', 'true'], '--timeout is "soon"; allowed: 250ms, 30s, 1h30m'],
    [['run', '--idle-timeout', '-1s', 'true'], '--idle-timeout is "-1s"'],
    [['run', '--grace', '', 'true'], '--grace is ""'],
    [['run', '--signal', 'NOPE', 'true'], '--signal is "NOPE"; allowed: a signal such as TERM, SIGINT or 15'],
    [['run', '--signal', '0', 'true'], '--signal is "0"'],
    [['run', '--signal', '65', 'true'], '--signal is "65"'],
    [['run', '--retry', '-1', 'true'], '--retry is "-1"'],
    [['run', '--retry', '1.5', 'true'], '--retry is "1.5"'],
    [['run', '--retry-delay', 'infinity', 'true'], '--retry-delay is infinity; at most 24 h'],
    [['run', '--env', 'NAME', 'true'], '--env is "NAME"; allowed: NAME=VALUE'],
    [['run', '--env', '=x', 'true'], '--env is "=x"'],
    [['run', '--cwd', '', 'true'], 'cwd is '],
    [['run', '--log-timestamps', 'true'], '--log-timestamps needs --log FILE'],
    [['run', ''], 'file is '],
  ])('refuses %j', async (args, message) => {
    const ended = await spillway(args);
    expect(ended).toMatchObject({ status: 125, stdout: '' });
    expect(ended.stderr).toMatch(/^spillway: /);
    expect(ended.stderr).toContain(message);
  });

  it('prints the help to stderr when no command is given', async () => {
    expect(await spillway([])).toMatchObject({
      status: 125,
      stdout: '',
      stderr: expect.stringContaining('Usage:'),
    });
  });

  it.each([[['--help']], [['run', '--help']], [['help', 'run']]])(
    '%j prints the help and exits with 0',
    async (args) => {
      expect(await spillway(args)).toMatchObject({
        status: 0,
        stdout: expect.stringContaining('Usage:'),
        stderr: '',
      });
    },
  );

  it('prints the version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(await spillway(['--version'])).toMatchObject({ status: 0, stdout: `${version}\n` });
  });
});
