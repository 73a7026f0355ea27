/** `spillway worker`. */
import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { Parts } from '../../src/cli/parts.js';
import type { WorkerEvent, WorkerOptions } from '../../src/worker/index.js';
import { begin, outcome, spillway, until } from './fake.js';

/** One that tells these events, and then works until it is told to end. */
function standIn(events: readonly WorkerEvent[] = []) {
  const seen: { options?: WorkerOptions } = {};
  const runWorker = async (options: WorkerOptions) => {
    seen.options = options;
    for (const event of events) options.log(event);
    if (options.untilEmpty) return;
    await new Promise((resolve) => options.signal.addEventListener('abort', resolve));
    options.log({ type: 'left' });
  };
  return { seen, runWorker };
}

const argv = ['spillway', 'sync', '/data', 'nas:/data'];
const events: readonly WorkerEvent[] = [
  { type: 'started', worker: 'nas-1-4711', groups: { net: 2, cpu: 4 } },
  { type: 'took', job: 17, attempt: 2, argv },
  { type: 'ended', job: 17, attempt: 2, argv, outcome: outcome({ ok: true, exitCode: 0 }) },
  {
    type: 'ended',
    job: 16,
    attempt: 1,
    argv,
    outcome: outcome({ message: 'timed out after 30 min\x1b[2J' }),
  },
  {
    type: 'ended',
    job: 15,
    attempt: 1,
    argv,
    outcome: outcome({ reason: 'lost', message: 'was ended with its worker, and is offered again' }),
  },
  { type: 'recovered', jobs: 1 },
  { type: 'scheduled', jobs: 2 },
  { type: 'trouble', message: 'no database answers at postgres://ann@db/jobs' },
  { type: 'well-again' },
  { type: 'ending', running: 2 },
];

describe('spillway worker', () => {
  it('tells people what it does, a line for each event, on stderr', async () => {
    const { runWorker } = standIn(events);
    const { status, out, err } = await spillway(['worker', '--once'], { runWorker });
    expect({ status, out }).toEqual({ status: 0, out: '' });
    expect(err).toBe(`\
spillway: worker: nas-1-4711 takes jobs: net 2, cpu 4 at a time
spillway: worker: took 17 (attempt 2): spillway sync /data nas:/data
spillway: worker: 17 succeeded in 3.2 s
spillway: worker: 16 failed: timed out after 30 min\\x1b[2J
spillway: worker: 15 was ended with its worker, and is offered again
spillway: worker: took 1 job from workers that are gone; offered again
spillway: worker: added 2 jobs of schedules
spillway: worker: no database answers at postgres://ann@db/jobs
spillway: worker: the database is there again
spillway: worker: ends: takes no more, and ends 2 running jobs, which others may take; once more: at once
`);
  });

  it('tells programs the same as lines of JSON on stdout, in order', async () => {
    const { runWorker } = standIn(events);
    const { out, err } = await spillway(['worker', '--once', '--json'], { runWorker });
    expect(err).toBe('');
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(lines.map(({ at, seq, ...event }) => event)).toEqual(JSON.parse(JSON.stringify(events)));
    expect(out).toContain('\\u001b[2J');
  });

  it('works on when the reader of its JSON is gone', async () => {
    const { runWorker } = standIn(events);
    const gone = async () => {
      throw Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    };
    const { status, err } = await spillway(['worker', '--once', '--json'], { runWorker }, { writeAll: gone });
    expect(status).toBe(0);
    expect(err).toBe(
      'spillway: worker: its events are not written any more: stdout has no reader any more\n',
    );
  });

  it('takes groups, lease, database and end from its options', async () => {
    const { seen, runWorker } = standIn();
    const words = ['--groups', 'net=2,cpu=4', '--lease', '30s', '--database', 'postgres://a@b/c', '--once'];
    await spillway(['worker', ...words], { runWorker });
    const { url, groups, leaseMs, untilEmpty } = seen.options as WorkerOptions;
    expect({ url, groups: { ...groups }, leaseMs, untilEmpty }).toEqual({
      url: 'postgres://a@b/c',
      groups: { net: 2, cpu: 4 },
      leaseMs: 30_000,
      untilEmpty: true,
    });
  });

  it('takes the default group, with a slot for each core, without options', async () => {
    const { seen, runWorker } = standIn();
    await spillway(['worker', '--once', '--database', 'embedded'], { runWorker });
    expect(seen.options).toMatchObject({ url: undefined, groups: { default: availableParallelism() } });
  });

  it('ends in order at the first signal, and with 0', async () => {
    const { seen, runWorker } = standIn([events[0] as WorkerEvent]);
    const working = begin(['worker'], { runWorker });
    await until(() => working.written.err.includes('takes jobs'));
    working.signal('SIGWINCH');
    expect(seen.options?.signal.aborted).toBe(false);
    working.signal('SIGTERM');
    const { status, err } = await working.done;
    expect(status).toBe(0);
    expect(err).toContain('worker: has ended\n');
    expect(working.endedWith).toBeUndefined();
  });

  it('ends at once at the second', async () => {
    const working = begin(['worker'], { runWorker: () => new Promise(() => {}) });
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    working.signal('SIGINT');
    expect(working.endedWith).toBeUndefined();
    working.signal('SIGINT');
    expect(working.endedWith).toBe(130);
  });

  it.runIf(process.platform === 'linux')('is watched over by a process of its own', async () => {
    let given: Parameters<Parts['supervise']>[0] | undefined;
    const supervise: Parts['supervise'] = async (options) => {
      given = options;
      await new Promise((resolve) => options.kill.addEventListener('abort', resolve));
      return 1;
    };
    const watching = begin(['worker', '--lease', '30s'], { isSupervised: false, supervise });
    await until(() => given !== undefined);
    expect(given?.leaseMs).toBe(30_000);
    expect(given?.argv[0]).toBe(process.execPath);
    given?.tell('another one starts');
    expect(watching.written.err).toBe('spillway: worker: another one starts\n');
    watching.signal('SIGTERM');
    expect([given?.end.aborted, given?.kill.aborted]).toEqual([true, false]);
    watching.signal('SIGINT');
    expect((await watching.done).status).toBe(130);
  });

  it.each([
    [['--groups', 'net'], '--groups has "net"'],
    [['--lease', '1s'], '--lease is 1s; allowed: from 5 s on'],
    [['--lease', 'infinity'], '--lease is infinity'],
    [['--database', 'nas'], '--database is no address of a PostgreSQL'],
    [['17'], 'too many arguments'],
  ])('refuses %j', async (words, message) => {
    const { status, err } = await spillway(['worker', ...words], standIn());
    expect(status).toBe(2);
    expect(err).toContain(`spillway: worker: ${message}`);
  });

  it('exits with 69 when the database cannot be reached at its start', async () => {
    const error = Object.assign(new Error('no database answers'), {
      name: 'JobsError',
      code: 'ERR_JOBS_NO_DATABASE',
    });
    const runWorker = async () => {
      throw error;
    };
    expect(await spillway(['worker'], { runWorker })).toEqual({
      status: 69,
      out: '',
      err: 'spillway: worker: no database answers\n',
    });
  });
});
