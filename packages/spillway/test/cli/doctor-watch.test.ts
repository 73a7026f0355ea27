/** `spillway doctor --watch`. */
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { diagnose } from '../../src/doctor/index.js';
import { endHanging, foundIn, python, startHanging } from '../helpers/hanging.js';
import { checkForLeaks, until } from '../helpers/leaks.js';
import { type Ended, endOf, MAIN, spillway, startSpillway } from './spillway.js';

checkForLeaks();
endHanging();

let started: ChildProcess | undefined;
afterEach(() => started?.kill('SIGKILL'));

/** A watch, and what it has said so far. */
function watch(...args: string[]) {
  const child = startSpillway(['doctor', '--watch', ...args]);
  started = child;
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
  it('tells what there is, what changes, and ends with what it watches', async () => {
    const { pid } = python('unread_output');
    await foundIn(pid, 'deadlock');
    const other = startHanging('sleep', ['1000']);
    const { says, ended, said } = watch(String(pid), String(other.pid));
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

  it('tells of what begins later, in full', async () => {
    const shell = startHanging('sh', ['-c', 'read line; kill -STOP $$'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const { says, ended } = watch(String(shell.pid));
    await says(/^Healthy: 1 process/);
    shell.stdin?.end('\n');
    await says(/\n\d\d:\d\d:\d\d\n\nsh\[\d+\] is stopped[\s\S]*Now: kill -CONT \d+\n/);
    shell.kill('SIGCONT');
    await says(/Over: sh\[\d+\] is no longer stopped\./);
    // It goes on to its end, and so does the watch.
    expect(await ended).toMatchObject({ status: 0, signal: null, stderr: '' });
  });

  it('with --json gives a line for each change, the first for what there is', async () => {
    const { pid } = python('unread_output');
    await foundIn(pid, 'deadlock');
    const { says, ended, said } = watch('--json', String(pid));
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

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'ends by %s, with the status of the last look',
    async (signal) => {
      const { pid } = python('unread_output');
      await foundIn(pid, 'deadlock');
      const { says, child, ended } = watch(String(pid));
      await says('Fix: ');
      child.kill(signal);
      expect(await ended).toMatchObject({ status: 1, signal: null, stderr: '' });
    },
  );

  it('ends when it was the first command of a pipeline, and the last has ended', async () => {
    const { pid } = startHanging('sleep', ['1000']);
    const line = `"$0" "$1" doctor --watch ${pid} | head -1`;
    const { stdout } = await endOf(
      startHanging('bash', ['-c', line, process.execPath, MAIN], { stdio: 'pipe' }),
    );
    expect(stdout).toMatch(/^Healthy: 1 process/);
  });

  it('ends when nobody reads what it says', async () => {
    const { pid } = startHanging('sleep', ['1000']);
    const { says, child, ended } = watch(String(pid));
    await says('Healthy');
    child.stdout?.destroy();
    expect(await ended).toMatchObject({ status: 0, signal: null });
  });

  it('goes on while its output goes to a file or nowhere', async () => {
    const { pid } = startHanging('sleep', ['3']);
    const nowhere = openSync('/dev/null', 'w');
    const begun = performance.now();
    const { status } = await spillway(['doctor', '--watch', String(pid)], {
      stdio: ['ignore', nowhere, 'pipe'],
    });
    closeSync(nowhere);
    expect(status).toBe(0);
    expect(performance.now() - begun).toBeGreaterThan(2000);
  });

  it.each([
    [['--from', 'x'], '--from'],
    [['--snapshot', 'x'], '--snapshot'],
    [['--graph', 'x.svg'], '--graph'],
  ])('cannot be given with %j', async (more, option) => {
    const { status, stdout, stderr } = await spillway(['doctor', '--watch', ...more]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(`--watch looks again and again; it cannot be given with ${option}`);
  });

  it('says so when there is no such process', async () => {
    const { status, stdout, stderr } = await spillway(['doctor', '--watch', '4194304']);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^spillway: .*4194304/);
  });
});
