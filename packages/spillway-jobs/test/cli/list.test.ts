/** `spillway job list` and the other tables. */
import { describe, expect, it } from 'vitest';
import { lent } from '../../../spillway/src/cli/jobs/lent.js';
import { listText } from '../../src/cli/job/list.js';
import { schedulesText } from '../../src/cli/job/schedules.js';
import { commandText, shortAge } from '../../src/cli/job/wording.js';
import type { Screen } from '../../src/cli/output.js';
import { lend, tools } from '../../src/cli/tools.js';
import { FakeQueue, HOUR_MS, job, outcome, spillway } from './fake.js';

lend(lent);

const now = new Date('2026-11-29T12:00:00Z');
const ago = (ms: number) => new Date(now.getTime() - ms);
const narrow: Screen = { columns: 80, isTerminal: true, isColoured: false };
const pipe: Screen = { columns: undefined, isTerminal: false, isColoured: false };

const three = [
  job(17, {
    argv: ['spillway', 'sync', '/data', 'nas:/data'],
    group: 'net',
    state: 'running',
    attempt: 2,
    attempts: 4,
    since: ago(192_000),
    note: 'worker nas-1-4711',
  }),
  job(18, {
    argv: ['./thumbs.sh'],
    group: 'net',
    since: ago(180_000),
    note: 'waits for a slot of net (2/2: 12, 17)',
  }),
  job(16, {
    group: 'cpu',
    state: 'failed',
    attempt: 1,
    since: ago(HOUR_MS),
    note: 'timed out after 30 min; gen.py could not write: pipe full',
  }),
];

describe('The table of jobs', () => {
  it('has what a person needs, within 80 columns', () => {
    expect(listText(three, narrow, now)).toBe(`\
id  state    group  command                attempt  since  note
17  running  net    spillway sync /data …  2/4      3m12s  worker nas-1-4711
18  queued   net    ./thumbs.sh            –           3m  waits for a slot of …
16  failed   cpu    make check             1/1         1h  timed out after 30 m…
`);
  });

  it.each([40, 60, 80, 100, 120, 200])('is never wider than %i columns', (columns) => {
    const jobs = [
      ...three,
      job(1234567, {
        argv: ['写真を整理する', '🎄'.repeat(60)],
        note: '終わるまで待つ'.repeat(9),
        group: 'g'.repeat(99),
      }),
    ];
    const lines = listText(jobs, { columns, isTerminal: true, isColoured: false }, now).split('\n');
    const widest = Math.max(...lines.map((line) => tools.columnsOf(line)));
    // What cannot give way is 57 columns wide here.
    expect(widest).toBeLessThanOrEqual(Math.max(columns, 76));
    expect(lines.length).toBe(jobs.length + 2);
  });

  it('gives a program whole notes, and commands of at most 100 columns', () => {
    const long = job(1, { argv: ['x'.repeat(1_000_000)], note: 'n'.repeat(300) });
    const [, line = ''] = listText([long], pipe, now).split('\n');
    expect(line).toContain(`${'x'.repeat(99)}…  –`);
    expect(line.endsWith('n'.repeat(300))).toBe(true);
  });

  it('shows control characters and forged lines as what they are', () => {
    const evil = '\x1b[2J\n99  running\u202e';
    const text = listText([job(1, { argv: [evil, '\x9b31m'], group: evil, note: evil })], pipe, now);
    expect(text.split('\n').length).toBe(3);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
    expect(text.replaceAll('\n', '')).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202e]/);
  });

  it('colours states on a colour terminal, and only there', () => {
    const text = listText(three, { ...narrow, isColoured: true }, now);
    expect(text).toContain('\x1b[32mrunning\x1b[0m  net');
    expect(text).toContain('\x1b[31mfailed\x1b[0m   cpu');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: removes the colours
    expect(text.replace(/\x1b\[\d+m/g, '')).toBe(listText(three, narrow, now));
  });

  it('is empty for a program, and says so to a person, when there are none', () => {
    expect([listText([], pipe), listText([], narrow)]).toEqual(['', 'no jobs\n']);
  });
});

describe('spillway job list', () => {
  const many = () => {
    const ended = Array.from({ length: 30 }, (_, index) =>
      job(index + 1, { state: 'succeeded', attempt: 1, since: ago(HOUR_MS - index) }),
    );
    return new FakeQueue(...ended, job(40), job(41, { state: 'running' }), job(42, { priority: 5 }));
  };
  const idsOf = (out: string) => (JSON.parse(out) as { id: number }[]).map(({ id }) => id);

  it('shows what runs, what comes next, and the last 20 that have ended', async () => {
    const { status, out, err } = await spillway(['job', 'list', '--json'], many());
    const lastEnded = Array.from({ length: 20 }, (_, index) => 30 - index);
    expect({ status, err, ids: idsOf(out) }).toEqual({ status: 0, err: '', ids: [41, 42, 40, ...lastEnded] });
  });

  it('shows all, those of states, and those of a group', async () => {
    const ids = async (...words: string[]) =>
      idsOf((await spillway(['job', 'list', '--json', ...words], many())).out);
    expect((await ids('--all')).length).toBe(33);
    expect(await ids('--state', 'running', '--state', 'queued')).toEqual([41, 42, 40]);
    expect(await ids('--group', 'net')).toEqual([]);
  });

  it('says when there are more than it shows', async () => {
    const { out, err } = await spillway(['job', 'list', '--all', '--limit', '2'], many());
    expect(out.split('\n').length).toBe(4);
    expect(err).toBe('spillway: job list: these are the latest 2; more: --limit 20\n');
  });

  it('has times as ISO 8601 and control characters escaped in JSON', async () => {
    const queue = new FakeQueue(job(1, { state: 'failed', since: now, note: '\x1b[2J', outcome: outcome() }));
    const { out } = await spillway(['job', 'list', '--json'], queue);
    expect(out).toContain('\\u001b[2J');
    const [info] = JSON.parse(out);
    expect(info).toMatchObject({
      since: '2026-11-29T12:00:00.000Z',
      note: '\x1b[2J',
      outcome: { exitCode: 2 },
    });
  });

  it.each([
    [['--state', 'runing'], '--state is "runing"; allowed: waiting, queued, running'],
    [['--limit', '0'], '--limit is 0'],
    [['--follow', '--json'], '--follow and --json exclude each other'],
    [['17'], 'too many arguments'],
  ])('refuses %j', async (words, message) => {
    const { status, err } = await spillway(['job', 'list', ...words], many());
    expect(status).toBe(2);
    expect(err).toContain(message);
  });

  it('follows until a signal, which closes the database first', async () => {
    const queue = many();
    const { begin, until } = await import('./fake.js');
    const running = begin(['job', 'list', '--follow'], queue);
    await until(() => running.written.out.includes('running'));
    running.signal('SIGINT');
    expect((await running.done).status).toBe(130);
    expect(queue.isClosed).toBe(true);
  });
});

describe('Words', () => {
  it.each([
    [0, '0s'],
    [48_000, '48s'],
    [192_000, '3m12s'],
    [180_000, '3m'],
    [HOUR_MS, '1h'],
    [HOUR_MS + 125_000, '1h2m'],
    [50 * HOUR_MS, '2d2h'],
    [-5000, '0s'],
  ])('%i ms are %s', (ms, text) => {
    expect(shortAge(ms)).toBe(text);
  });

  it('quote a command as a shell needs it', () => {
    expect(commandText(['echo', 'a b', "it's", '', '\x1b[2J'])).toBe(
      `echo 'a b' 'it'\\''s' '' $'\\u001b[2J'`,
    );
  });
});

describe('The table of schedules', () => {
  it('says when each is due, and what became of the last time', () => {
    process.env.TZ = 'UTC';
    const next = new Date('2026-11-30T02:00:00Z');
    const one = { cron: '0 3 * * *', timeZone: 'Europe/Berlin', argv: ['backup'], next };
    const all = [
      { ...one, id: 3, last: { at: new Date('2026-11-29T02:00:00Z'), job: 17 } },
      { ...one, id: 4, last: { at: new Date('2026-11-29T02:00:00Z'), skipped: 'job 16 is still running' } },
      { ...one, id: 5, next: new Date(8.64e15) },
    ];
    const times = '2026-11-30 02:00:00  2026-11-29 02:00:00, ';
    expect(schedulesText(all, pipe).split('\n')).toEqual([
      `id  cron       zone           next                 last${' '.repeat(51)}command`,
      ` 3  0 3 * * *  Europe/Berlin  ${times}job 17${' '.repeat(26)}  backup`,
      ` 4  0 3 * * *  Europe/Berlin  ${times}skipped: job 16 is still running  backup`,
      ` 5  0 3 * * *  Europe/Berlin  never                –${' '.repeat(54)}backup`,
      '',
    ]);
  });
});
