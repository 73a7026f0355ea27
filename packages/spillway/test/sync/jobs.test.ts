/** `jobs`: several rsyncs share the files, and together they are the list. */
import { linkSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect } from 'vitest';
import { keepStrayFiles } from '../../src/sync/attempt/index.js';
import { SyncError, sync } from '../../src/sync/index.js';
import { FileList } from '../../src/sync/parts/index.js';
import { checkForLeaks, until } from '../helpers/leaks.js';
import { sideBySide } from '../helpers/side-by-side.js';
import { hasRsync, makeTree, places, rsyncsWith, treeOf, withOwnLocks } from '../helpers/sync.js';

checkForLeaks();
withOwnLocks();
const it = sideBySide(3);

function makeFiles(folder: string, count: number, bytes: number): void {
  const files = Array.from({ length: count }, (_, i) => [
    `d${i % 9}/e/f${i}`,
    Buffer.alloc(bytes + i, `${i}`),
  ]);
  makeTree(folder, Object.fromEntries(files));
}

describe('A list of files', () => {
  it('is split into parts of about the same work, which are the list again', async () => {
    const list = new FileList();
    try {
      list.add('of an attempt that was broken off', 1);
      list.clear();
      for (let i = 0; i < 500; i++) list.add(`small/${i % 20}/${i}\n\udcff`, 1000);
      for (let i = 0; i < 4; i++) list.add(`large/${i}`, 50_000_000);
      const parts = await list.split(4);
      expect(parts.length).toBe(4);
      const [first, ...others] = parts.map(({ tally }) => tally);
      for (const tally of others) first?.addAll(tally);
      expect(first).toMatchObject({ files: 504, bytes: 500_000 + 200_000_000, hash: list.tally.hash });
      const weights = parts.map(({ tally }) => tally.bytes);
      expect(Math.max(...others.map(({ bytes }) => bytes))).toBeLessThan(55_000_000);
      expect(weights.length).toBe(4);
    } finally {
      list.remove();
    }
  });
});

describe.runIf(hasRsync)('A sync with jobs (needs rsync)', () => {
  it('is complete by proof, with deletions once, folder times, links, and odd names', async () => {
    const { from, to } = places();
    makeFiles(from, 90, 2000);
    makeTree(from, {
      'new\nline/a': '1',
      '#comment': '2',
      ';semi': '3',
      ' space': '4',
      '-dash': '5',
      é: '6',
    });
    utimesSync(join(from, 'd1/e'), 1_000_000, 1_000_000);
    makeTree(to, { 'gone/x': '', 'd1/old': '' });
    const report = await sync(`${from}/`, to, { jobs: 3, delete: true, verify: true }).result;
    expect(report.split).toMatchObject({ count: 3, listedFiles: 96, doneFiles: 96, isComplete: true });
    expect(report.split?.doneHash).toBe(report.split?.listHash);
    expect(report.files).toBe(96);
    expect(report.verify).toEqual({ files: 96, different: [], differentOmitted: 0 });
    expect(treeOf(to)).toEqual(treeOf(from));
    expect(statSync(join(to, 'd1/e')).mtimeMs).toBe(1_000_000_000);
    expect(new Set(report.attempts.map(({ phase }) => phase))).toEqual(
      new Set(['list', 'transfer', 'closing', 'verify']),
    );
  });

  it('takes a folder itself, too, without a slash at its end', async () => {
    const { from, to } = places();
    makeFiles(from, 30, 1000);
    const report = await sync(from, to, { jobs: 2 }).result;
    expect(report.split).toMatchObject({ listedFiles: 30, isComplete: true });
    expect(report.warnings).toEqual([]);
    expect(treeOf(join(to, 'from'))).toEqual(treeOf(from));
  });

  it('keeps each group of hard links one inode', async () => {
    const { from, to } = places();
    makeFiles(from, 30, 5000);
    for (let i = 0; i < 30; i++)
      linkSync(join(from, `d${i % 9}/e/f${i}`), join(from, `d${(i + 4) % 9}/e/link${i}`));
    const report = await sync(`${from}/`, to, { jobs: 3, rsync: ['-H'] }).result;
    expect(report.split).toMatchObject({ listedFiles: 30, isComplete: true });
    for (let i = 0; i < 30; i++) {
      const [file, link] = [`d${i % 9}/e/f${i}`, `d${(i + 4) % 9}/e/link${i}`].map((name) =>
        statSync(join(to, name)),
      );
      expect(link?.ino).toBe(file?.ino);
    }
  });

  it('goes on after the end of one part, and the others do not wait', async () => {
    const { from, to } = places();
    makeFiles(from, 40, 60_000);
    const job = sync(`${from}/`, to, { jobs: 2, bwlimit: '1500k', retryDelay: '20ms' });
    await until(() => rsyncsWith('files-from').filter(({ command }) => command.includes(to)).length >= 6);
    const [one] = rsyncsWith('files-from').filter(({ command }) => command.includes(to));
    process.kill(one?.pid as number, 'SIGKILL');
    const report = await job.result;
    expect(report.split).toMatchObject({ count: 2, isComplete: true });
    expect(report.attempts.filter(({ reason }) => reason === 'signal').length).toBe(1);
    expect(treeOf(to)).toEqual(treeOf(from));
  });

  it('says what vanished between the list and its part, and what the closing pass found', async () => {
    const { from, to } = places();
    makeFiles(from, 20, 20_000);
    const job = sync(`${from}/`, to, { jobs: 2, bwlimit: '300k' });
    for await (const event of job) {
      if (event.type !== 'phase' || event.phase !== 'transfer') continue;
      rmSync(join(from, 'd8/e/f17'));
      writeFileSync(join(from, 'late'), 'late');
    }
    const report = await job.result;
    expect(report.exitCode).toBe(0);
    expect(report.split).toMatchObject({ listedFiles: 20, doneFiles: 19, isComplete: false });
    expect(report.warnings).toContainEqual(expect.stringMatching(/19 of the 20 files in the list/));
    expect(report.warnings).toContainEqual(expect.stringMatching(/1 files? changed or came/));
    expect(treeOf(to)).toEqual(treeOf(from));
  });

  it('refuses several sources, and says why', async () => {
    const { from, to } = places();
    makeTree(from, { a: 'a', b: 'b' });
    const error = await sync([join(from, 'a'), join(from, 'b')], to, { jobs: 2 }).result.catch(
      (error) => error,
    );
    expect(error).toBeInstanceOf(SyncError);
    expect(error).toMatchObject({
      code: 'ERR_SYNC_REFUSED',
      message: expect.stringMatching(/takes one source/),
    });
  });
});

describe('The half-written files of a part that was killed', () => {
  it('become partial files, and those that other parts are writing stay', async () => {
    const { from: to } = places();
    makeTree(to, { '.a.AbCdE1': 'half', 'd/.b.AbCdE2': 'half', 'd/.c.AbCdE3': 'half', 'd/c': 'whole' });
    const list = `${to}-list`;
    writeFileSync(list, './d/b\0./e/a\0');
    expect(await keepStrayFiles([to], 0, list)).toBe(1);
    expect(Object.keys(treeOf(to))).toEqual(expect.arrayContaining(['d/.rsync-partial/b', '.a.AbCdE1']));
    writeFileSync(list, `./${basename(to)}/d/c\0./x\0`);
    expect(await keepStrayFiles([`${to}/`], 0, list)).toBe(1);
    expect(Object.keys(treeOf(to))).toEqual(expect.arrayContaining(['d/.rsync-partial/c', '.a.AbCdE1']));
    expect(await keepStrayFiles([to], 0)).toBe(1);
    expect(Object.keys(treeOf(to))).toContain('.rsync-partial/a');
    rmSync(list);
  });
});
