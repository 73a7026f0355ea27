/** Options of jobs: what is refused, and in which words. */
import { OptionError } from 'spillway';
import { describe, expect, it } from 'vitest';
import type { JobOptions } from '../../src/job/index.js';
import { firstTime, nextTime } from '../../src/queue/cron.js';
import { specOf } from '../../src/queue/options.js';

describe('a job to add', () => {
  it('has these defaults', () => {
    expect(specOf(['make', 'check'])).toEqual({
      argv: ['make', 'check'],
      cwd: process.cwd(),
      env: [],
      group: 'default',
      priority: 0,
      retries: 0,
      backoffMs: 5000,
      timeoutMs: Number.POSITIVE_INFINITY,
      idleTimeoutMs: Number.POSITIVE_INFINITY,
      graceMs: 5000,
      delayMs: 0,
      runAt: undefined,
      deadline: undefined,
      unique: undefined,
      after: [],
      onEnd: undefined,
    });
  });

  it('takes durations, dates, and numbers of other jobs', () => {
    const at = new Date('2030-01-01T00:00:00Z');
    const options: JobOptions = { at, timeout: '1h30m', backoff: 250, after: [1], afterOk: [2], cwd: '/a/b' };
    expect(specOf(['x'], options)).toMatchObject({
      ...{ runAt: at, timeoutMs: 5_400_000, backoffMs: 250, cwd: '/a/b' },
      after: [
        { id: 1, ok: false },
        { id: 2, ok: true },
      ],
    });
    const before = Date.now();
    const { deadline } = specOf(['x'], { deadline: '2h', in: '1m' });
    expect((deadline?.getTime() as number) - before - 7_200_000).toBeLessThan(5000);
    expect(specOf(['x'], { cwd: 'sub' }).cwd).toBe(`${process.cwd()}/sub`);
  });

  it.each([
    [{ grup: 'x' }, /options has the unknown name 'grup'.*group/],
    [{ group: 'a b' }, /group is 'a b'; allowed: 1 to 100 letters/],
    [{ group: '' }, /group is ''/],
    [{ priority: 1.5 }, /priority is 1\.5; allowed: a whole number/],
    [{ retries: -1 }, /retries is -1.*Infinity/],
    [{ timeout: '5 parsecs' }, /timeout is '5 parsecs'; allowed: milliseconds.*'30s'/],
    [{ in: Number.POSITIVE_INFINITY }, /in is Infinity/],
    [{ in: '1000000d' }, /in is '1000000d'/],
    [{ at: new Date('x') }, /at is Invalid Date; allowed: a Date/],
    [{ at: '2030-01-01' }, /at is '2030-01-01'; allowed: a Date/],
    [{ at: new Date(), in: 5 }, /at cannot be combined with in/],
    [{ deadline: 'tomorrow' }, /deadline is 'tomorrow'/],
    [{ deadline: {} }, /deadline is \{\}; allowed: a Date/],
    [{ unique: '' }, /unique is ''/],
    [{ unique: '\udc80' }, /unique is /],
    [{ unique: 'x'.repeat(201) }, /unique is .*200 characters/],
    [{ env: 'PATH' }, /env is 'PATH'; allowed: a list of names/],
    [{ env: ['A', 'B=c'] }, /env\[1\] is 'B=c'/],
    [{ after: [0] }, /after\[0\] is 0/],
    [{ afterOk: ['1'] }, /afterOk\[0\] is '1'/],
    [{ onEnd: 'a\0b' }, /onEnd is .*NUL/],
    [{ cwd: 'a\0b' }, /cwd is .*NUL/],
  ] as [object, RegExp][])('refuses %j', (options, words) => {
    expect(() => specOf(['x'], options as JobOptions)).toThrow(OptionError);
    expect(() => specOf(['x'], options as JobOptions)).toThrow(words);
  });

  it.each([[[]], [['']], ['ls -l'], [['ls', 5]], [['a\0b']], [undefined]])(
    'refuses the command %j',
    (argv) => {
      expect(() => specOf(argv as string[])).toThrow(OptionError);
      expect(() => specOf(argv as string[])).toThrow(/^argv/);
    },
  );
});

describe('a cron expression', () => {
  it('has its times in its time zone, over a change of the clock', () => {
    const after = new Date('2026-03-28T12:00:00Z');
    // Summer time begins in that night: two o'clock does not exist.
    expect(nextTime('0 3 * * *', 'Europe/Berlin', after)).toEqual(new Date('2026-03-29T01:00:00Z'));
    expect(nextTime('0 3 * * *', 'UTC', after)).toEqual(new Date('2026-03-29T03:00:00Z'));
    expect(nextTime('0 0 0 1 1 * 2020', 'UTC', after)).toBeUndefined();
  });

  it.each([
    ['every day', 'UTC', /cron is 'every day'; allowed: a cron expression such as/],
    ['61 * * * *', 'UTC', /cron is '61/],
    [undefined, 'UTC', /cron is undefined/],
    ['0 3 * * *', 'Mars/Olympus', /timeZone is 'Mars\/Olympus'; allowed: an IANA time zone/],
  ])('%j in %j is refused', (cron, zone, words) => {
    expect(() => firstTime(cron, zone)).toThrow(OptionError);
    expect(() => firstTime(cron, zone)).toThrow(words);
  });
});
