/**
 * What `spillway timeout` was started with, and what befalls it: signals, its own end, a stderr without a
 * reader.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { checkForLeaks, isAlive, scratchDirectory, until } from '../../helpers/leaks.js';
import { stateOf } from '../../helpers/processes.js';
import { sideBySide } from '../../helpers/side-by-side.js';
import { endOf } from '../spillway.js';
import { noGnu, plainEnvironment, script, startTimeout, type Timeout, timeout, words } from './timeout.js';

checkForLeaks();

const it = sideBySide(4);

const inFile = (name: string) => {
  const path = join(scratchDirectory(), name);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
};
/** The pid that a script has written there with its newline. */
const pidIn = async (name: string) => {
  await until(() => inFile(name).endsWith('\n'));
  return Number(inFile(name));
};
const here = () => ({ cwd: scratchDirectory() });
const programs = (noGnu ? ['spillway'] : ['spillway', 'gnu']) as Timeout[];

describe.each(programs)('%s timeout, started with', (program) => {
  const lines = (name: string) => `grep ${name} /proc/self/status`;

  it('SIGPIPE and others ignored, leaves them ignored in the command', async () => {
    const signals = 'PIPE USR1 USR2 WINCH TSTP CHLD TTIN TTOU HUP INT QUIT TERM ALRM';
    const { stdout } = await script(`trap '' ${signals}; timeout 10 ${lines('SigIgn')}`, program);
    // USR1, USR2, PIPE, TSTP and WINCH; the rest are timeout's own affair.
    expect(stdout).toBe('SigIgn:\t0000000008081a00\n');
  });

  it('nothing ignored, leaves nothing ignored, though Node ignores SIGPIPE', async () => {
    const { stdout } = await script(`timeout 10 ${lines('Sig[IB]')}`, program);
    expect(stdout).toBe('SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n');
  });

  it('SIGCHLD ignored, does not lose the exit', async () => {
    const { stdout } = await script(
      `(trap '' CHLD; exec ${words(program)} 10 sh -c 'exit 7'); echo $?`,
      program,
    );
    expect(stdout).toBe('7\n');
  });

  it.each(['ALRM', 'CHLD', 'TERM'])('SIG%s blocked, ends at its time', async (signal) => {
    const blocked = ['-c', BLOCK, `SIG${signal}`, ...words(program).split(' ')];
    const child = spawn('python3', [...blocked, '-k.1', '.1', 'sleep', '1000'], { env: plainEnvironment() });
    const { status, signal: end } = await endOf(child);
    expect(end ?? status).toBe(signal === 'TERM' ? 'SIGKILL' : 124);
  });

  it('SIGUSR1 blocked, leaves it blocked in the command', async () => {
    const blocked = ['-c', BLOCK, 'SIGUSR1', ...words(program).split(' ')];
    const child = spawn('python3', [...blocked, '10', 'grep', 'SigBlk', '/proc/self/status'], {
      env: plainEnvironment(),
    });
    expect((await endOf(child)).stdout).toBe('SigBlk:\t0000000000000200\n');
  });

  it('a child, waits for its own command', async () => {
    const { stdout } = await script(
      `(sleep .1 & exec ${words(program)} .5 sh -c 'sleep 2; echo foo'); echo $?`,
      program,
    );
    expect(stdout).toBe('124\n');
  });

  it('other descriptors, leaves them to the command', async () => {
    writeFileSync(join(scratchDirectory(), 'text'), 'from nine\n');
    const text = 'exec 9<text 7>&1; timeout 10 sh -c "cat <&9; echo to seven >&7; echo x >&8"; echo $?';
    const { stdout } = await script(text, program, here());
    expect(stdout).toBe('from nine\nto seven\n2\n');
  });

  it('stdin, stdout or stderr closed, leaves them closed in the command', async () => {
    const list = 'ls -l /proc/self/fd';
    const { stdout } = await script(
      `timeout 10 ${list} <&- | grep -c ' 0 -> /dev/null'
       timeout 10 sh -c '${list} 2>&1' 2>&- | grep -c ' 2 -> /dev/null'`,
      program,
    );
    expect(stdout).toBe('0\n0\n');
  });

  it('init as its parent, ends at its time', async () => {
    const unshare = 'unshare --pid --fork --map-root-user';
    const text = `${unshare} true || { echo 0 124; exit; }
      ${unshare} ${words(program)} 10 true; a=$?; ${unshare} ${words(program)} .1 sleep 1000; echo $a $?`;
    expect((await script(text, program)).stdout).toBe('0 124\n');
  });
});

/** Blocks a signal and executes the rest of its words. */
const BLOCK =
  'import os, signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.Signals[sys.argv[1]]]); ' +
  'os.execvp(sys.argv[2], sys.argv[2:])';

describe('spillway timeout, at a signal to it,', () => {
  it.each([
    'SIGTERM',
    'SIGINT',
    'SIGHUP',
    'SIGQUIT',
    'SIGUSR1',
    'SIGUSR2',
    'SIGXCPU',
    'SIGPROF',
    'SIGVTALRM',
  ] as const)('passes %s on to the command, and both end', async (signal) => {
    const child = startTimeout(['100', 'sh', '-c', 'echo $$ >pid; exec sleep 1000'], here());
    const pid = await pidIn('pid');
    child.kill(signal);
    expect(await endOf(child)).toMatchObject({ signal });
    expect(isAlive(pid)).toBe(false);
  });

  it('leaves the status to a command that handles the signal', async () => {
    const child = startTimeout(
      ['100', 'sh', '-c', "trap 'exit 9' USR1; echo $$ >pid; while :; do sleep .01; done"],
      here(),
    );
    await pidIn('pid');
    child.kill('SIGUSR1');
    expect(await endOf(child)).toMatchObject({ status: 9 });
  });

  it('takes SIGALRM for the end of the time', async () => {
    const child = startTimeout(['100', 'sh', '-c', 'echo $$ >pid; exec sleep 1000'], here());
    await pidIn('pid');
    child.kill('SIGALRM');
    expect(await endOf(child)).toMatchObject({ status: 124 });
  });

  it('starts the time of --kill-after', async () => {
    const child = startTimeout(['-k.1', '100', 'sh', '-c', "trap '' TERM; echo $$ >pid; sleep 1000"], here());
    const pid = await pidIn('pid');
    child.kill('SIGTERM');
    expect(await endOf(child)).toMatchObject({ signal: 'SIGKILL' });
    await until(() => !isAlive(pid));
  });
});

describe.each(programs)('The process group of %s timeout', (program) => {
  it('is shared with the command', async () => {
    const text =
      'timeout 10 sh -c "ps -o pid=,ppid=,pgid= -p \\$\\$"; ' +
      'timeout --foreground 10 sh -c "ps -o pgid= -p \\$\\$"; ps -o pgid= -p $$';
    const numbers = (await script(text, program)).stdout.trim().split(/\s+/).map(Number);
    const [pid, parent, group, foreground, own] = numbers;
    expect(group).toBe(parent);
    expect(group).not.toBe(pid);
    expect(foreground).toBe(own);
  });

  it('ends at its time with all that the command started', async () => {
    const child = startTimeout(['.3', 'sh', '-c', 'sleep 1000 & echo $! >pid; wait'], here(), program);
    const pid = await pidIn('pid');
    expect(await endOf(child)).toMatchObject({ status: 124 });
    await until(() => !isAlive(pid));
  });

  it('is not signalled with --foreground, and processes that have left it never are', async () => {
    const left =
      'sleep 1000 </dev/null >/dev/null 2>&1 & echo $! >in; ' +
      'setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo $! >out; exec sleep 1000';
    for (const options of [['--foreground'], []]) {
      const child = startTimeout([...options, '.3', 'sh', '-c', left], here(), program);
      expect(await endOf(child)).toMatchObject({ status: 124 });
      const [inside, outside] = [Number(inFile('in')), Number(inFile('out'))];
      if (options.length > 0) {
        expect(isAlive(inside)).toBe(true);
        process.kill(inside, 'SIGKILL');
      } else await until(() => !isAlive(inside));
      expect(isAlive(outside)).toBe(true);
      process.kill(outside, 'SIGKILL');
    }
  });

  it('gets the signals that the command sends to its own group by kill 0', async () => {
    expect(await timeout(['10', 'sh', '-c', 'kill -TERM 0; sleep 1000'], {}, program)).toMatchObject({
      signal: 'SIGTERM',
    });
  });

  it('is continued, so that a stopped command can end', async () => {
    expect(await timeout(['.2', 'sh', '-c', 'kill -STOP $$; sleep 1000'], {}, program)).toMatchObject({
      status: 124,
    });
  });

  it('passes the end of an outer timeout on to an inner one', async () => {
    const inner = [...words(program).split(' '), '-sINT', '25'];
    const command = ['sh', '-c', 'trap "echo int >got; exit" INT; echo $$ >pid; while :; do sleep .01; done'];
    const child = startTimeout(['-sALRM', '30', ...inner, ...command], here(), program);
    await pidIn('pid');
    child.kill('SIGALRM');
    expect(await endOf(child)).toMatchObject({ status: 124 });
    expect(inFile('got')).toBe('int\n');
  });
});

describe('spillway timeout, killed by SIGKILL,', () => {
  it.each([
    [[], 'term'],
    [['-s', 'USR1'], 'usr1'],
    [['--foreground', '-s', 'INT'], 'int'],
  ])('with %j, leaves the command the chosen signal %s', async (options, got) => {
    const traps = ['TERM', 'USR1', 'INT']
      .map((name) => `trap 'echo ${name.toLowerCase()} >got; exit' ${name}`)
      .join(';');
    const child = startTimeout(
      [...options, '100', 'sh', '-c', `${traps}; echo $$ >pid; while :; do sleep .01; done`],
      here(),
    );
    const pid = await pidIn('pid');
    // With --foreground the guard needs the pid, which spillway has sent to it before it sleeps itself.
    await until(() => stateOf(child.pid as number) === 'S');
    const ended = endOf(child);
    child.kill('SIGKILL');
    await until(() => inFile('got') === `${got}\n` && !isAlive(pid));
    expect(await ended).toMatchObject({ signal: 'SIGKILL' });
  });

  it('just after its start, leaves the signal to the group', async () => {
    const { GUARD_SCRIPT } = await import('../../../src/cli/timeout/guard.js');
    const other = spawn('sleep', ['1000'], { stdio: 'ignore', detached: true });
    const ended = endOf(other);
    const guard = spawn('sh', ['-c', GUARD_SCRIPT]);
    guard.stdin.end(`10 ${other.pid}\n`);
    await endOf(guard);
    expect(await ended).toMatchObject({ signal: 'SIGUSR1' });
  });

  it('spares a process that has got the pid of the command', async () => {
    // Nothing can make the kernel give out a pid twice on demand, so the guard is asked on its own.
    const { GUARD_SCRIPT } = await import('../../../src/cli/timeout/guard.js');
    const { processStat } = await import('../../../src/system/index.js');
    const other = spawn('sleep', ['1000'], { stdio: 'ignore' });
    const { startTime } = processStat(other.pid as number) as { startTime: string };
    const guard = (start: string) => {
      const child = spawn('sh', ['-c', GUARD_SCRIPT]);
      child.stdin.end(`15 0\n${other.pid} ${start}\n`);
      return endOf(child);
    };
    await guard(`${startTime}1`);
    expect(isAlive(other.pid as number)).toBe(true);
    const ended = endOf(other);
    await guard(startTime);
    expect(await ended).toMatchObject({ signal: 'SIGTERM' });
  });

  it('needs its guard, which is gone after the command', async () => {
    const text = 'timeout 10 true; timeout .1 sleep 1000; timeout 10 nix 2>/dev/null; ps -o args= -g $$';
    expect((await script(text)).stdout).not.toMatch(/read -r pid/);
  });
});

describe('The messages of spillway timeout', () => {
  it('do not end it when their reader has gone', async () => {
    const { stdout } = await script(
      '{ timeout -v -k 5 .1 sleep 1000 2>&3; echo $? >&4; } 3>&1 4>status | true; cat status',
      'spillway',
      here(),
    );
    expect(stdout).toBe('124\n');
  });

  it('do not hold it up when stderr is full', async () => {
    // A pipe filled to the brim, and held open by who does not read.
    const text = `mkfifo pipe; sleep 1000 <>pipe & holder=$!
      exec 5<>pipe; dd if=/dev/zero of=pipe bs=65536 count=1 oflag=nonblock 2>/dev/null
      timeout -v .1 sleep 1000 2>pipe; echo $?; kill $holder`;
    expect((await script(text, 'spillway', here())).stdout).toBe('124\n');
  });

  it('leave the flags of inherited descriptors alone', async () => {
    const flags =
      'for fd in 7 8 9; do echo $(($(sed -n "s/^flags:.//p" /proc/self/fdinfo/$fd) & 04000)); done >flags';
    const text = `mkfifo pipe; exec 6<>pipe
      { timeout -v .1 sleep 1000; timeout 10 true; ${flags}; } <pipe 7<&0 2>&1 8>&1 9>&2 | cat`;
    await script(text, 'spillway', here());
    expect(inFile('flags')).toBe('0\n0\n0\n');
  });
});
