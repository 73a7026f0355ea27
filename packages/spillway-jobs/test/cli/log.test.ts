/** `spillway job log` and `spillway job why`. */
import { beforeAll, describe, expect, it } from 'vitest';
import { lent } from '../../../spillway/src/cli/jobs/lent.js';
import { JsonLog, type LogWriter, TerminalLog } from '../../src/cli/job/log-writers.js';
import { facts } from '../../src/cli/job/why.js';
import { lend } from '../../src/cli/tools.js';
import type { LogPiece } from '../../src/job/index.js';
import { FakeQueue, HOUR_MS, job, outcome, piece, spillway } from './fake.js';

beforeAll(() => {
  process.env.TZ = 'UTC';
});

async function log(pieces: readonly LogPiece[], ...words: readonly string[]) {
  const queue = new FakeQueue(job(17, { state: 'running', attempt: 2, attempts: 4 }), job(18));
  queue.pieces = [...pieces];
  return { ...(await spillway(['job', 'log', ...words], queue)), queue };
}

describe('spillway job log', () => {
  it('gives a program the bytes as they are, of both streams in their order', async () => {
    const pieces = [piece(0, 'one\n'), piece(1, '\x1b[31mtwo\n', { stream: 'stderr' }), piece(2, 'three')];
    const { status, out, err, queue } = await log(pieces, '17');
    expect({ status, out, err }).toEqual({ status: 0, out: 'one\n\x1b[31mtwo\nthree', err: '' });
    expect(queue.asked).toEqual({ attempt: undefined, follow: false });
  });

  it('tells on stderr what is missing, and where an attempt begins', async () => {
    const pieces = [
      piece(0, 'a\n'),
      piece(9, 'z\n', { gap: 2_500_000 }),
      piece(0, 'again\n', { attempt: 2 }),
    ];
    const { out, err, queue } = await log(pieces, '-f', '17');
    expect(out).toBe('a\nz\nagain\n');
    expect(err).toMatch(
      /^spillway: job log: 2.5 MB of the output are missing here.*\n.*attempt 2 of job 17 begins\n$/,
    );
    expect(queue.asked).toEqual({ attempt: undefined, follow: true });
  });

  it('takes an attempt that has begun', async () => {
    expect((await log([], '--attempt', '2', '17')).queue.asked).toEqual({ attempt: 2, follow: false });
    const { status, err } = await log([], '--attempt', '3', '17');
    expect({ status, err }).toEqual({ status: 2, err: 'spillway: job log: job 17 has begun 2 attempts\n' });
  });

  it('says that a job has not begun', async () => {
    expect((await log([], '18')).err).toBe('spillway: job log: job 18 has not begun\n');
  });

  it('prints a line of JSON for each piece', async () => {
    const { out } = await log(
      [piece(0, 'é\x1b\n'), piece(1, Buffer.of(0xff, 0x41), { gap: 7 })],
      '--json',
      '17',
    );
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toContain('\\u001b');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { attempt: 1, seq: 0, at: '2026-11-29T12:00:00.000Z', stream: 'stdout', text: 'é\x1b\n', gap: 0 },
      { attempt: 1, seq: 1, at: '2026-11-29T12:00:00.000Z', stream: 'stdout', base64: '/0E=', gap: 7 },
    ]);
  });

  it('ends with 141, and closes the database, when its reader is gone', async () => {
    const queue = new FakeQueue(job(17, { attempt: 1 }));
    queue.pieces = [piece(0, 'one\n')];
    const gone = async () => {
      throw Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    };
    const invoked = await spillway(['job', 'log', '17'], queue, { writeAll: gone });
    expect(invoked).toEqual({ status: 141, out: '', err: '' });
    expect(queue.isClosed).toBe(true);
  });

  it('says that stdout cannot be written', async () => {
    const full = async () => {
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    };
    const queue = new FakeQueue(job(17));
    const { status, err } = await spillway(['job', 'why', '17'], queue, { writeAll: full });
    expect(status).toBe(125);
    expect(err).toContain('job why: stdout cannot be written: ENOSPC');
  });
});

/** What a writer makes of pieces. */
async function written(writer: LogWriter, pieces: readonly LogPiece[]): Promise<string> {
  let text = '';
  lend({
    ...lent,
    writeAll: async (_fd, bytes) => {
      text += bytes.toString();
    },
  });
  for (const one of pieces) await writer.write(one);
  await writer.end();
  return text;
}

describe('A log on a terminal', () => {
  it('shows control characters, and letters that two pieces share', async () => {
    const bytes = Buffer.from('ok é\x1b[2J\r\n');
    const pieces = [
      piece(0, bytes.subarray(0, 4)),
      piece(1, 'err\n', { stream: 'stderr' }),
      piece(2, bytes.subarray(4)),
    ];
    expect(await written(new TerminalLog(), pieces)).toBe('ok err\né\\x1b[2J\\r\n');
  });

  it('tells what is missing on a line of its own, and ends the last line', async () => {
    const pieces = [piece(0, 'half'), piece(5, 'end', { gap: 1000 })];
    expect(await written(new TerminalLog(), pieces)).toBe(
      'half\n[1.0 kB of the output are missing here: only its beginning and its end are kept]\nend\n',
    );
  });
});

describe('A log as JSON', () => {
  it('keeps letters whole that two pieces share, and loses no byte', async () => {
    const bytes = Buffer.from('日本');
    const pieces = [
      piece(0, bytes.subarray(0, 2)),
      piece(1, bytes.subarray(2, 4)),
      piece(2, bytes.subarray(4, 5)),
    ];
    const lines = (await written(new JsonLog(), pieces)).trimEnd().split('\n');
    const data = lines
      .map((line) => JSON.parse(line))
      .map(({ text, base64 }) => text ?? Buffer.from(base64, 'base64'));
    expect(data.slice(0, 3)).toEqual(['', '日', '']);
    expect(Buffer.concat(data.map((one) => Buffer.from(one)))).toEqual(bytes.subarray(0, 5));
  });
});

describe('spillway job why', () => {
  it('says why it is in its state, and what is known of it', async () => {
    const info = job(16, {
      state: 'failed',
      group: 'cpu',
      priority: 2,
      attempt: 1,
      created: new Date('2026-11-29T10:29:00Z'),
      worker: 'nas-1-4711',
      unique: 'check',
      deadline: new Date('2026-11-29T18:00:00Z'),
      outcome: outcome({
        reason: 'timeout',
        startedAt: '2026-11-29T10:30:00Z',
        durationMs: HOUR_MS / 2,
        cpuMs: { user: 11_000, system: 1000 },
        peakMemory: 312_000_000,
        output: { bytes: 20_000_000, dropped: 3_000_000 },
      }),
    });
    const queue = new FakeQueue(info);
    queue.reasons.set(16, 'job 16 is failed: timed out\ngen.py [4712] cannot write\x1b: the pipe is full\n');
    expect(await spillway(['job', 'why', '16'], queue)).toEqual({
      status: 0,
      out: `\
job 16 is failed: timed out
gen.py [4712] cannot write\\x1b: the pipe is full

  command    make check
  directory  /srv/build
  group      cpu, with priority 2
  added      2026-11-29 10:29:00
  deadline   2026-11-29 18:00:00
  unique     check
  attempts   1 of 1
  worker     nas-1-4711
  ran        for 30 min, from 2026-11-29 10:30:00
  used       12 s of processor time, 312 MB of memory
  output     20.0 MB, of which 3.0 MB are not kept
`,
      err: '',
    });
  });

  it('says of one that has not begun when it may', () => {
    const now = new Date('2026-11-29T12:00:00Z');
    const text = facts(job(18, { runAt: new Date('2026-11-29T13:00:00Z') }), now);
    expect(text).toContain('  begins     not before 2026-11-29 13:00:00\n');
    expect(text).toContain('  attempts   none of 1 so far\n');
  });

  it('has all of it as JSON, and exits with 2 where there is no such job', async () => {
    const queue = new FakeQueue(job(16, { outcome: outcome() }));
    queue.reasons.set(16, 'job 16 is queued');
    const { outcome: last, why } = JSON.parse((await spillway(['job', 'why', '16', '--json'], queue)).out);
    expect([last.exitCode, why]).toEqual([2, 'job 16 is queued']);
    expect(await spillway(['job', 'why', '99'], queue)).toEqual({
      status: 2,
      out: '',
      err: 'spillway: job why: there is no job 99\n',
    });
  });
});
