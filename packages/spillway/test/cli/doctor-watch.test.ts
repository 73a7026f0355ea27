/** `spillway doctor --watch`. */
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { afterEach, describe, expect } from 'vitest';
import { diagnose } from '../../src/doctor/index.js';
import { endHanging, foundIn, python, startHanging } from '../helpers/hanging.js';
import { checkForLeaks, until } from '../helpers/leaks.js';
import { sideBySide } from '../helpers/side-by-side.js';
import { type Ended, endOf, MAIN, spillway, startSpillway } from './spillway.js';

checkForLeaks();
endHanging();

const it = sideBySide(4);

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** A short pause, so that tests wait for the doctor rather than for the time. */
const OFTEN = ['--interval', '200ms'];

/** A watch, and what it has said so far. */
function watch(...args: string[]) {
  const child = startSpillway(['doctor', '--watch', ...args]);
  started.push(child);
  let said = '';
  child.stdout?.on('data', (chunk) => {
    said += chunk;
  });
  const ended: Promise<Ended> = endOf(child);
  const says = (text: string | RegExp) =>
    until(
      () => said.search(text) >= 0,
      () => `not said: ${text}; but: ${said}`,
      30_000,
    );
  return { child, ended, says, said: () => said };
}

/** The process that another one waits for. */
async function childOf(pid: number): Promise<number> {
  const { activities } = await diagnose({ pids: [pid] });
  return activities.find(({ process }) => process.pid !== pid)?.process.pid as number;
}

describe('spillway doctor --watch', () => {
  it('reports what hangs, what changes, and ends with the processes that it watches', async () => {
    const { pid } = python('unread_output');
    await foundIn(pid, 'deadlock');
    const other = startHanging('sleep', ['1000']);
    const { says, ended, said } = watch(...OFTEN, String(pid), String(other.pid));
    await says(/^Found one deadlock: 2 processes wait for each other[\s\S]*Fix: /);
    process.kill(await childOf(pid), 'SIGKILL');
    await says('Over: the deadlock of python3');
    await says(/Over: the deadlock of [\s\S]*has ended/);
    await says(/Healthy: 1 process looked at, none of which hangs/);
    other.kill('SIGKILL');
    const { status, stderr } = await ended;
    expect([status, stderr]).toEqual([0, '']);
    expect(said()).toMatch(new RegExp(`\\n\\d\\d:\\d\\d:\\d\\d {2}${other.pid} has ended\\.\\n$`));
    expect(said().match(/Found one deadlock/g)).toHaveLength(1);
  });

  it('reports a hang that begins later, in full', async () => {
    const shell = startHanging('sh', ['-c', 'read line; kill -STOP $$'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const { says, ended } = watch(...OFTEN, String(shell.pid));
    await says(/^Healthy: 1 process/);
    shell.stdin?.end('\n');
    await says(/\n\d\d:\d\d:\d\d\n\nsh\[\d+\] is stopped[\s\S]*Now: kill -CONT \d+\n/);
    shell.kill('SIGCONT');
    await says(/Over: sh\[\d+\] is no longer stopped\./);
    // It goes on to its end, and so does the watch.
    expect(await ended).toMatchObject({ status: 0, signal: null, stderr: '' });
  });

  it('with --json writes a line for each change, the first for the beginning', async () => {
    const { pid } = python('unread_output');
    await foundIn(pid, 'deadlock');
    const { says, ended, said } = watch('--json', ...OFTEN, String(pid));
    await says(/\n/);
    process.kill(await childOf(pid), 'SIGKILL');
    expect((await ended).status).toBe(0);
    const lines = said()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines[0]).toMatchObject({ state: 'hung', appeared: [{ kind: 'deadlock' }], gone: [], ended: [] });
    expect(lines[0].at).toMatch(/^\d{4}-\d\d-\d\dT/);
    const later = lines.slice(1);
    expect(later.flatMap(({ appeared }) => appeared)).toEqual([]);
    expect(later.flatMap(({ gone }) => gone.map(({ kind }: { kind: string }) => kind))).toEqual(['deadlock']);
    expect(later.flatMap((one) => one.ended)).toEqual([pid]);
  });

  it('ends on SIGINT, SIGTERM and SIGHUP during its pause, with the status of the last look', async () => {
    const { pid } = python('unread_output');
    await foundIn(pid, 'deadlock');
    const ends = await Promise.all(
      (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map(async (signal) => {
        // The default pause of two seconds.
        const { says, child, ended } = watch(String(pid));
        await says('Fix: ');
        child.kill(signal);
        const { status, signal: endedBy, stderr } = await ended;
        return { sent: signal, status, endedBy, stderr };
      }),
    );
    const end = { status: 1, endedBy: null, stderr: '' };
    expect(ends).toEqual(['SIGINT', 'SIGTERM', 'SIGHUP'].map((sent) => ({ sent, ...end })));
  });

  it('ends as the first command of a pipeline when the last has ended', async () => {
    const { pid } = startHanging('sleep', ['1000']);
    const line = `"$0" "$1" doctor --watch ${OFTEN.join(' ')} ${pid} | head -1`;
    const { stdout } = await endOf(
      startHanging('bash', ['-c', line, process.execPath, MAIN], { stdio: 'pipe' }),
    );
    expect(stdout).toMatch(/^Healthy: 1 process/);
  });

  it('ends when the reader of its output has gone', async () => {
    const { pid } = startHanging('sleep', ['1000']);
    const { says, child, ended } = watch(...OFTEN, String(pid));
    await says('Healthy');
    child.stdout?.destroy();
    expect(await ended).toMatchObject({ status: 0, signal: null });
  });

  it('goes on while its output goes to a file or to /dev/null', async () => {
    const other = startHanging('sleep', ['1000']);
    const nowhere = openSync('/dev/null', 'w');
    const child = startSpillway(['doctor', '--watch', ...OFTEN, String(other.pid)], {
      stdio: ['ignore', nowhere, 'pipe'],
    });
    started.push(child);
    closeSync(nowhere);
    const ended = endOf(child);
    // Two whole doctors that start later have ended: by then this one has looked, too.
    for (let i = 0; i < 2; i++) await spillway(['doctor', String(other.pid)]);
    expect([child.exitCode, child.signalCode]).toEqual([null, null]);
    other.kill('SIGKILL');
    expect(await ended).toMatchObject({ status: 0, stderr: '' });
  });

  it('is a usage error with --from, --snapshot or --graph', async () => {
    const others = { '--from': 'x', '--snapshot': 'x', '--graph': 'x.svg' };
    const ends = await Promise.all(
      Object.entries(others).map((option) => spillway(['doctor', '--watch', ...option])),
    );
    for (const [index, option] of Object.keys(others).entries()) {
      const { status, stdout, stderr } = ends[index] as Ended;
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(`--watch looks again and again; it cannot be given with ${option}`);
    }
  });

  it('exits with 2 when there is no such process', async () => {
    const { status, stdout, stderr } = await spillway(['doctor', '--watch', '4194304']);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^spillway: .*4194304/);
  });
});

describe('spillway doctor --interval', () => {
  it.each([
    ['is too short', ['--watch', '--interval', '99ms'], '--interval is "99ms"; allowed: 100ms to 24h'],
    ['is too long', ['--watch', '--interval', '25h'], '--interval is "25h"; allowed: 100ms to 24h'],
    ['has no unit', ['--watch', '--interval', '5'], '--interval is "5"; allowed: 100ms to 24h'],
    ['is negative', ['--watch', '--interval=-1s'], '--interval is "-1s"; allowed: 100ms to 24h'],
    ['is infinite', ['--watch', '--interval', 'infinity'], '--interval is "infinity"; allowed: 100ms to 24h'],
    ['is empty', ['--watch', '--interval', ''], '--interval is ""; allowed: 100ms to 24h'],
    ['has no value', ['--watch', '--interval'], "option '--interval <duration>' argument missing"],
    [
      'is given without --watch',
      ['--interval', '1s'],
      '--interval is the pause between the looks of --watch',
    ],
  ])('is a usage error when it %s', async (_what, args, message) => {
    const { status, stdout, stderr } = await spillway(['doctor', ...args]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^spillway: /);
    expect(stderr).toContain(message);
  });

  it('of 100ms, the shortest, is accepted', async () => {
    const other = startHanging('sleep', ['1000']);
    const { ended, says } = watch('--interval', '100ms', String(other.pid));
    await says('Healthy');
    other.kill('SIGKILL');
    expect(await ended).toMatchObject({ status: 0, stderr: '' });
  });
});
