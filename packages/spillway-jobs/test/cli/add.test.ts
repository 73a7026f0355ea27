/** `spillway job add`. */
import { describe, expect, it } from 'vitest';
import { FakeQueue, job, spillway } from './fake.js';

/** Adds it, and gives what the queue got. */
async function add(...words: readonly string[]) {
  const queue = new FakeQueue();
  const invoked = await spillway(['job', 'add', ...words], queue);
  return { ...invoked, queue, added: queue.added[0] };
}

describe('spillway job add', () => {
  it('prints the number alone', async () => {
    const { status, out, err, added, queue } = await add('--', 'spillway', 'sync', '/data', 'nas:/data');
    expect({ status, out, err }).toEqual({ status: 0, out: '17\n', err: '' });
    expect(added?.argv).toEqual(['spillway', 'sync', '/data', 'nas:/data']);
    expect(queue.isClosed).toBe(true);
  });

  it('hands every option on', async () => {
    const words = ['-g', 'net', '-p', '-5', '-r', '3', '--backoff', '10s', '-t', '2h', '--idle', '5m'];
    const more = [
      '--grace',
      '250ms',
      '--in',
      '1h',
      '--deadline',
      '1d',
      '--unique',
      'backup',
      '--on-end',
      'cat',
    ];
    const repeated = ['--after', '1', '--after', '2', '--after-ok', '3', '-e', 'HOME', '--env', 'TOKEN'];
    const { added } = await add(...words, ...more, ...repeated, '--cwd', '/tmp', 'make');
    expect(added?.options).toEqual({
      group: 'net',
      priority: -5,
      retries: 3,
      backoff: 10_000,
      timeout: 7_200_000,
      idleTimeout: 300_000,
      grace: 250,
      in: 3_600_000,
      deadline: 86_400_000,
      unique: 'backup',
      after: [1, 2],
      afterOk: [3],
      env: ['HOME', 'TOKEN'],
      cwd: '/tmp',
      onEnd: 'cat',
    });
  });

  it('leaves defaults to the library, and takes its own directory', async () => {
    const { cwd, ...others } = (await add('make')).added?.options ?? {};
    expect(cwd).toBe(process.cwd());
    expect(others).toEqual({});
  });

  it('takes words after the command as they are when -- stands before it', async () => {
    expect((await add('-g', 'net', '--', 'make', '-k', '--json', '--', '-')).added?.argv).toEqual([
      ...['make', '-k', '--json', '--', '-'],
    ]);
    expect((await add('--json', '--', '--odd')).added?.argv).toEqual(['--odd']);
    expect((await add('make', 'check')).added?.argv).toEqual(['make', 'check']);
  });

  it.each([
    ['make', '-k'],
    ['make', '--group', 'net'],
    ['make', 'check', '--', '-k'],
  ])('refuses options after the command without -- before it: %s %s', async (...words) => {
    const { status, err, added } = await add(...words);
    expect(status).toBe(2);
    expect(err).toMatch(/^spillway: job add: "-[^"]*" stands after the command "make"; put options.*\n$/);
    expect(added).toBeUndefined();
  });

  it('says that an open job has the name already, and prints its number', async () => {
    const queue = new FakeQueue(job(5, { unique: 'backup' }));
    const invoked = await spillway(['job', 'add', '--unique', 'backup', 'true'], queue);
    expect(invoked).toEqual({
      status: 0,
      out: '5\n',
      err: 'spillway: job add: job 5 is still open as "backup"; none was added\n',
    });
  });

  it('prints JSON', async () => {
    expect((await add('--json', 'true')).out).toBe('{"id":17,"isNew":true}\n');
    expect((await add('--json', '--cron', '0 3 * * *', 'true')).out).toBe('{"schedule":3}\n');
  });

  it('makes a schedule, and prints its number', async () => {
    const { out, queue } = await add('--cron', '0 3 * * *', '--tz', 'Europe/Berlin', 'true');
    expect(out).toBe('3\n');
    expect(queue.planned).toEqual([{ cron: '0 3 * * *', timeZone: 'Europe/Berlin' }]);
    expect(queue.added).toEqual([]);
  });

  it.each([
    [['--at', '18:00', '--in', '1h', 'x'], '--at and --in exclude each other'],
    [['--tz', 'UTC', 'x'], '--tz needs --cron'],
    [['--cron', '* * * * *', '--in', '1h', 'x'], '--in and --cron exclude each other'],
    [['--cron', '* * * * *', '--deadline', '18:00', 'x'], '--deadline beside --cron is a duration'],
    [['--timeout', 'soon', 'x'], '--timeout is "soon"; allowed: 250ms, 30s, 1h30m, 14d'],
    [['--retries', '-1', 'x'], '--retries is "-1"; allowed: a whole number'],
    [['--after', 'x', 'x'], '"x" is no number of a job'],
    [['--env', 'A=b', 'x'], '--env is "A=b"'],
    [['--grup', 'x', 'y'], "unknown option '--grup' (Did you mean --group?)"],
    [[], "missing required argument 'command'"],
    [['--group'], "option '-g, --group <name>' argument missing"],
    [['--bad\n\x1b[2J', 'x'], "unknown option '--bad\\n\\x1b[2J'"],
  ])('refuses %j on one line', async (words, message) => {
    const { status, out, err } = await add(...words);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toContain(message);
    expect(err).toMatch(/^spillway: job add: .*\n$/);
  });
});
