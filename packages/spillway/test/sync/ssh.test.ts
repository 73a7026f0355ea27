/** A sync over a real ssh, to an sshd of the test's own on loopback. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type SyncJob, type SyncOptions, sync } from '../../src/sync/index.js';
import { MAIN } from '../cli/spillway.js';
import { checkForLeaks, isAlive, scratchDirectory, until } from '../helpers/leaks.js';
import { openSshd, type SshServer, whyNoSshd } from '../helpers/servers.js';
import { sideBySide } from '../helpers/side-by-side.js';
import {
  failure,
  hasRsync,
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

const it = sideBySide(4);
const BYTES = 2_000_000;
const HALF_WAY = BYTES / 4;

let server: SshServer;
const canMount = spawnSync('unshare', ['-m', 'true']).status === 0;
const canRun = hasRsync && whyNoSshd === undefined;
beforeAll(async () => {
  if (canRun) server = await openSshd();
});
afterAll(async () => {
  await server?.close();
});

function push(from: string, to: string, options: SyncOptions = {}): SyncJob {
  return sync(`${from}/`, `${server.host}:${to}/`, {
    rsync: ['-e', server.shell],
    retryDelay: '20ms',
    ...options,
  });
}

/** Of the transfer to this folder: who is who. */
function cast(to: string) {
  const all = processesWith(to);
  const rsyncs = all.filter(({ name }) => name === 'rsync');
  const far = rsyncs.filter(({ command }) => command.includes('--server'));
  const farMain = far.find(({ parent }) => !far.some(({ pid }) => pid === parent));
  const guard = all.find(({ pid }) => pid === farMain?.parent);
  return {
    local: rsyncs.find(({ command }) => !command.includes('--server'))?.pid as number,
    ssh: all.find(({ name }) => name === 'ssh')?.pid as number,
    'far rsync': farMain?.pid as number,
    'far receiver': far.find(({ parent }) => parent === farMain?.pid)?.pid as number,
    'far guard': guard?.pid as number,
    sshd: guard?.parent as number,
  };
}
const ROLES = ['local', 'ssh', 'far rsync', 'far receiver', 'far guard', 'sshd'] as const;

describe.runIf(canRun)(
  `A sync over ssh (needs rsync and an sshd${whyNoSshd ? `: ${whyNoSshd}` : ''})`,
  () => {
    it('transfers files of any name, there and back', async () => {
      const { from, to } = places();
      makeTree(from, { 'a\nb': '1', 'two words': '2', '-dash': '3', 'q"\'$x': '4', 'é/x': '5' });
      const far = join(to, "far 'place'");
      mkdirSync(to);
      expect((await push(from, far).result).outcome).toBe('done');
      expect(treeOf(far)).toEqual(treeOf(from));
      const back = join(scratchDirectory(), 'back');
      const source = `${server.host}:${far}/`;
      expect(await sync(source, back, { rsync: ['-e', server.shell] }).result).toMatchObject({ files: 5 });
      expect(treeOf(back)).toEqual(treeOf(from));
      await untilGone(far);
    });

    it.each(ROLES)('goes on after SIGKILL of the %s: attempt 2 sends only the rest', async (role) => {
      const { from, to } = places();
      makeLarge(from, BYTES);
      const job = push(from, to, { bwlimit: '1m' });
      await untilHalfWay(to, HALF_WAY);
      process.kill(cast(to)[role], 'SIGKILL');
      const report = await job.result;
      expect(report.attempts.length).toBeGreaterThan(1);
      const last = report.attempts.at(-1);
      expect(last?.matchedBytes).toBeGreaterThan(BYTES / 6);
      expect(treeOf(to)).toEqual(treeOf(from));
      expect(temporary(to)).toEqual([]);
      await untilGone(to, 7000);
    });

    it('leaves nothing on either side after SIGKILL of spillway, and a run after it completes', async () => {
      const { from, to } = places();
      makeLarge(from, BYTES);
      const address = `${server.host}:${to}/`;
      const words = [MAIN, 'sync', `${from}/`, address, '--bwlimit=1m', '--quiet', '--', '-e', server.shell];
      const child = spawn(process.execPath, words, { stdio: 'ignore' });
      await untilHalfWay(to, HALF_WAY);
      child.kill('SIGKILL');
      await untilGone(to, 7000);
      const report = await push(from, to).result;
      expect(report.attempts[0]?.matchedBytes).toBeGreaterThan(BYTES / 6);
      expect(treeOf(to)).toEqual(treeOf(from));
      expect(temporary(to)).toEqual([]);
    });

    it('ends a far end that is stopped by its stall, says who waits for what, and goes on', async () => {
      const { from, to } = places();
      makeLarge(from, BYTES);
      const job = push(from, to, { bwlimit: '1m', stall: '3s', grace: '300ms' });
      await untilHalfWay(to, HALF_WAY);
      const stopped = rsyncsWith(to).filter(({ command }) => command.includes('--server'));
      for (const { pid } of stopped) process.kill(pid, 'SIGSTOP');
      const report = await job.result;
      const [first] = report.attempts;
      expect(first).toMatchObject({ reason: 'stall' });
      expect(first?.message).toMatch(/no byte and no file for 3 s \(stall\)/);
      expect(first?.diagnosis).toMatch(/ssh\[\d+\]/);
      expect(treeOf(to)).toEqual(treeOf(from));
      await until(() => stopped.every(({ pid }) => !isAlive(pid)));
      await untilGone(to, 7000);
    });

    it('fails at once with a sentence where rsync, the remote shell or the host key is missing', async () => {
      const { from, to } = places();
      makeTree(from, { a: 'a' });
      const noRsync = ['-e', server.shell, '--rsync-path=/no/such/rsync'];
      const failures = [
        [noRsync, /found no rsync on 127\.0\.0\.1: install it there, or name it/],
        [
          ['-e', '/no/such/shell'],
          /the remote shell \/no\/such\/shell, which .* is reached by, is not in PATH/,
        ],
        [
          ['-e', `${server.shell}.none -o StrictHostKeyChecking=yes`],
          /the host key of 127\.0\.0\.1 is unknown/,
        ],
        [['-e', server.shell.replace(/-i \S+/, '-i /dev/null')], /was not let in by 127\.0\.0\.1/],
      ] as const;
      for (const [rsync, message] of failures) {
        const error = await failure(push(from, to, { rsync }));
        expect(error).toMatchObject({ code: 'ERR_SYNC_FAILED', report: { exitCode: 1 } });
        expect(error.message).toMatch(message);
        expect(error.report.attempts.length).toBeLessThan(2);
      }
    });

    it('goes without its guard where a forced command takes rsync alone, and says so', async () => {
      const { from, to } = places();
      makeTree(from, { a: 'a' });
      const script = join(scratchDirectory(), 'only-rsync');
      makeTree(scratchDirectory(), {
        'only-rsync':
          'case $SSH_ORIGINAL_COMMAND in "rsync --server "*) exec sh -c "$SSH_ORIGINAL_COMMAND";; esac\n' +
          'echo "SSH_ORIGINAL_COMMAND is not allowed" >&2; exit 1\n',
      });
      const restricted = await openSshd(`sh ${script}`);
      try {
        const report = await push(from, to, { rsync: ['-e', restricted.shell] }).result;
        expect(report.attempts.length).toBe(2);
        expect(report.warnings).toEqual([expect.stringMatching(/goes without the guard/)]);
        expect(readFileSync(join(to, 'a'), 'utf8')).toBe('a');
      } finally {
        await restricted.close();
      }
    });

    it.skipIf(!canMount)(
      'says so where the far end has no /proc, and does without (needs mount)',
      async () => {
        const { from, to } = places();
        makeTree(from, { a: 'a' });
        const script = 'mount -t tmpfs none /proc; eval \\"$SSH_ORIGINAL_COMMAND\\"';
        const bare = await openSshd(`unshare -m sh -c '${script}'`);
        try {
          const report = await push(from, to, { rsync: ['-e', bare.shell] }).result;
          expect(report.attempts.length).toBe(1);
          expect(report.warnings).toEqual([
            expect.stringMatching(/the far end has no \/proc: its rsync is not guarded/),
          ]);
          expect(readFileSync(join(to, 'a'), 'utf8')).toBe('a');
        } finally {
          await bare.close();
        }
      },
    );

    it('does not end another sync by a dry run, or without the lock', async () => {
      const { from, to } = places();
      makeLarge(from, BYTES);
      const job = push(from, to, { bwlimit: '1m' });
      await untilHalfWay(to, HALF_WAY);
      expect((await push(from, to, { dryRun: true }).result).outcome).toBe('done');
      // Nothing of the same files: two rsyncs that delay their updates would take them from each other.
      expect((await push(from, to, { lock: false, exclude: '*' }).result).outcome).toBe('done');
      expect((await job.result).attempts.length).toBe(1);
    });

    it('with jobs brings a folder from the far end', async () => {
      const { from, to } = places();
      makeTree(from, Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`d${i % 3}/f${i}`, `${i}`])));
      const source = `${server.host}:${from}`;
      const report = await sync(source, to, { jobs: 2, rsync: ['-e', server.shell] }).result;
      expect(report.split).toMatchObject({ listedFiles: 20, isComplete: true });
      expect(treeOf(join(to, 'from'))).toEqual(treeOf(from));
    });

    it('with jobs shares one connection, and proves that the parts are the list', async () => {
      const { from, to } = places();
      const files = Array.from({ length: 60 }, (_, i) => [`d${i % 7}/f${i}`, 'x'.repeat(i * 100)] as const);
      makeTree(from, Object.fromEntries(files));
      const job = push(from, to, { jobs: 3, bwlimit: '100k' });
      const clients = () => processesWith(to).filter(({ name }) => name === 'ssh');
      await until(() => clients().length >= 3);
      const sockets = new Set(clients().map(({ command }) => /ControlPath=(\S+)/.exec(command)?.[1]));
      expect(sockets.size).toBe(1);
      const report = await job.result;
      expect(report.split).toMatchObject({ count: 3, listedFiles: 60, doneFiles: 60, isComplete: true });
      expect(report.split?.doneHash).toBe(report.split?.listHash);
      expect(treeOf(to)).toEqual(treeOf(from));
      await untilGone(to, 7000);
    });
  },
);
