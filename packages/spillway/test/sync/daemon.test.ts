/** A sync to and from an rsync daemon of the test's own on loopback. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { sync } from '../../src/sync/index.js';
import { checkForLeaks, scratchDirectory } from '../helpers/leaks.js';
import { openRsyncDaemon, type RsyncDaemon } from '../helpers/servers.js';
import { sideBySide } from '../helpers/side-by-side.js';
import {
  failure,
  hasRsync,
  makeLarge,
  makeTree,
  rsyncsWith,
  treeOf,
  untilHalfWay,
  withOwnLocks,
} from '../helpers/sync.js';

checkForLeaks();
withOwnLocks();

const it = sideBySide(3);
const BYTES = 2_000_000;

let daemon: RsyncDaemon;
beforeAll(async () => {
  if (hasRsync) daemon = await openRsyncDaemon();
});
afterAll(async () => {
  await daemon?.close();
});

describe.runIf(hasRsync)('A sync with an rsync daemon (needs rsync)', () => {
  it('transfers files of any name, there and back, and deletes', async () => {
    const from = makeTree(join(scratchDirectory(), 'from'), { 'a\nb': '1', 'two words': '2', '-dash': '3' });
    const url = `${daemon.url}files/names/`;
    expect((await sync(`${from}/`, url).result).outcome).toBe('done');
    const back = join(scratchDirectory(), 'back');
    makeTree(back, { old: 'x' });
    const report = await sync(url, back, { delete: true, verify: true }).result;
    expect(report).toMatchObject({ files: 3, verify: { files: 3, different: [] } });
    expect(treeOf(back)).toEqual(treeOf(from));
  });

  it('goes on after the end of the rsync that serves it', async () => {
    const from = join(scratchDirectory(), 'from');
    makeLarge(from, BYTES);
    const job = sync(`${from}/`, `${daemon.url}files/cut/`, { bwlimit: '1m', retryDelay: '20ms' });
    await untilHalfWay(join(daemon.folder, 'cut'), BYTES / 4);
    process.kill(rsyncsWith(`${daemon.url}files/cut/`)[0]?.pid as number, 'SIGKILL');
    const report = await job.result;
    expect(report.attempts.length).toBe(2);
    expect(report.attempts[1]?.matchedBytes).toBeGreaterThan(BYTES / 6);
    expect(treeOf(join(daemon.folder, 'cut'))).toEqual(treeOf(from));
  });

  it('fails at once where the module is unknown or read only; retries where no daemon answers', async () => {
    const from = makeTree(join(scratchDirectory(), 'from'), { a: 'a' });
    const unknown = await failure(sync(`${from}/`, `${daemon.url}nothing/`));
    expect(unknown.message).toMatch(/found no module nothing at the daemon of 127\.0\.0\.1/);
    const fixed = await failure(sync(`${from}/`, `${daemon.url}fixed/`));
    expect(fixed.message).toMatch(/may not write: the module fixed is read only/);
    for (const { report } of [unknown, fixed]) expect(report.attempts.length).toBe(1);
    const options = { retries: 2, retryDelay: '10ms' };
    const absent = await failure(sync(`${from}/`, 'rsync://127.0.0.1:1/files/', options));
    expect(absent).toMatchObject({ code: 'ERR_SYNC_FAILED', report: { exitCode: 1 } });
    expect(absent.report.attempts.map(({ exitCode }) => exitCode)).toEqual([10, 10, 10]);
    expect(absent.message).toMatch(/Connection refused/);
    expect(readFileSync(join(from, 'a'), 'utf8')).toBe('a');
  });
});
