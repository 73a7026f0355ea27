/** `spillway sync` where it is hard: a link that is cut again and again, a million names, a full disk. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sync } from 'spillway/sync';
import { openSshd, whyNoSshd } from '../packages/spillway/test/helpers/servers.js';

const GRACE_MS = 5000;

/** Why it cannot be tried here, or undefined. */
export function whyNoSync() {
  if (spawnSync('rsync', ['--version'], { stdio: 'ignore' }).status !== 0) return 'rsync is not installed';
  return whyNoSshd;
}

/**
 * SIGKILL at random moments to any rsync, to ssh, to sshd, and to the guard over there, until there were
 * `cuts`.
 */
export async function linkIsCut(cuts, random) {
  await inFolder(async (folder) => {
    const [from, to] = [join(folder, 'from'), join(folder, 'to')];
    makeFiles(from, cuts * 40, (i) => (i % 40 === 0 ? 2_000_000 : 5000 + i));
    const server = await openSshd();
    try {
      const job = sync(`${from}/`, `127.0.0.1:${to}/`, {
        rsync: ['-e', server.shell],
        bwlimit: '6m',
        retries: cuts * 3,
        retryDelay: '20ms',
        retryMaxDelay: '200ms',
        stall: '20s',
      });
      let done = 0;
      let isOver = false;
      job.report.then(() => {
        isOver = true;
      });
      while (done < cuts && !isOver) {
        await pause(150 + random() * 500);
        const all = processesWith(to).filter(({ name }) => /^(?:rsync|ssh|sh)$/.test(name));
        const guards = all.filter(({ command }) => command.includes('spillway-far-guard'));
        const sessions = guards.map(({ parent }) => ({ pid: parent }));
        const candidates = [...all, ...sessions].filter(({ pid }) => pid > 1 && nameOf(pid) !== 'node');
        const chosen = candidates[Math.floor(random() * candidates.length)];
        if (chosen && kill(chosen.pid)) done++;
      }
      const report = await job.result;
      const failed = report.attempts.filter(({ exitCode }) => exitCode !== 0).length;
      console.log(`    ${done} cuts, ${report.attempts.length} attempts, ${failed} of them cut`);
      assert.ok(done >= cuts / 2, 'it was over before it was cut often enough');
      assert.ok(failed > 0);
      await untilGone(to, GRACE_MS + 2000);
      assert.equal(spawnSync('diff', ['-r', from, to]).status, 0, 'the copy is not the same');
      const stray = readdirSync(to, { recursive: true, encoding: 'utf8' }).filter((name) =>
        /\.\w{6}$|rsync-partial/.test(name),
      );
      assert.deepEqual(stray, []);
    } finally {
      await server.close();
    }
  });
}

/** Names are read as they come, and memory stays flat. */
export async function manyNames(count) {
  await inFolder(async (folder) => {
    const from = join(folder, 'from');
    makeFiles(from, count, () => 0);
    const before = process.memoryUsage().rss;
    let names = 0;
    let most = 0;
    for await (const event of sync(`${from}/`, join(folder, 'to'), { dryRun: true })) {
      if (event.type !== 'file' || event.kind !== 'file') continue;
      if (++names % 10_000 === 0) most = Math.max(most, process.memoryUsage().rss);
    }
    assert.equal(names, count);
    const megabytes = Math.round((most - before) / 1e6);
    console.log(`    ${count} names, memory grew by ${megabytes} MB at most`);
    assert.ok(megabytes < 120, `memory grew by ${megabytes} MB`);
  });
}

/** Why no disk can be filled here, or undefined. */
export function whyNoFullDisk() {
  return spawnSync('unshare', ['-m', 'true']).status === 0 ? undefined : 'needs mount';
}

/** A small file system fills up, gets room, and the next run continues. */
export async function diskFillsUp() {
  await inFolder(async (folder) => {
    const [from, to] = [join(folder, 'from'), join(folder, 'to')];
    makeFiles(from, 60, () => 1_000_000);
    mkdirSync(to);
    const cli = new URL('../packages/spillway/dist/cjs/cli/main.cjs', import.meta.url).pathname;
    const script = `
      mount -t tmpfs -o size=40m none "$1"
      "$2" "$3" sync --json "$4/" "$1" >"$5/first" 2>"$5/error"; echo $?
      mount -o remount,size=100m "$1"
      "$2" "$3" sync --json "$4/" "$1" >"$5/second"; echo $?
      diff -r "$4" "$1" && echo same`;
    const words = ['-m', 'sh', '-c', script, 'sh', to, process.execPath, cli, from, folder];
    const { stdout } = spawnSync('unshare', words, { encoding: 'utf8' });
    assert.equal(stdout, '1\n0\nsame\n');
    assert.match(readFileSync(join(folder, 'error'), 'utf8'), /no space left.*are missing/);
  });
}

async function inFolder(act) {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-stress-sync-'));
  const before = process.env.XDG_STATE_HOME;
  process.env.XDG_STATE_HOME = folder;
  try {
    await act(folder);
  } finally {
    if (before === undefined) delete process.env.XDG_STATE_HOME;
    else process.env.XDG_STATE_HOME = before;
    rmSync(folder, { recursive: true, force: true });
  }
}

function makeFiles(folder, count, bytes) {
  for (let i = 0; i < count; i++) {
    const parent = join(folder, `folder-${Math.floor(i / 500)}`);
    if (i % 500 === 0) mkdirSync(parent, { recursive: true });
    writeFileSync(join(parent, `file-${i}`), Buffer.alloc(bytes(i), `${i} `));
  }
}

function processesWith(text) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
        if (state === 'Z' || !command.includes(text)) return [];
        return [{ pid: Number(pid), parent: Number(parent), name: nameOf(pid), command }];
      } catch {
        return [];
      }
    });
}

function nameOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'latin1').trim();
  } catch {
    return '';
  }
}

function kill(pid) {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

async function untilGone(text, ms) {
  const end = performance.now() + ms;
  while (processesWith(text).length > 0) {
    assert.ok(
      performance.now() < end,
      `left: ${processesWith(text)
        .map(({ command }) => command)
        .join('; ')}`,
    );
    await pause(50);
  }
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
