/** `spillway every`: a command at its times, never twice at once. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { readSchedule } from '../../src/cli/every/schedule.js';
import { checkForLeaks, isAlive, scratchDirectory, until } from '../helpers/leaks.js';
import { sideBySide } from '../helpers/side-by-side.js';
import { endOf, MAIN, spillway, startSpillway } from './spillway.js';

checkForLeaks();
const it = sideBySide(6);

/** One for the test, with what it said so far. */
function start(words: readonly string[]) {
  const child = startSpillway(['every', ...words]);
  const end = endOf(child);
  const said = { out: '', err: '' };
  child.stdout?.on('data', (chunk) => {
    said.out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    said.err += chunk;
  });
  return { child, end, said };
}

const lines = (text: string) => text.split('\n').length - 1;

describe('A schedule', () => {
  const next = (text: string, zone: string | undefined, from: string) => {
    const now = new Date(from);
    const ms = readSchedule(text, zone).untilNextMs(now);
    return ms === undefined ? undefined : new Date(now.getTime() + ms).toISOString();
  };

  it('of cron is in its time zone, through daylight saving', () => {
    const daily = (from: string) => next('30 3 * * *', 'Europe/Berlin', from);
    expect(daily('2026-01-10T12:00:00Z')).toBe('2026-01-11T02:30:00.000Z');
    expect(daily('2026-07-10T12:00:00Z')).toBe('2026-07-11T01:30:00.000Z');
    // 02:30 does not exist on the first day: it is the end of the gap. On the second it counts once.
    const early = (from: string) => next('30 2 * * *', 'Europe/Berlin', from);
    expect(early('2026-03-28T12:00:00Z')).toBe('2026-03-29T01:00:00.000Z');
    expect(early('2026-10-24T12:00:00Z')).toBe('2026-10-25T00:30:00.000Z');
    expect(early('2026-10-25T00:30:00Z')).toBe('2026-10-26T01:30:00.000Z');
    expect(next('*/15 * * * *', undefined, '2026-01-01T00:01:00Z')).toBe('2026-01-01T00:15:00.000Z');
  });

  it('of an interval is due at once, and then at its times', () => {
    const schedule = readSchedule('15m', undefined);
    expect(schedule.untilNextMs(new Date())).toBe(0);
    const ms = schedule.untilNextMs(new Date()) as number;
    expect(ms).toBeGreaterThan(890_000);
    expect(ms).toBeLessThanOrEqual(900_000);
  });

  it.each([
    ['61 * * * *', undefined],
    ['often', undefined],
    ['', undefined],
    ['10ms', undefined],
    ['0 3 * * *', 'Europe/Nowhere'],
    ['15m', 'Europe/Berlin'],
  ])('%j in the zone %j is refused', (text, zone) => {
    expect(() => readSchedule(text, zone)).toThrow(/schedule|interval|--timezone/);
  });
});

describe('spillway every', () => {
  it('runs its command again and again, survives its failures, and keeps its status', async () => {
    const status = join(scratchDirectory(), 'status.json');
    const read = () => JSON.parse(readFileSync(status, 'utf8'));
    const options = ['--jitter', '10ms', '--status', status];
    const { child, end, said } = start(['1s', ...options, '--', 'sh', '-c', 'echo ran; exit 3']);
    await until(() => lines(said.out) >= 2 && existsSync(status) && read().state === 'waiting');
    expect(read()).toMatchObject({
      version: 1,
      pid: child.pid,
      command: ['sh', '-c', 'echo ran; exit 3'],
      schedule: 'every 1s',
      last: { exitCode: 3, signal: null, error: null },
    });
    expect(read().failures).toBe(read().runs);
    expect(new Date(read().next).getTime()).toBeGreaterThan(new Date(read().last.endedAt).getTime());
    child.kill('SIGTERM');
    expect((await end).status).toBe(143);
    expect(said.err).toMatch(/every: sh -c 'echo ran; exit 3' exited with code 3 after/);
    expect(read()).toMatchObject({ state: 'stopped', next: null });
  });

  it('goes on when its command cannot be started, for it may be there the next time', async () => {
    const { child, end, said } = start(['1s', '/no/such/program']);
    await until(() => lines(said.err) >= 2);
    child.kill('SIGINT');
    expect((await end).status).toBe(130);
    expect(said.err).toMatch(/every: \/no\/such\/program failed: .*ENOENT/);
  });

  it('never runs it twice at once, and tells what it skips', async () => {
    const running = join(scratchDirectory(), 'running');
    const script = 'mkdir "$1" || exit 9; sleep 2.5; rmdir "$1"; echo ran';
    const { child, end, said } = start(['1s', 'sh', '-c', script, 'sh', running]);
    await until(() => lines(said.out) >= 1 && /skipped/.test(said.err));
    child.kill('SIGTERM');
    await end;
    expect(said.err).toMatch(/a run is skipped: process \d+ still runs, for \S+ m?s \(1 skipped so far\)/);
    expect(said.err).not.toMatch(/code 9/);
  });

  it('at TERM ends its command and all that it started in order, and then itself', async () => {
    const mark = join(scratchDirectory(), 'mark');
    const script = 'trap "echo ended; exit" TERM; sleep 1000 & echo $! >"$1.new"; mv "$1.new" "$1"; wait';
    const { child, end, said } = start(['1h', 'sh', '-c', script, 'sh', mark]);
    await until(() => existsSync(mark));
    const sleeper = Number(readFileSync(mark, 'utf8'));
    expect(isAlive(sleeper)).toBe(true);
    child.kill('SIGTERM');
    expect((await end).status).toBe(143);
    expect(said.out).toBe('ended\n');
    expect(isAlive(sleeper)).toBe(false);
  });

  it('takes its options before or after the schedule, and none of those of its command', async () => {
    const shell = ['sh', '-c', 'echo "$@" >&2', 'sh', '--quiet', '--', 'x'];
    for (const words of [
      ['1h', '--quiet', ...shell],
      ['--quiet', '1h', '--', ...shell],
      ['--grace=1s', '1h', ...shell],
    ]) {
      const { child, end, said } = start(words);
      await until(() => said.err.includes('\n'));
      child.kill('SIGTERM');
      expect((await end).status).toBe(143);
      expect(said.err, words.join(' ')).toBe('--quiet -- x\n');
    }
  });

  it('refuses a wrong schedule, and what is no option', async () => {
    const wrong = await spillway(['every', '61 * * * *', 'true']);
    expect(wrong).toMatchObject({ status: 125, stdout: '' });
    expect(wrong.stderr).toMatch(
      /^spillway: every: the schedule "61 \* \* \* \*" is none: .*allowed: an interval/,
    );
    expect((await spillway(['every', '--jitter', 'x', '1s', 'true'])).stderr).toMatch(/--jitter is "x"/);
  });

  const canUnshare = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0;
  it.skipIf(!canUnshare)(
    'as process 1 reaps what others leave, and ends at TERM (needs unshare)',
    async () => {
      const folder = scratchDirectory();
      const at = (name: string) => join(folder, name);
      mkdirSync(at('seen'));
      // The grandchild outlives its parent in a session of its own; later commands look at its state.
      const script =
        'if [ ! -e "$1/left" ]; then setsid sh -c "echo \\$\\$ >$1/left; sleep 0.3" & exit; fi; ' +
        'echo "$$ $PPID" >>"$1/pids"; [ -e /proc/$(cat "$1/left") ] || touch "$1/reaped"';
      const words = ['--pid', '--fork', '--mount-proc', process.execPath, MAIN, 'every', '1s'];
      const child = spawn('unshare', [...words, 'sh', '-c', script, 'sh', folder], { stdio: 'ignore' });
      const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
      await until(() => existsSync(at('reaped')));
      expect(readFileSync(at('pids'), 'utf8')).toMatch(/^\d+ 1$/m);
      const init = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim());
      process.kill(init, 'SIGTERM');
      expect(await exited).toBe(143);
    },
  );
});
