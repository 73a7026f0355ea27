/** A sync on one machine: what arrives, what is told, what is refused. */
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type SyncEvent, type SyncOptions, sync } from '../../src/sync/index.js';
import { checkForLeaks, scratchDirectory } from '../helpers/leaks.js';
import { sideBySide } from '../helpers/side-by-side.js';
import { failure, hasRsync, makeTree, places, treeOf, withOwnLocks } from '../helpers/sync.js';

checkForLeaks();
withOwnLocks();

const it = sideBySide(3);

async function eventsOf(job: AsyncIterable<SyncEvent>): Promise<SyncEvent[]> {
  const events: SyncEvent[] = [];
  for await (const event of job) events.push(event);
  return events;
}

describe.runIf(hasRsync)('A sync on one machine (needs rsync)', () => {
  it('transfers files of any name, bytes that are not UTF-8 included, and tells each', async () => {
    const { from, to } = places();
    makeTree(from, {
      'a\nb': '1',
      'two words': '2',
      '-dash': '3',
      'q"\'': '4',
      'é/x': '5',
      'lit\\#012': '6',
    });
    writeFileSync(Buffer.concat([Buffer.from(`${from}/`), Buffer.of(0xff, 0xfe)]), '7');
    const job = sync(`${from}/`, to);
    const events = await eventsOf(job);
    expect(treeOf(to)).toEqual(treeOf(from));
    const told = events.flatMap((event) => (event.type === 'file' ? [event.path] : []));
    expect(told.sort()).toEqual(
      ['.', '-dash', 'a\nb', 'lit\\#012', 'q"\'', 'two words', 'é', 'é/x', '\udcff\udcfe'].sort(),
    );
    expect(await job.result).toMatchObject({ outcome: 'done', exitCode: 0, files: 7, bytes: 7, failed: [] });
  });

  it('gives its events in order, the last one a summary, whatever they are read for', async () => {
    const { from, to } = places();
    makeTree(from, { a: 'a' });
    const events = await eventsOf(sync(`${from}/`, to));
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1));
    expect(events[0]).toMatchObject({ type: 'start', sources: [`${from}/`], destination: to });
    expect(events.at(-1)).toMatchObject({ type: 'summary', outcome: 'done' });
    expect(events.filter(({ type }) => type === 'summary').length).toBe(1);
    for (const { at } of events) expect(new Date(at).toISOString()).toBe(at);
  });

  it('keeps times, modes and links, and deletes with delete what the source does not have', async () => {
    const { from, to } = places();
    makeTree(from, { 'sub/a': 'a' });
    symlinkSync('sub/a', join(from, 'link'));
    utimesSync(join(from, 'sub'), 1_000_000, 1_000_000);
    makeTree(to, { old: 'x', 'sub/older': 'y' });
    expect((await sync(`${from}/`, to).result).changes.deleted).toBe(0);
    const { changes, message } = await sync(`${from}/`, to, { delete: true }).result;
    expect(changes.deleted).toBe(2);
    expect(message).toMatch(/2 files deleted/);
    expect(treeOf(to)).toEqual(treeOf(from));
    expect(statSync(join(to, 'sub')).mtimeMs).toBe(1_000_000_000);
  });

  it('heeds filters in their order, and further options for rsync', async () => {
    const { from, to } = places();
    makeTree(from, { 'a.o': '', 'keep.o': '', 'b.c': '', 'cache/x': '' });
    await sync(`${from}/`, to, {
      filter: ['+ keep.o', '- *.o'],
      exclude: 'cache/',
      rsync: ['--chmod=F600'],
    }).result;
    expect(Object.keys(treeOf(to)).sort()).toEqual(['b.c', 'keep.o']);
    expect(statSync(join(to, 'b.c')).mode & 0o777).toBe(0o600);
  });

  it('with dryRun says what would change, and changes nothing', async () => {
    const { from, to } = places();
    makeTree(from, { new: '123', changed: 'longer', 'sub/x': 'x' });
    makeTree(to, { changed: 'old', gone: '' });
    const before = treeOf(to);
    const report = await sync(`${from}/`, to, { dryRun: true, delete: true }).result;
    expect(report.changes).toMatchObject({ created: 3, updated: 1, deleted: 1, bytes: 10 });
    expect(report.message).toMatch(/^Would create 3, update 1, .*delete 1 .*transfer up to 10 bytes\.$/);
    expect(treeOf(to)).toEqual(before);
    expect(report.dryRun).toBe(true);
  });

  it('with verify compares every file by checksum, and names what differs', async () => {
    const { from, to } = places();
    makeTree(from, { a: 'aaaa', b: 'bbbb' });
    await sync(`${from}/`, to).result;
    expect((await sync(`${from}/`, to, { verify: true }).result).verify).toEqual({
      files: 2,
      different: [],
      differentOmitted: 0,
    });
    // Of the same size and time, so that only a checksum finds it.
    const { atime, mtime } = statSync(join(to, 'b'));
    writeFileSync(join(to, 'b'), 'bXbb');
    utimesSync(join(to, 'b'), atime, mtime);
    const error = await failure(sync(`${from}/`, to, { verify: true }));
    expect(error).toMatchObject({ code: 'ERR_SYNC_PARTIAL', report: { exitCode: 3 } });
    expect(error.report.verify?.different).toEqual(['b']);
    expect(error.message).toMatch(/1 file differs from the source after the transfer: b\./);
    await sync(`${from}/`, to, { verify: true, checksum: true }).result;
    expect(readFileSync(join(to, 'b'), 'utf8')).toBe('bbbb');
  });

  it('with move removes what is verified, and the folders that are empty then', async () => {
    const { from, to } = places();
    makeTree(from, { a: 'a', 'sub/deep/b': 'b', 'left/c.tmp': 'c' });
    const before = treeOf(from);
    const report = await sync(`${from}/`, to, { move: true, exclude: '*.tmp' }).result;
    expect(treeOf(from)).toEqual({ 'left/': '', 'left/c.tmp': before['left/c.tmp'] });
    expect(treeOf(to)).toMatchObject({ a: before.a, 'sub/deep/b': before['sub/deep/b'] });
    expect(report.move).toEqual({ removedFiles: 2, removedFolders: 2 });
  });

  it('with move refuses a source that a process has open for writing, and removes nothing', async () => {
    const { from, to } = places();
    makeTree(from, { a: 'a' });
    // Ours does not count; that of a child does.
    const { spawn } = await import('node:child_process');
    const fd = openSync(join(from, 'a'), 'a');
    const writer = spawn('sleep', ['100'], { stdio: ['ignore', fd, 'ignore'] });
    closeSync(fd);
    try {
      await new Promise((resolve) => writer.once('spawn', resolve));
      const error = await failure(sync(`${from}/`, to, { move: true }));
      expect(error).toMatchObject({ code: 'ERR_SYNC_REFUSED', report: { exitCode: 2, attempts: [] } });
      expect(error.message).toMatch(`process ${writer.pid} `);
      expect(error.message).toMatch(/open for writing/);
    } finally {
      writer.kill();
      await new Promise((resolve) => writer.once('exit', resolve));
    }
    expect(readFileSync(join(from, 'a'), 'utf8')).toBe('a');
    expect((await sync(`${from}/`, to, { move: true }).result).outcome).toBe('done');
  });

  it('refuses a missing source before anything is deleted', async () => {
    const { from, to } = places();
    makeTree(to, { precious: 'x' });
    const error = await failure(sync(`${from}/`, to, { delete: true }));
    expect(error).toMatchObject({ code: 'ERR_SYNC_REFUSED', report: { exitCode: 2, outcome: 'refused' } });
    expect(error.message).toMatch(/does not exist; nothing was transferred or deleted/);
    expect(readFileSync(join(to, 'precious'), 'utf8')).toBe('x');
  });

  it('refuses a source inside the destination, the reverse, and one place as both', async () => {
    const { from } = places();
    makeTree(from, { 'sub/a': 'a' });
    symlinkSync(from, join(scratchDirectory(), 'alias'));
    const refused = async (source: string, to: string, options?: SyncOptions) => {
      const error = await failure(sync(source, to, options));
      expect(error.code).toBe('ERR_SYNC_REFUSED');
      return error.message;
    };
    expect(await refused(`${from}/sub/`, from, { delete: true })).toMatch(/--delete would remove it/);
    expect(await refused(`${scratchDirectory()}/alias/sub/`, from)).toMatch(/inside the destination/);
    expect(await refused(`${from}/`, join(from, 'copy'))).toMatch(/copy the copy of the last/);
    expect(await refused(`${from}/`, join(scratchDirectory(), 'alias'))).toMatch(/same place/);
    expect(await refused(join(from, 'sub'), from)).toMatch(/same place/);
    expect(await refused(`${from}/`, join(scratchDirectory(), 'no/where'))).toMatch(
      /does not exist: make it/,
    );
    const backup = join(from, 'backup');
    expect((await sync(`${from}/`, backup, { exclude: '/backup' }).result).outcome).toBe('done');
  });

  it('sends a million bytes once, and nothing the second time', async () => {
    const { from, to } = places();
    makeTree(from, { data: Buffer.alloc(1_000_000, 'x') });
    linkSync(join(from, 'data'), join(from, 'other'));
    const first = await sync(`${from}/`, to, { rsync: ['-H'] }).result;
    expect(first).toMatchObject({ files: 1, bytes: 1_000_000 });
    expect(statSync(join(to, 'data')).ino).toBe(statSync(join(to, 'other')).ino);
    const second = await sync(`${from}/`, to, { rsync: ['-H'] }).result;
    expect(second).toMatchObject({ files: 0, bytes: 0, message: expect.stringMatching(/nothing had to be/) });
  });

  it('is ended by its AbortSignal, and by leaving its scope', async () => {
    const { from, to } = places();
    makeTree(from, { data: Buffer.alloc(3_000_000, 'x') });
    const aborter = new AbortController();
    const job = sync(`${from}/`, to, { bwlimit: '100k', signal: aborter.signal });
    for await (const { type } of job) if (type === 'progress') aborter.abort();
    await expect(job.result).rejects.toMatchObject({ code: 'ERR_SYNC_CANCELLED', report: { exitCode: 130 } });
    {
      await using scoped = sync(`${from}/`, to, { bwlimit: '100k' });
      for await (const { type } of scoped) if (type === 'progress') break;
    }
    rmSync(to, { recursive: true, force: true });
    await expect(sync(`${from}/`, to, { signal: AbortSignal.abort() }).result).rejects.toThrow(/cancelled/);
  });

  it('is ended after maxDuration, with all that has arrived', async () => {
    const { from, to } = places();
    makeTree(from, { data: Buffer.alloc(3_000_000, 'x') });
    const error = await failure(sync(`${from}/`, to, { bwlimit: '100k', maxDuration: '300ms' }));
    expect(error).toMatchObject({ code: 'ERR_SYNC_TIMEOUT', report: { exitCode: 124 } });
    expect(error.message).toMatch(/longer than 300 ms \(--max-duration\).*continues from there/);
  });

  it('tells a slow reader everything, and lets rsync wait for it', async () => {
    const { from, to } = places();
    mkdirSync(from);
    for (let i = 0; i < 300; i++) writeFileSync(join(from, `file ${i}`), '');
    let files = 0;
    for await (const event of sync(`${from}/`, to)) {
      if (event.type === 'file') files++;
      if (files % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(files).toBe(301);
  });
});
