/** What goes wrong under a sync on one machine: killed rsyncs, full disks, files that vanish, locks. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type SyncOptions, sync } from '../../src/sync/index.js';
import { MAIN, spillway } from '../cli/spillway.js';
import { checkForLeaks, scratchDirectory, until } from '../helpers/leaks.js';
import { othersMayRunNode } from '../helpers/programs.js';
import { sideBySide } from '../helpers/side-by-side.js';
import {
  failure,
  hasRsync,
  isRoot,
  makeLarge,
  makeTree,
  places,
  processesWith,
  rsyncsWith,
  temporary,
  treeOf,
  untilGone,
  untilHalfWay,
  withOwnLocks,
} from '../helpers/sync.js';

checkForLeaks();
withOwnLocks();

const it = sideBySide(3);

const SLOW = { bwlimit: '1m', retryDelay: '20ms' } as const;
const BYTES = 2_000_000;
const HALF_WAY = BYTES / 4;

describe.runIf(hasRsync)('A sync on one machine whose rsync is killed (needs rsync)', () => {
  it.each(['sender', 'generator', 'receiver'] as const)(
    'goes on after the end of its %s: attempt 2 sends only the rest, and no temporary file stays',
    async (role) => {
      const { from, to } = places();
      makeLarge(from, BYTES);
      const job = sync(`${from}/`, to, SLOW);
      await untilHalfWay(to, HALF_WAY);
      const all = rsyncsWith(to);
      const sender = all.find(({ parent }) => !all.some(({ pid }) => pid === parent));
      const generator = all.find(({ parent }) => parent === sender?.pid);
      const receiver = all.find(({ parent }) => parent === generator?.pid);
      process.kill({ sender, generator, receiver }[role]?.pid as number, 'SIGKILL');
      const report = await job.result;
      expect(report.attempts.map(({ attempt }) => attempt)).toEqual([1, 2]);
      const [, second] = report.attempts;
      expect(second?.matchedBytes).toBeGreaterThan(BYTES / 6);
      expect(second?.literalBytes).toBeLessThan(BYTES * 0.85);
      expect(treeOf(to)).toEqual(treeOf(from));
      expect(temporary(to)).toEqual([]);
    },
  );

  it('is continued by the next run after SIGKILL of spillway, which leaves no rsync', async () => {
    const { from, to } = places();
    makeLarge(from, BYTES);
    const child = spawn(process.execPath, [MAIN, 'sync', `${from}/`, to, '--bwlimit=1m', '--quiet']);
    await untilHalfWay(to, HALF_WAY);
    child.kill('SIGKILL');
    await untilGone(to);
    const report = await sync(`${from}/`, to).result;
    expect(report.attempts[0]?.matchedBytes).toBeGreaterThan(BYTES / 6);
    expect(treeOf(to)).toEqual(treeOf(from));
    expect(temporary(to)).toEqual([]);
  });

  it('with move loses nothing: what is not at the destination is still at the source', async () => {
    const { from, to } = places();
    makeLarge(from, BYTES);
    const before = treeOf(from);
    const job = sync(`${from}/`, to, { ...SLOW, move: true, retries: 0 });
    await untilHalfWay(to, HALF_WAY);
    process.kill(rsyncsWith(to)[0]?.pid as number, 'SIGKILL');
    await failure(job);
    expect(treeOf(from)).toEqual(before);
    await sync(`${from}/`, to, { move: true }).result;
    expect(treeOf(to)).toEqual(before);
    expect(treeOf(from)).toEqual({});
  });

  it('is ended by its stall where rsync is stopped, and says who waits for what', async () => {
    const { from, to } = places();
    makeLarge(from, BYTES);
    const job = sync(`${from}/`, to, { ...SLOW, stall: '2s', retries: 0, grace: '300ms' });
    await untilHalfWay(to, HALF_WAY);
    for (const { pid } of rsyncsWith(to)) process.kill(pid, 'SIGSTOP');
    const error = await failure(job);
    expect(error).toMatchObject({ code: 'ERR_SYNC_STALLED', report: { exitCode: 124, outcome: 'stalled' } });
    expect(error.message).toMatch(/no byte and no file for 2 s/);
    expect(error.message).toMatch(/rsync\[\d+\].*stopped/);
    expect(processesWith(to)).toEqual([]);
  });

  it('is ended by its timeout in order, and keeps what has arrived', async () => {
    const { from, to } = places();
    makeLarge(from, 2 * BYTES);
    const error = await failure(
      sync(`${from}/`, to, { ...SLOW, bwlimit: '400k', timeout: '5s', retries: 0 }),
    );
    expect(error).toMatchObject({
      code: 'ERR_SYNC_TIMEOUT',
      report: { exitCode: 124, outcome: 'timed-out' },
    });
    expect(existsSync(join(to, 'sub/.rsync-partial/large'))).toBe(true);
  });
});

describe.runIf(hasRsync)('A sync with files that fail (needs rsync)', () => {
  it('is done with a warning when files vanish, and partial with strict', async () => {
    const { from, to } = places();
    const run = async (options: SyncOptions) => {
      // It is listed first, and read last.
      makeTree(from, { a: Buffer.alloc(400_000, 'a'), z: 'z' });
      rmSync(to, { recursive: true, force: true });
      const job = sync(`${from}/`, to, { bwlimit: '500k', ...options });
      for await (const { type } of job) if (type === 'file') rmSync(join(from, 'z'), { force: true });
      return job;
    };
    const report = await (await run({})).result;
    expect(report).toMatchObject({ outcome: 'done-with-warnings', exitCode: 0 });
    expect(report.vanished).toEqual([join(from, 'z')]);
    expect(report.message).toMatch(/1 file vanished meanwhile/);
    const error = await failure(await run({ strict: true }));
    expect(error).toMatchObject({ code: 'ERR_SYNC_PARTIAL', report: { exitCode: 3 } });
  });

  it.skipIf(!isRoot || !othersMayRunNode())(
    'is partial when a file cannot be read, and says so (needs root, and a Node that others may run)',
    async () => {
      const { from, to } = places();
      makeTree(from, { open: 'o', 'shut\nx': 's' });
      chmodSync(join(from, 'shut\nx'), 0);
      mkdirSync(to);
      const state = join(scratchDirectory(), 'other');
      mkdirSync(state);
      for (const path of [to, state]) chownSync(path, 65_534, 65_534);
      chmodSync(scratchDirectory(), 0o755);
      const report = join(state, 'report.json');
      const words = ['sync', `${from}/`, to, '--retry-delay=10ms', '--report', report, '--quiet'];
      const env = { ...process.env, XDG_STATE_HOME: state };
      const { status, stderr } = await spillway(words, { uid: 65_534, gid: 65_534, env, cwd: state });
      expect(stderr).toMatch(/1 file failed:\n {2}\S*shut\\nx: .*Permission denied/);
      expect(status).toBe(3);
      const { failed, attempts, outcome } = JSON.parse(readFileSync(report, 'utf8'));
      expect(outcome).toBe('partial');
      expect(failed).toEqual([
        { path: join(from, 'shut\nx'), reason: expect.stringMatching(/Permission denied/), code: 'EACCES' },
      ]);
      // One more attempt: the file may have been readable again.
      expect(attempts.map(({ exitCode }: { exitCode: number }) => exitCode)).toEqual([23, 23]);
      expect(readFileSync(join(to, 'open'), 'utf8')).toBe('o');
    },
  );

  it.skipIf(!isRoot || !othersMayRunNode())(
    'is done for a user who has a number alone (needs root, and a Node that others may run)',
    async () => {
      const { from, to } = places();
      makeTree(from, { file: 'x' });
      const id = 100_000 + process.pid;
      const temporaryFiles = join(scratchDirectory(), 'other');
      for (const path of [to, temporaryFiles]) {
        mkdirSync(path);
        chownSync(path, id, id);
      }
      chmodSync(scratchDirectory(), 0o755);
      const env = { PATH: process.env.PATH, TMPDIR: temporaryFiles };
      const words = ['sync', '--quiet', `${from}/`, to];
      const { status, stderr } = await spillway(words, { uid: id, gid: id, env, cwd: '/' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(treeOf(to)).toEqual(treeOf(from));
    },
  );

  const canMount = isRoot && spawnSync('unshare', ['-m', 'true']).status === 0;
  it.skipIf(!canMount)(
    'fails at once when the disk is full, and says how much is missing (needs mount)',
    async () => {
      const { from, to } = places();
      makeTree(from, { a: Buffer.alloc(3_000_000, 'a'), b: Buffer.alloc(3_000_000, 'b') });
      mkdirSync(to);
      const script = 'mount -t tmpfs -o size=4m none "$1" && shift && exec "$@"';
      const words = [process.execPath, MAIN, 'sync', `${from}/`, to, '--json'];
      const result = spawnSync('unshare', ['-m', 'sh', '-c', script, 'sh', to, ...words], {
        encoding: 'utf8',
      });
      expect(result.status).toBe(1);
      expect(result.stderr).toMatch(
        /could not write \S+: there is no space left\. What is left takes up to .* are missing/,
      );
      const summary = JSON.parse(result.stdout.trim().split('\n').at(-1) as string);
      expect(summary.attempts.filter(({ phase }: { phase: string }) => phase === 'transfer').length).toBe(1);
      expect(summary.failed[0]).toMatchObject({ code: 'ENOSPC' });
    },
  );
});

describe.runIf(hasRsync)('Two syncs to one destination (needs rsync)', () => {
  it('never run at once: the second is told who has the lock, or waits for it', async () => {
    const { from, to } = places();
    makeLarge(from, BYTES);
    const first = sync(`${from}/`, to, SLOW);
    for await (const { type } of first) if (type === 'progress') break;
    const error = await failure(sync(`${from}/`, `${to}/`));
    expect(error).toMatchObject({ code: 'ERR_SYNC_LOCKED', report: { exitCode: 75, attempts: [] } });
    expect(error.message).toMatch(`process ${process.pid} on `);
    expect(error.message).toMatch(`sync ${from}/ ${to}`);
    const second = sync(`${from}/`, to, { waitLock: '30s' });
    let waited = '';
    for await (const event of second) if (event.type === 'waiting') waited = event.message;
    expect(waited).toMatch(/waits up to 30 s for process/);
    expect(await first.result).toMatchObject({ outcome: 'done' });
    expect(await second.result).toMatchObject({ outcome: 'done', files: 0 });
  });

  it('leave no lock behind when one is killed', async () => {
    const { from, to } = places();
    makeTree(from, { a: Buffer.alloc(3_000_000, 'a') });
    const child = spawn(process.execPath, [MAIN, 'sync', `${from}/`, to, '--bwlimit=100k', '--json']);
    await until(() => rsyncsWith(to).length > 0);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    expect((await sync(`${from}/`, to, { waitLock: '10s' }).result).outcome).toBe('done');
    await untilGone(to);
  });
});

describe('A sync without a usable rsync', () => {
  const withProgram = (text: string | undefined) => {
    const bin = join(scratchDirectory(), 'bin');
    mkdirSync(bin, { recursive: true });
    if (text !== undefined) writeFileSync(join(bin, 'rsync'), text, { mode: 0o755 });
    return { env: { PATH: bin } };
  };

  it.each([
    ['is missing', undefined, 127, /rsync is not installed here, or not in PATH\. To install it/],
    [
      'is too old',
      '#!/bin/sh\necho "rsync  version 2.6.9  protocol version 29"\n',
      126,
      /2\.6\.9 is too old/,
    ],
    ['is no rsync', '#!/bin/sh\necho hello\n', 126, /none that Spillway knows \("hello"\)/],
    ['cannot be run', '#!/no/such/interpreter\n', 127, /rsync/],
  ])('that %s says what to do', async (_, text, status, message) => {
    const { from, to } = places();
    makeTree(from, { a: 'a' });
    const error = await failure(sync(`${from}/`, to, withProgram(text)));
    expect(error.code).toBe('ERR_SYNC_NO_RSYNC');
    expect([status, 126]).toContain(error.report.exitCode);
    expect(error.message).toMatch(message);
  });

  it('that ends with an unknown option fails at once, without another attempt', async () => {
    if (!hasRsync) return;
    const { from, to } = places();
    makeTree(from, { a: 'a' });
    const error = await failure(sync(`${from}/`, to, { rsync: ['--no-such-option'] }));
    expect(error).toMatchObject({ code: 'ERR_SYNC_FAILED', report: { exitCode: 1 } });
    expect(error.message).toMatch(/no-such-option: unknown option/);
    expect(error.report.attempts.length).toBe(1);
  });
});

describe('The clock of the machine', () => {
  const hasCompiler = spawnSync('gcc', ['--version'], { stdio: 'ignore' }).status === 0;
  it.skipIf(!hasRsync || !hasCompiler)('may be set back while a sync runs (needs gcc)', async () => {
    const { from, to } = places();
    makeLarge(from, 1_000_000);
    const library = join(scratchDirectory(), 'clock.so');
    const source = join(scratchDirectory(), 'clock.c');
    const mark = join(scratchDirectory(), 'back');
    // From the moment on at which there is this file it is 25 years earlier.
    writeFileSync(
      source,
      `#define _GNU_SOURCE
       #include <dlfcn.h>
       #include <sys/time.h>
       #include <time.h>
       #include <unistd.h>
       int clock_gettime(clockid_t id, struct timespec *at) {
         static int (*real)(clockid_t, struct timespec *);
         if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
         int result = real(id, at);
         if (id == CLOCK_REALTIME && access("${mark}", F_OK) == 0) at->tv_sec -= 788940000;
         return result;
       }
       int gettimeofday(struct timeval *at, void *zone) {
         struct timespec now;
         clock_gettime(CLOCK_REALTIME, &now);
         at->tv_sec = now.tv_sec;
         at->tv_usec = now.tv_nsec / 1000;
         return 0;
       }`,
    );
    execFileSync('gcc', ['-shared', '-fPIC', '-o', library, source, '-ldl']);
    // rsync's own limit of the rate would wait for years.
    const bin = join(scratchDirectory(), 'bin');
    const program = execFileSync('sh', ['-c', 'command -v rsync'], { encoding: 'utf8' }).trim();
    makeTree(bin, { rsync: `#!/bin/sh\nunset LD_PRELOAD\nexec ${program} "$@"\n` });
    chmodSync(join(bin, 'rsync'), 0o755);
    const env = { ...process.env, LD_PRELOAD: library, PATH: `${bin}:${process.env.PATH}` };
    const words = ['sync', `${from}/`, to, '--bwlimit=400k', '--stall=20s', '--json'];
    const end = spillway(words, { env });
    await untilHalfWay(to, 250_000);
    writeFileSync(mark, '');
    const { status, stdout } = await end;
    expect(status).toBe(0);
    const summary = JSON.parse(stdout.trim().split('\n').at(-1) as string);
    expect(summary.startedAt > summary.endedAt).toBe(true);
    expect(summary.elapsedTime).toBeGreaterThan(0.5);
    expect(summary.attempts[0].durationMs).toBeGreaterThan(500);
    expect(treeOf(to)).toEqual(treeOf(from));
  });
});
