import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { endHanging, foundIn, python, startHanging } from '../helpers/hanging.js';
import { checkForLeaks, scratchDirectory } from '../helpers/leaks.js';
import { sideBySide } from '../helpers/side-by-side.js';
import { spillway } from './spillway.js';

checkForLeaks();
endHanging();

const it = sideBySide(3);

describe('spillway doctor', () => {
  it('reports a deadlock and exits with 1', async () => {
    const { pid } = python('unread_output');
    await foundIn(pid, 'deadlock');
    const { status, stdout, stderr } = await spillway(['doctor', String(pid)]);
    expect(stdout).toMatch(/^Found one deadlock: 2 processes wait for each other/);
    expect([status, stderr]).toEqual([1, '']);
  });

  it('reports that nothing hangs and exits with 0', async () => {
    const { pid } = startHanging('sleep', ['1000']);
    const { status, stdout } = await spillway(['doctor', String(pid)]);
    expect(stdout).toMatch(/^Healthy: 1 process looked at, none of which hangs \(/);
    expect(status).toBe(0);
  });

  it('looks at several trees, or at every process', async () => {
    const hanging = python('unread_output');
    await foundIn(hanging.pid, 'deadlock');
    const { pid } = startHanging('sleep', ['1000']);
    const both = await spillway(['doctor', '--json', String(pid), String(hanging.pid)]);
    expect(JSON.parse(both.stdout)).toMatchObject({
      state: 'hung',
      processCount: 3,
      roots: [{ pid }, { pid: hanging.pid }],
    });
    const all = await spillway(['doctor', '--json']);
    const { findings } = JSON.parse(all.stdout);
    expect(
      findings.flatMap((one: { waits: { process: { pid: number } }[] }) =>
        one.waits.map(({ process }) => process.pid),
      ),
    ).toContain(hanging.pid);
    expect(all.status).toBe(1);
  });

  it('saves a snapshot for its owner alone, and judges it again when the processes have gone', async () => {
    const file = join(scratchDirectory(), 'seen.json');
    const child = python('unread_output');
    await foundIn(child.pid, 'deadlock');
    const first = await spillway(['doctor', '--snapshot', file, String(child.pid)]);
    child.kill('SIGKILL');
    const second = await spillway(['doctor', '--from', file]);
    expect(second).toEqual(first);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it.each([
    [['x'], '"x" is not a PID; pgrep(1) finds PIDs by name'],
    [['0'], '"0" is not a PID; pgrep(1) finds PIDs by name'],
    [['-5'], '"-5" is not a PID; pgrep(1) finds PIDs by name'],
    [['9999999999'], 'there is no process 9999999999'],
    [
      ['--from', '/no/such/file'],
      'the snapshot /no/such/file cannot be read: no such file or directory (ENOENT)',
    ],
    [['--bogus'], "unknown option '--bogus'"],
    [['1', '--from'], "option '--from <file>' argument missing"],
    [['--from', 'x', '1'], '--from takes the processes from its file; a PID cannot be given with it'],
    [
      ['--snapshot', '/no/such/file', String(process.pid)],
      'the snapshot /no/such/file cannot be written: no such file or directory (ENOENT)',
    ],
  ])('exits with 2 for %j', async (args, message) => {
    const { status, stdout, stderr } = await spillway(['doctor', ...args]);
    expect([stdout, stderr]).toEqual(['', `spillway: ${message}\n`]);
    expect(status).toBe(2);
  });

  it('exits with 2 and the reason for a file that is no snapshot, or of another version', async () => {
    const file = join(scratchDirectory(), 'seen.json');
    const { pid } = startHanging('sleep', ['1000']);
    await spillway(['doctor', '--snapshot', file, String(pid)]);
    const good = readFileSync(file, 'utf8');
    for (const [text, problem] of [
      ['', 'it is empty'],
      [good.slice(0, good.length / 2), 'it is not JSON, or cut off'],
      ['[1, 2]', 'it is not a snapshot'],
      ['{"format":"something else"}', 'it is not a snapshot'],
      [
        good.replace('"version":1', '"version":2'),
        'it has version 2 of the format; this spillway reads version 1',
      ],
      [good.replace('"pid":', '"pid":"x","was":'), 'snapshots[0].host.observer.pid is not a whole number'],
      [good.replace(/"args":\["0x/, '"args":["y'), 'is not a hexadecimal number'],
      ['{"format":"spillway-doctor","version":1,"snapshots":[]}', 'it holds no snapshot'],
    ] as const) {
      writeFileSync(file, text);
      const { status, stdout, stderr } = await spillway(['doctor', '--from', file]);
      expect(stderr).toContain(`spillway: the snapshot ${file} cannot be used: `);
      expect(stderr).toContain(problem);
      expect([status, stdout]).toEqual([2, '']);
    }
  });
});
