/**
 * `spillway timeout` without a terminal: the same words as for GNU's timeout give the same status and
 * messages.
 */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { checkForLeaks, scratchDirectory } from '../helpers/leaks.js';
import { sideBySide } from '../helpers/side-by-side.js';
import { endOf, PROGRAM, spillway } from './spillway.js';
import { noGnu, plainEnvironment, script, startTimeout, timeout } from './timeout.js';

checkForLeaks();

const it = sideBySide(3);

/** A script that does this at SIGTERM, and else nothing. */
const atTerm = (action: string) => `exec 2>/dev/null; trap '${action}' TERM; while :; do sleep 0.01; done`;

const HINT = "Try 'timeout --help' for more information.\n";

describe('The exit status of spillway timeout is', () => {
  it.each([
    ['that of the command', ['10', 'sh', '-c', 'exit 2'], { status: 2 }],
    ['that of a command without a limit', ['0', 'sh', '-c', 'exit 3'], { status: 3 }],
    ['that of a command whose limit exceeds every timer', ['9223372036854775808d', 'true'], { status: 0 }],
    ['124 when the time is up', ['.1', 'sleep', '1000'], { status: 124 }],
    ['124 for the shortest time', ['1e-5000', 'sleep', '1000'], { status: 124 }],
    ['124 whatever the command exits with', ['.1', 'sh', '-c', atTerm('exit 0')], { status: 124 }],
    ['that of the command with -p', ['-p', '.1', 'sh', '-c', atTerm('exit 3')], { status: 3 }],
    ['128+n with -p', ['-p', '-sINT', '.1', 'sleep', '1000'], { status: 130 }],
    ['128+n with -p for a real-time signal', ['-p', '-s', 'RTMIN+2', '.1', 'sleep', '1000'], { status: 164 }],
    ['137 in the foreground', ['-f', '-sKILL', '.1', 'sleep', '1000'], { status: 137 }],
    ['137 after -k', ['-f', '-s0', '-k.1', '.1', 'sleep', '1000'], { status: 137 }],
    ['none when it is killed with its group', ['-s0', '-k.1', '.1', 'sleep', '1000'], { signal: 'SIGKILL' }],
    [
      'none when it dies by the signal of the command',
      ['10', 'sh', '-c', 'kill -TERM $$'],
      { signal: 'SIGTERM' },
    ],
    ['none when the command dies of a fault', ['10', 'sh', '-c', 'kill -SEGV $$'], { signal: 'SIGSEGV' }],
  ])('%s', async (_what, args, end) => {
    const ended = await timeout(args);
    expect(ended).toMatchObject({ status: null, signal: null, stdout: '', stderr: '', ...end });
  });
});

describe.skipIf(noGnu)(`spillway timeout ends as GNU's does${noGnu ? ` (skipped: ${noGnu})` : ''}:`, () => {
  it.each(
    [
      ['invalid', 'true'],
      ['42D', 'true'],
      ['10€', 'true'],
      [' -0.1', 'true'],
      ['nan', 'true'],
      ['1ss', 'true'],
      ['0x1p-3', 'sleep', '1000'],
      [' 1', 'true'],
      ['--kill-after=invalid', '1', 'true'],
      ['--signal=invalid', '1', 'true'],
      ['-s', '65', '1', 'true'],
      ['-s', '271', '1', 'true'],
      ['-k'],
      ['-x', '1', 'true'],
      ['--nope', '1', 'true'],
      ['--p=3', '1', 'true'],
      ['--ve', '1', 'true'],
      ['1'],
      ['-1', 'true'],
      ['1', 'true', '--help'],
      ['1', '.'],
      ['1', '/'],
      ['1', '/etc/passwd'],
      ['1', '/etc/passwd/x'],
      ['1', 'spillway-no-such-program'],
      ['1', './spillway-no-such-program'],
      ['1', ''],
      ['1', 'x'.repeat(256)],
      ['1', "it's\n\\ a “word” \x01"],
      ['-v', '.1', 'sleep', '1000'],
      ['-v', '-s0', '-k.1', '--foreground', '.1', 'sleep', '1000'],
      ['-v', '-s0', '-k.1', '.1', 'sleep', '1000'],
      ['-v', '-k.1', '.1', 'sh', '-c', "trap '' TERM; sleep 1000"],
      ['-v', '-s', '50', '.1', 'sleep', '1000'],
      ['-v', '-s', 'usr1', '.1', 'sleep', '1000'],
      ['-s', 'CONT', '-k.1', '.1', 'sleep', '1000'],
      ['.1', 'sh', '-c', 'kill -STOP $$'],
      ['10', 'sh', '-c', 'kill -PIPE $$'],
      ['10', 'sh', '-c', 'kill -KILL $$'],
      ['10', 'sh', '-c', 'ulimit -c'],
      ['-s', 'HUP', '.1', 'timeout', '-s', 'HUP', '10', 'sleep', '1000'],
    ].map((args) => [args] as const),
  )('%j', async (args) => {
    // Ours and GNU's, in both locales.
    await Promise.all(
      ['C', 'C.UTF-8'].map(async (locale) => {
        const options = { env: { ...plainEnvironment(), LC_ALL: locale } };
        const [ours, theirs] = await Promise.all([timeout(args, options), timeout(args, options, 'gnu')]);
        // Before coreutils 9.6 it was EXIT.
        const stderr = theirs.stderr.replace('sending signal EXIT to', 'sending signal 0 to');
        expect(ours).toEqual({ ...theirs, stderr });
      }),
    );
  });
});

describe('spillway timeout', () => {
  it('has the same words when there is no GNU timeout to compare with', async () => {
    const options = { env: { ...plainEnvironment(), LC_ALL: 'C.UTF-8' } };
    expect(await timeout(['10€', 'true'], options)).toMatchObject({
      status: 125,
      stderr: `timeout: invalid time interval ‘10€’\n${HINT}`,
    });
    expect(await timeout(['-v', '-s0', '-k.1', '.1', 'sleep', '1000'])).toMatchObject({
      stderr:
        "timeout: sending signal 0 to command 'sleep'\ntimeout: sending signal KILL to command 'sleep'\n",
    });
    expect(await timeout(['10', 'spillway-no-such-program'])).toMatchObject({
      status: 127,
      stderr: "timeout: failed to run command 'spillway-no-such-program': No such file or directory\n",
    });
  });

  it('prints --help and --version', async () => {
    const help = await timeout(['--help']);
    expect(help).toMatchObject({ status: 0, stderr: '' });
    expect(help.stdout).toMatch(/^Usage: timeout \[OPTION\]\.\.\. DURATION COMMAND \[ARG\]\.\.\.\n/);
    expect((await timeout(['--vers'])).stdout).toMatch(/^timeout \(Spillway\) \d+\.\d+\.\d+\n$/);
  });

  it('exits with 125 when the disk is full under --help', async () => {
    const ended = await script('timeout --help >/dev/full');
    expect(ended).toMatchObject({
      status: 125,
      stderr: 'timeout: write error: No space left on device\n',
    });
  });

  it('is in the list of commands', async () => {
    expect((await spillway(['--help'])).stdout).toMatch(/^ {2}timeout\b.*time limit/m);
  });
});

describe('The command of spillway timeout', () => {
  it('has the standard streams', async () => {
    const child = startTimeout(['10', 'sh', '-c', 'cat; echo complaint >&2']);
    child.stdin?.end('hello');
    expect(await endOf(child)).toMatchObject({ status: 0, stdout: 'hello', stderr: 'complaint\n' });
  });

  it('gets every word as it was given, bytes that are not UTF-8 included', async () => {
    const ended = await script(`timeout 10 printf '%s|' a '' "$(printf '\\377b')" € | od -An -tx1`);
    expect(ended.stdout.replace(/\s+/g, ' ')).toBe(' 61 7c 7c ff 62 7c e2 82 ac 7c ');
  });

  it('is found as execvp finds it', async () => {
    const [refused, directory, good] = ['refused', 'directory', 'good'].map((name) => {
      mkdirSync(join(scratchDirectory(), name));
      return join(scratchDirectory(), name);
    }) as [string, string, string];
    writeFileSync(join(refused, 'probe'), 'echo wrong');
    mkdirSync(join(directory, 'probe'));
    writeFileSync(join(good, 'probe'), 'echo "$0|$1"');
    chmodSync(join(good, 'probe'), 0o755);
    const node = plainEnvironment().PATH;
    const within = (...path: string[]) => ({
      env: { ...plainEnvironment(), PATH: `${path.join(':')}:${node}` },
    });

    // A text without `#!` is a script of sh.
    expect(
      await timeout(['10', 'probe', 'x'], within('/nowhere', '/etc/passwd', refused, directory, good)),
    ).toMatchObject({
      status: 0,
      stdout: `${good}/probe|x\n`,
    });
    expect(await timeout(['10', 'probe'], within(refused, directory))).toMatchObject({
      status: 126,
      stderr: "timeout: failed to run command 'probe': Permission denied\n",
    });
    // An empty entry is the current directory.
    expect(await timeout(['10', 'probe', 'x'], { ...within(''), cwd: good })).toMatchObject({
      status: 0,
      stdout: './probe|x\n',
    });
  });

  it('is run by a link to the launcher with the name timeout', async () => {
    const link = join(scratchDirectory(), 'timeout');
    symlinkSync(PROGRAM, link);
    expect(await script(`${link} .1 sleep 1000; echo $?`)).toMatchObject({
      stdout: '124\n',
      stderr: '',
    });
  });

  it('does not learn how it was started', async () => {
    const [, ...lines] = (await timeout(['10', 'env'])).stdout.split('\n').sort();
    const before = Object.entries(plainEnvironment()).map(([name, value]) => `${name}=${value}`);
    const more = lines.filter((line) => !before.includes(line) && !/^(_|PWD|OLDPWD|SHLVL)=/.test(line));
    expect(more).toEqual([]);
  });
});
