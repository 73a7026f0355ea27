/** Commands as processes, with a PostgreSQL and real workers. They need `npm run build`. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { run } from 'spillway';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Postgres, postgresObstacle } from '../helpers/postgres.js';

const PROGRAM = fileURLToPath(new URL('../../../spillway/bin/spillway.cjs', import.meta.url));

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Starts `spillway WORDS`, as a shell would. */
function start(words: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(PROGRAM, [...words], { env: { ...process.env, TZ: 'UTC', ...env }, cwd: directory });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    said.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said.err += chunk;
  });
  const end = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, ...said }));
  });
  return { child, said, end };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}

const isAlive = (pid: number) => {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
};

let directory: string;

describe.skipIf(postgresObstacle)(
  `spillway job and spillway worker (${postgresObstacle ?? 'PostgreSQL'})`,
  () => {
    let server: Postgres;
    let url: string;

    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), 'spillway-jobs-cli-'));
      server = await Postgres.start();
      url = await server.create('jobs');
    });

    afterAll(async () => {
      await server?.end();
      rmSync(directory, { recursive: true, force: true });
    });

    const spillway = (...words: string[]) => start(words, { DATABASE_URL: url }).end;
    /** Adds a job, and gives its number. */
    const add = async (...words: string[]) => {
      const { status, out, err } = await spillway('job', 'add', ...words);
      expect({ status, err }).toEqual({ status: 0, err: '' });
      return out.trimEnd();
    };
    const stateOf = async (id: string) => JSON.parse((await spillway('job', 'why', '--json', id)).out).state;

    it.concurrent('add a job, run it, and tell how it ended', async () => {
      const good = await add('--group', 'one', '--', 'sh', '-c', 'echo to stdout; echo to stderr >&2');
      const bad = await add('--group', 'one', '--', 'sh', '-c', 'echo trouble; exit 3');
      expect((await spillway('job', 'list', '--group', 'one')).out).toMatch(
        /^ *id {2}state.*\n.*queued {2}one.*echo to stdout.*no worker takes group one\n.*queued/,
      );
      const worked = await spillway('worker', '--groups', 'one=1', '--once');
      expect({ status: worked.status, out: worked.out }).toEqual({ status: 0, out: '' });
      expect(worked.err).toContain(`took ${good}: sh -c 'echo to stdout`);
      expect(worked.err).toMatch(
        new RegExp(`${good} succeeded in .*\\n[\\s\\S]*${bad} failed: exited with code 3`),
      );
      expect(await spillway('job', 'wait', good)).toEqual({ status: 0, out: '', err: '' });
      const waited = await spillway('job', 'wait', good, bad);
      expect(waited.status).toBe(3);
      expect(waited.err).toContain(`job wait: job ${bad} has failed: sh -c`);
      const log = await spillway('job', 'log', good);
      expect(log.out.split('\n').sort()).toEqual(['', 'to stderr', 'to stdout']);
      expect((await spillway('job', 'why', bad)).out).toMatch(
        /exited with code 3[\s\S]*\n {2}attempts {3}1 of 1\n/,
      );
      expect(await spillway('job', 'retry', bad)).toMatchObject({
        status: 0,
        out: `job ${bad} is queued again\n`,
      });
      expect(await spillway('job', 'stop', bad)).toMatchObject({ status: 0, out: `job ${bad} is stopped\n` });
      expect((await spillway('job', 'wait', bad)).status).toBe(143);
      expect((await spillway('job', 'clean', '--older', '1d')).out).toBe('0 jobs removed\n');
      expect((await spillway('job', 'wait', '999999')).status).toBe(2);
    });

    it.concurrent('take a command as it is, whatever its bytes, and a long one', async () => {
      const bytes = join(directory, 'bytes.sh');
      writeFileSync(bytes, 'printf "%s|" "$@" | od -An -tx1 -v | tr -d " \\n"');
      // Node gives no such byte to a child; a shell does.
      const line = `"$0" job add -g two -- sh ${bytes} "$1" "$(printf '\\377')"`;
      const shell = spawn('sh', ['-c', line, PROGRAM, 'a\n\x1b[2J'], {
        env: { ...process.env, DATABASE_URL: url },
      });
      const added = await text(shell.stdout);
      const length = 'printf "$1" | wc -c';
      const long = await add('--group', 'two', '--', 'sh', '-c', length, 'sh', 'x'.repeat(100_000));
      await spillway('worker', '--groups', 'two=2', '--once');
      expect((await spillway('job', 'log', added.trim())).out).toBe('610a1b5b324a7cff7c');
      expect((await spillway('job', 'log', long)).out).toBe('100000\n');
      const { out: table } = await spillway('job', 'list', '--all', '--group', 'two');
      expect(table.split('\n').length).toBe(4);
      expect(table).not.toContain('\x1b');
      const { stdout } = await run(PROGRAM, ['job', 'list', '--all', '--group', 'two'], {
        pty: { columns: 72, rows: 24 },
        env: { DATABASE_URL: url, TERM: 'xterm', NO_COLOR: '1' },
      });
      const lines = stdout.split('\r\n');
      expect(lines.length).toBe(3);
      expect(Math.max(...lines.map((one) => one.length))).toBe(72);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the terminal must get none
      expect(lines.join('')).not.toMatch(/[\x00-\x1f\x7f]/);
    });

    it.concurrent('stop a job with all its processes, while a log is followed', async () => {
      const pidFile = join(directory, 'pid');
      const id = await add(
        '-g',
        'three',
        '--',
        'sh',
        '-c',
        `setsid sleep 987 & echo $! >${pidFile}; echo began; wait`,
      );
      const worker = start(['worker', '--groups', 'three=1'], { DATABASE_URL: url });
      const following = start(['job', 'log', '-f', id], { DATABASE_URL: url });
      await until(() => following.said.out === 'began\n');
      const inTime = await spillway('job', 'wait', '--timeout', '100ms', id);
      expect(inTime).toMatchObject({ status: 75, out: '' });
      const pid = Number(readFileSync(pidFile, 'utf8'));
      expect(isAlive(pid)).toBe(true);
      expect(await spillway('job', 'stop', '--wait', id)).toMatchObject({
        status: 0,
        out: `job ${id} is stopped\n`,
      });
      expect(isAlive(pid)).toBe(false);
      expect(await following.end).toMatchObject({ status: 0, out: 'began\n' });
      worker.child.kill('SIGTERM');
      expect((await worker.end).status).toBe(0);
    });

    it.concurrent('give a job back when the worker is told to end', async () => {
      const began = join(directory, 'began');
      const id = await add('-g', 'four', '--', 'sh', '-c', `echo >${began}; exec sleep 986`);
      const waiting = await add('-g', 'four', 'true');
      const worker = start(['worker', '--groups', 'four=1', '--json'], { DATABASE_URL: url });
      await until(() => existsSync(began));
      worker.child.kill('SIGINT');
      const { status, out, err } = await worker.end;
      expect({ status, err }).toEqual({ status: 0, err: '' });
      const events = out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      // Workers of other tests die meanwhile.
      const types = events.map(({ type }) => type).filter((type) => type !== 'recovered');
      expect(types).toEqual(['started', 'took', 'ending', 'ended', 'left']);
      expect([await stateOf(id), await stateOf(waiting)]).toEqual(['queued', 'queued']);
      await spillway('job', 'stop', id, waiting);
    });

    it.concurrent('end at once at a second signal, with all that runs', async () => {
      const pidFile = join(directory, 'stubborn');
      const script = `trap '' TERM INT; echo $$ >${pidFile}; sleep 985; sleep 985`;
      await add('-g', 'five', '--grace', '1h', '--', 'sh', '-c', script);
      const worker = start(['worker', '--groups', 'five=1'], { DATABASE_URL: url });
      await until(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8').endsWith('\n'));
      worker.child.kill('SIGINT');
      await until(() => worker.said.err.includes('once more: at once'));
      worker.child.kill('SIGINT');
      expect((await worker.end).status).toBe(130);
      expect(isAlive(Number(readFileSync(pidFile, 'utf8')))).toBe(false);
    });

    it.concurrent('keep limits and schedules', async () => {
      expect((await spillway('job', 'limit', 'net', '2')).out).toContain('net: at most 2 jobs at a time');
      expect((await spillway('job', 'limit', '--json')).out).toBe('[{"group":"net","limit":2}]\n');
      const words = ['--cron', '0 3 * * *', '--tz', 'Europe/Berlin', '--', 'backup', '--all'];
      const schedule = await add(...words);
      expect((await spillway('job', 'schedules')).out).toMatch(
        /0 3 \* \* \* {2}Europe\/Berlin .* backup --all\n/,
      );
      expect((await spillway('job', 'unschedule', schedule)).status).toBe(0);
      expect((await spillway('job', 'schedules')).out).toBe('');
      for (const wrong of [
        ['--cron', 'daily'],
        ['--cron', '* * * * *', '--tz', 'Nowhere/Town'],
        ['-g', 'a b'],
      ]) {
        const { status, out, err } = await spillway('job', 'add', ...wrong, 'true');
        expect({ status, out }).toEqual({ status: 2, out: '' });
        expect(err).toMatch(/^spillway: job add: --(cron|tz|group) is .*\n$/);
      }
    });

    it.concurrent('say on one line why a database is of no use, without its password', async () => {
      await server.query("create role ann login password 'right'");
      await server.askForPasswords();
      const wrong = url.replace('tester@', 'ann:wr0ngsecret@');
      const refused = await start(['job', 'list'], { DATABASE_URL: wrong }).end;
      expect({ status: refused.status, out: refused.out }).toEqual({ status: 69, out: '' });
      expect(refused.err).toMatch(
        /^spillway: job list: the database at .* refuses the user or the password.*\n$/,
      );
      expect(refused.err).not.toContain('wr0ngsecret');
      const newer = await server.create('newer');
      await start(['job', 'list'], { DATABASE_URL: newer }).end;
      await server.query('update spillway_jobs.meta set schema_version = 99', 'newer');
      for (const words of [
        ['job', 'list'],
        ['worker', '--once'],
      ]) {
        const { status, err } = await start(words, { DATABASE_URL: newer }).end;
        expect(status).toBe(69);
        expect(err).toMatch(/^spillway: (job list|worker): .*99.*\n$/);
      }
    });

    it.concurrent('say on one line that there is no database, without its password', async () => {
      const none = `postgres://ann:s3cret@localhost/jobs?host=${encodeURIComponent(directory)}`;
      for (const words of [
        ['job', 'list'],
        ['job', 'add', 'true'],
        ['worker', '--once'],
      ]) {
        const { status, out, err } = await start(words, { DATABASE_URL: none }).end;
        expect({ status, out }).toEqual({ status: 69, out: '' });
        expect(err).toMatch(/^spillway: .*no database answers at postgres:\/\/ann.*\n$/);
        expect(err).not.toContain('s3cret');
      }
    });
  },
);
