/** Commands that change jobs, limits and schedules, and what all commands do when something goes wrong. */
import { describe, expect, it } from 'vitest';
import { begin, FakeQueue, job, outcome, spillway, until } from './fake.js';

const failed = { state: 'failed', attempt: 1, outcome: outcome() } as const;

describe('spillway job stop', () => {
  it('says of each job what becomes of it', async () => {
    const queue = new FakeQueue(job(1), job(2, { state: 'running', attempt: 1 }), job(3, failed));
    expect(await spillway(['job', 'stop', '1', '2', '3', '2'], queue)).toEqual({
      status: 0,
      out:
        'job 1 is stopped\njob 2 is running, and its worker ends it\n' +
        'job 3 has failed: make check: exited with code 2; there is nothing to stop\n',
      err: '',
    });
  });

  it('stops none when one of them does not exist', async () => {
    const queue = new FakeQueue(job(1));
    expect((await spillway(['job', 'stop', '1', '99'], queue)).status).toBe(2);
    expect(queue.jobs.get(1)?.state).toBe('queued');
  });

  it('waits for the end when it is asked to', async () => {
    const queue = new FakeQueue(job(2, { state: 'running', attempt: 1 }));
    const stopping = begin(['job', 'stop', '--wait', '2', '--json'], queue);
    await new Promise((resolve) => setImmediate(resolve));
    expect(stopping.written.out).toBe('');
    queue.end(2, { state: 'stopped' });
    const { status, out } = await stopping.done;
    expect({ status, states: JSON.parse(out).map((one: { state: string }) => one.state) }).toEqual({
      status: 0,
      states: ['stopped'],
    });
  });
});

describe('spillway job retry', () => {
  it('offers again what has ended and not well, and exits with 1 for others', async () => {
    const queue = new FakeQueue(job(1, failed), job(2), job(3, { state: 'succeeded' }));
    expect(await spillway(['job', 'retry', '1'], queue)).toEqual({
      status: 0,
      out: 'job 1 is queued again\n',
      err: '',
    });
    const { status, err } = await spillway(['job', 'retry', '2', '3'], queue);
    expect(status).toBe(1);
    const only = 'only a job that has ended, and not well, can be tried again';
    expect(err).toBe(
      `spillway: job retry: job 2 is queued; ${only}\n` +
        `spillway: job retry: job 3 has succeeded: make check; ${only}\n`,
    );
  });
});

describe('spillway job clean', () => {
  it('needs an age', async () => {
    const queue = new FakeQueue();
    expect(await spillway(['job', 'clean', '--older', '14d'], queue)).toMatchObject({
      out: '12 jobs removed\n',
    });
    expect(queue.cleanedMs).toBe(14 * 86_400_000);
    const { status, err } = await spillway(['job', 'clean'], queue);
    expect({ status, err }).toEqual({
      status: 2,
      err: "spillway: job clean: required option '--older <duration>' not specified\n",
    });
    expect((await spillway(['job', 'clean', '--older', '14'], queue)).status).toBe(2);
  });
});

describe('spillway job limit', () => {
  it('sets, shows and removes a limit', async () => {
    const queue = new FakeQueue();
    const limit = async (...words: string[]) => (await spillway(['job', 'limit', ...words], queue)).out;
    expect(await limit()).toBe('no group has a limit\n');
    expect(await limit('net', '2')).toBe('net: at most 2 jobs at a time, on all machines together\n');
    expect(await limit('cpu', '0')).toBe('cpu: at most 0 jobs at a time, on all machines together\n');
    expect(await limit('--json')).toBe('[{"group":"cpu","limit":0},{"group":"net","limit":2}]\n');
    expect(await limit('net', 'none')).toBe('net has no limit\n');
    expect([...queue.groupLimits]).toEqual([['cpu', 0]]);
  });

  it.each([
    ['net', 'two'],
    ['net', '-1'],
    ['net', '1.5'],
    ['a b', '1'],
  ])('refuses %j %j', async (...words) => {
    const queue = new FakeQueue();
    expect((await spillway(['job', 'limit', ...words], queue)).status).toBe(2);
    expect(queue.groupLimits.size).toBe(0);
  });
});

describe('spillway job unschedule', () => {
  const one = { cron: '* * * * *', timeZone: 'UTC', argv: ['true'], next: new Date() };

  it('removes schedules that exist, or none', async () => {
    const queue = new FakeQueue();
    queue.all = [
      { ...one, id: 1 },
      { ...one, id: 2 },
    ];
    const { status, err } = await spillway(['job', 'unschedule', '1', '9'], queue);
    expect({ status, err }).toEqual({ status: 2, err: 'spillway: job unschedule: there is no schedule 9\n' });
    expect(queue.all.length).toBe(2);
    expect((await spillway(['job', 'unschedule', '1'], queue)).out).toBe('schedule 1 is removed\n');
    expect(queue.all.map(({ id }) => id)).toEqual([2]);
  });
});

describe('spillway job migrate', () => {
  it('moves everything from one to the other, and names them without passwords', async () => {
    const asked: unknown[] = [];
    const migrate = async (from?: string, to?: string) => {
      asked.push([from, to]);
      return { jobs: 1234, open: 2, schedules: 1 };
    };
    const to = 'postgres://ann:s3crt@db/jobs';
    expect(await spillway(['job', 'migrate', '--from', 'embedded', '--to', to], { migrate })).toEqual({
      status: 0,
      out:
        '1,234 jobs, of which 2 open, and 1 schedule moved from the embedded database to ' +
        'postgres://ann:***@db/jobs\n',
      err: '',
    });
    expect(asked).toEqual([[undefined, to]]);
  });

  it('refuses one database for both, and half of the options', async () => {
    const migrate = async () => ({ jobs: 0, open: 0, schedules: 0 });
    const run = async (...words: string[]) => await spillway(['job', 'migrate', ...words], { migrate });
    expect((await run('--from', 'embedded', '--to', 'embedded')).err).toContain('are the same database');
    expect((await run('--from', 'embedded')).err).toContain("required option '--to <url>'");
  });
});

describe('What goes wrong', () => {
  const failure = (code: string, message: string) =>
    Object.assign(new Error(message), { name: 'JobsError', code });
  const listing = (error: unknown, ...words: string[]) =>
    spillway(['job', 'list', ...words], {
      openQueue: async () => {
        throw error;
      },
    });

  it.each([
    ['ERR_JOBS_NO_DATABASE', 69],
    ['ERR_JOBS_PASSWORD', 69],
    ['ERR_JOBS_SCHEMA', 69],
    ['ERR_JOBS_DISK_FULL', 69],
    ['ERR_JOBS_CONNECTION', 69],
    ['ERR_JOBS_DIRECTORY', 69],
    ['ERR_JOBS_BUSY', 69],
    ['ERR_JOBS_UNKNOWN_JOB', 2],
    ['ERR_JOBS_UNIQUE', 1],
    ['ERR_JOBS_NOT_FINISHED', 75],
  ])('is told on one line, and %s exits with %i', async (code, status) => {
    expect(await listing(failure(code, 'no database\nanswers \x1b[2J'))).toEqual({
      status,
      out: '',
      err: 'spillway: job list: no database\\nanswers \\x1b[2J\n',
    });
  });

  it('never shows a password, wherever the database is named', async () => {
    const url = 'postgres://ann:s3cr%40t@db/jobs';
    const error = failure('ERR_JOBS_NO_DATABASE', `no database at ${url} for ann, s3cr@t`);
    for (const words of [['--database', url], [`--database=${url}`]]) {
      const { err } = await listing(error, ...words);
      expect(err).toBe('spillway: job list: no database at postgres://ann:***@db/jobs for ann, ***\n');
    }
    const before = process.env.DATABASE_URL;
    process.env.DATABASE_URL = url;
    try {
      expect((await listing(error)).err).not.toMatch(/s3cr/);
      expect((await listing(new Error(`broken ${url}`))).err).not.toMatch(/s3cr/);
    } finally {
      if (before === undefined) delete process.env.DATABASE_URL;
      else process.env.DATABASE_URL = before;
    }
  });

  it('is refused before a database is opened when it is in the command line', async () => {
    for (const words of [['stop', 'x'], ['wait', '0'], ['log'], ['retry'], ['frob'], ['list', '--frob']]) {
      const { status, out, err } = await spillway(['job', ...words]);
      expect({ status, out }).toEqual({ status: 2, out: '' });
      expect(err).toMatch(/^spillway: job.*\n$/);
    }
  });

  it('is a refusal of an option by the library', async () => {
    const refusal = (option: string, message: string) =>
      listing(Object.assign(new Error(message), { name: 'OptionError', option }));
    expect(await refusal('group', "group is 'a b'; allowed: letters")).toMatchObject({
      status: 2,
      err: "spillway: job list: --group is 'a b'; allowed: letters\n",
    });
    expect((await refusal('timeZone', "timeZone is 'x'")).err).toBe("spillway: job list: --tz is 'x'\n");
  });

  it('is a failure of spillway otherwise, with its stack', async () => {
    const { status, err } = await listing(new TypeError('x is not a function'));
    expect(status).toBe(125);
    expect(err).toMatch(/^spillway: job list: internal error: TypeError: x is not a function\n {4}at /);
  });

  it('leaves a database that does not answer to Ctrl-C', async () => {
    const waiting = begin(['job', 'list'], { openQueue: () => new Promise(() => {}) });
    await until(() => {
      waiting.signal('SIGINT');
      return true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    waiting.signal('SIGINT');
    expect((await waiting.done).status).toBe(130);
  });
});

describe('Help', () => {
  it('of job names every command, on stdout, and the words of none are wider than 110 columns', async () => {
    const { status, out } = await spillway(['job', '--help']);
    expect(status).toBe(0);
    const names = [...out.matchAll(/^ {2}([a-z]+)[ \n]/gm)].map(([, name]) => name);
    expect(names).toEqual([
      ...['add', 'list', 'log', 'why', 'wait', 'stop', 'retry', 'clean', 'limit'],
      ...['schedules', 'unschedule', 'migrate', 'help'],
    ]);
    for (const name of names.slice(0, -1)) {
      const help = await spillway(['job', name as string, '--help']);
      expect(await spillway(['job', 'help', name as string])).toEqual(help);
      expect(help).toMatchObject({ status: 0, err: '' });
      expect(help.out).toContain(`Usage: spillway job ${name} `);
      expect(help.out).toContain('--json');
      expect(Math.max(...help.out.split('\n').map((line) => line.length))).toBeLessThan(111);
    }
    expect((await spillway(['worker', '--help'])).out).toContain('Usage: spillway worker [options]');
  });

  it('is on stderr for job without a command, which is a mistake', async () => {
    const { status, out, err } = await spillway(['job']);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toContain('Usage: spillway job');
  });
});
