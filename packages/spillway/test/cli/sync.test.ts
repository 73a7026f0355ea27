/** `spillway sync`: what it prints, its exit codes, signals, logs and reports. */
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it as one } from 'vitest';
import { checkForLeaks, scratchDirectory, until } from '../helpers/leaks.js';
import { sideBySide } from '../helpers/side-by-side.js';
import {
  hasRsync,
  makeLarge,
  makeTree,
  places,
  processesWith,
  treeOf,
  untilGone,
  untilHalfWay,
  withOwnLocks,
} from '../helpers/sync.js';
import { endOf, MAIN, spillway, startSpillway } from './spillway.js';
import { missing, reason, Terminal } from './terminal.js';

checkForLeaks();
withOwnLocks();
const it = sideBySide(4);

const schema = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../schema/sync-report.schema.json', import.meta.url)), 'utf8'),
);
const ajv = new Ajv2020({ allErrors: true, validateFormats: false });
const isReport = ajv.compile(schema);

/** Fails with what is wrong. */
function requireReport(report: unknown): void {
  if (!isReport(report)) throw new Error(ajv.errorsText(isReport.errors));
}

const linesOf = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe.runIf(hasRsync)('spillway sync (needs rsync)', () => {
  it('says in one line what it did, and is silent with --quiet', async () => {
    const { from, to } = places();
    makeTree(from, { a: 'aa', b: 'bb' });
    const first = await spillway(['sync', `${from}/`, to]);
    expect(first).toMatchObject({ status: 0, stderr: '' });
    expect(first.stdout).toMatch(/^Done: 2 files, 4 bytes in .*\.\n$/);
    const names = await spillway(['sync', `${from}/`, `${to}2`, '--names']);
    expect(names.stdout).toMatch(/^created \.\/\ncreated a\ncreated b\nDone/);
    expect(await spillway(['sync', '-q', `${from}/`, to])).toMatchObject({
      status: 0,
      stdout: '',
      stderr: '',
    });
  });

  it('on a pipe tells its progress in a line every few seconds', async () => {
    const { from, to } = places();
    makeTree(from, { a: Buffer.alloc(1_000_000, 'a') });
    const { stdout, status } = await spillway(['sync', `${from}/`, to, '--bwlimit=220k']);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^ *\d+ % {2}\S+ kB of \S+ \SB {2}\S+ kB\/s {2}left 0:0\d {2}files .*\nDone: 1 file/,
    );
    for (const code of ['\r', '\u001b']) expect(stdout).not.toContain(code);
  });

  it('fails with a sentence where its lock or its list cannot be made', async () => {
    const { from, to } = places();
    makeTree(from, { a: 'a' });
    writeFileSync(join(scratchDirectory(), 'no-folder'), '');
    const env = { ...process.env, TMPDIR: join(scratchDirectory(), 'no-folder') };
    const { status, stderr } = await spillway(['sync', `${from}/`, to, '--jobs=2'], { env });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^spillway: sync: ENOTDIR/);
  });

  it('with --json writes events as lines with the names of rclone, the report as the last one', async () => {
    const { from, to } = places();
    makeTree(from, { 'a\u001b[2J\nb': 'x', ok: 'y' });
    const report = join(scratchDirectory(), 'report.json');
    const { status, stdout, stderr } = await spillway([
      'sync',
      `${from}/`,
      to,
      '--json',
      '--names',
      '--report',
      report,
      '--verify',
      '--jobs',
      '2',
    ]);
    expect(status).toBe(0);
    expect(stdout).not.toContain('\u001b');
    expect(stderr).toMatch(/Done: 2 files/);
    const lines = linesOf(stdout);
    for (const { type, at, seq } of lines)
      expect([typeof type, new Date(at).toISOString(), typeof seq]).toEqual(['string', at, 'number']);
    expect(lines.filter(({ type }) => type === 'file').map(({ path }) => path)).toContain('a\u001b[2J\nb');
    const progress = lines.find(({ type }) => type === 'progress');
    for (const name of [
      'bytes',
      'totalBytes',
      'files',
      'totalFiles',
      'speed',
      'eta',
      'errors',
      'transferring',
    ])
      expect(progress).toHaveProperty(name);
    const { type, at, seq, ...summary } = lines.at(-1);
    expect(type).toBe('summary');
    expect([at, seq]).toEqual([expect.any(String), lines.length]);
    const written = JSON.parse(readFileSync(report, 'utf8'));
    expect(written).toEqual(summary);
    requireReport(written);
    expect(ajv.validate(schema, { ...written, outcome: 'fine' })).toBe(false);
  });

  it('ends --json with a summary also when it is refused', async () => {
    const { from, to } = places();
    makeTree(from, { a: '' });
    const last = async (words: string[]) => {
      const { status, stdout, stderr } = await spillway(['sync', '--json', ...words]);
      expect(stderr).toMatch(/^spillway: /);
      const lines = linesOf(stdout);
      expect(lines.filter(({ type }) => type === 'summary').length).toBe(1);
      expect(lines.at(-1)).toMatchObject({ type: 'summary', outcome: 'refused', exitCode: 2 });
      expect(status).toBe(2);
      return lines.at(-1).message;
    };
    expect(await last([`${from}/none`, to])).toMatch(/does not exist/);
    expect(await last([from])).toMatch(/source and a destination/);
    expect(await last(['--no-such', from, to])).toMatch(/unknown option '--no-such'/);
    expect(await last([from, to, '--jobs', 'x'])).toMatch(/--jobs is "x"/);
    expect(await last([from, to, '--', '--server'])).toMatch(/another mode/);
    expect(existsSync(to)).toBe(false);
  });

  it('keeps rules in their order, and hands what follows -- on to rsync', async () => {
    const { from, to } = places();
    makeTree(from, { 'a.o': '', 'keep.o': '', b: '' });
    const words = ['sync', '--exclude', '/b', '--include=keep.o', '--exclude=*.o', `${from}/`, to];
    expect((await spillway([...words, '--', '--chmod=F640'])).status).toBe(0);
    expect(Object.keys(treeOf(to))).toEqual(['keep.o']);
  });

  it('writes reports of failures that the schema describes', async () => {
    const { from, to } = places();
    makeTree(from, { a: 'x' });
    const report = join(scratchDirectory(), 'report.json');
    const written = () => JSON.parse(readFileSync(report, 'utf8'));
    const words = ['sync', `${from}/`, to, '--report', report, '--retry-delay=5ms', '--retries=1', '-q'];
    const ends = [
      [[], 1, 'failed', ['--bad-option']],
      [['-t', '0ms'], 124, 'timed-out', []],
      [['--jobs', '2', '--', '--files-from=x'], 2, 'refused', []],
    ] as const;
    for (const [more, status, outcome, rsync] of ends) {
      const all = [...words, ...more, ...(rsync.length > 0 ? ['--', ...rsync] : [])];
      expect((await spillway(all)).status, outcome).toBe(status);
      requireReport(written());
      expect(written()).toMatchObject({ outcome, exitCode: status });
    }
  });

  it('writes a log with times, and starts a new one when it is full', async () => {
    const { from, to } = places();
    makeTree(from, { a: 'x' });
    const log = join(scratchDirectory(), 'logs/sync.log');
    mkdirSync(join(scratchDirectory(), 'logs'));
    const words = ['sync', `${from}/`, to, '-q', '--log', log, '--log-size=100', '--log-keep=2'];
    for (let i = 0; i < 6; i++) expect((await spillway(words)).status).toBe(0);
    expect(readdirSync(join(scratchDirectory(), 'logs')).sort()).toEqual([
      'sync.log',
      'sync.log.1',
      'sync.log.2',
    ]);
    for (const name of [log, `${log}.1`, `${log}.2`])
      expect(readFileSync(name, 'utf8')).toMatch(/^(?:\d{4}-\d\d-\d\dT\S+Z Done: .*\n)+$/);
    expect((await spillway(['sync', from, to, '--log', '/no/such/log'])).status).toBe(2);
  });

  it('is ended by one SIGINT in order, and keeps what has arrived', async () => {
    const { from, to } = places();
    makeLarge(from, 3_000_000);
    const child = startSpillway(['sync', `${from}/`, to, '--bwlimit=200k', '--json']);
    const end = endOf(child);
    await untilHalfWay(to, 250_000);
    child.kill('SIGINT');
    const { status, stdout, stderr } = await end;
    expect(status, stdout.slice(-3000) + stderr).toBe(130);
    expect(stderr).toMatch(/SIGINT: ends in order/);
    expect(stderr).toMatch(
      /it was cancelled\. What has arrived is kept; the same command continues from there/,
    );
    expect(linesOf(stdout).at(-1)).toMatchObject({ type: 'summary', outcome: 'cancelled', exitCode: 130 });
    expect(existsSync(join(to, 'sub/.rsync-partial/large'))).toBe(true);
    expect((await spillway(['sync', `${from}/`, to])).status).toBe(0);
    expect(treeOf(to)).toEqual(treeOf(from));
  });

  it('is ended at once by the second signal, whatever rsync does about the first', async () => {
    const { from, to } = places();
    makeTree(from, { a: 'a' });
    const bin = join(scratchDirectory(), 'bin');
    const loop = 'trap "" TERM INT; echo "skipping directory begun"; while :; do sleep 0.1; done';
    const fake = `#!/bin/sh\n[ "$1" != --version ] || { echo "rsync  version 3.2.0"; exit; }\n${loop}\n`;
    makeTree(bin, { rsync: fake });
    chmodSync(join(bin, 'rsync'), 0o755);
    const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
    const child = startSpillway(['sync', `${from}/`, to, '--grace=60s'], { env });
    const end = endOf(child);
    let said = '';
    child.stdout?.on('data', (chunk) => {
      said += chunk;
    });
    await until(() => said.includes('begun'));
    child.kill('SIGTERM');
    await until(() => said.includes('Once more'));
    expect(processesWith(to).length).toBeGreaterThan(0);
    child.kill('SIGTERM');
    expect((await end).status).toBe(143);
    await untilGone(to);
  });

  it('goes on although its reader stops reading, or goes', async () => {
    const { from, to } = places();
    makeTree(from, Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`d${i % 10}/f${i}`, ''])));
    const words = [process.execPath, MAIN, 'sync', `${from}/`, to, '--names'];
    const shell = spawn('sh', ['-c', '{ "$@"; echo $? >&2; } | head -1', 'sh', ...words]);
    expect((await endOf(shell)).stderr).toBe('0\n');
    await untilGone(to);
    expect(Object.keys(treeOf(to)).length).toBe(3010);
  });
});

describe.skipIf(missing.length > 0 || !hasRsync)(`spillway sync at a terminal${reason}`, () => {
  // Looking at the screen holds the event loop: they run by themselves.
  one('draws one live line, and ends in order at Ctrl-C', async () => {
    const { from, to } = places();
    makeLarge(from, 3_000_000);
    await using terminal = await Terminal.open();
    terminal.enter(`clear; ${process.execPath} ${MAIN} sync ${from}/ ${to} --bwlimit=800k`);
    await terminal.sees(/\d+ % {2}\S+ \S+ of 3\.0 MB {2}\S+ \S+\/s {2}left \d+:\d\d {2}files/);
    terminal.press('C-c');
    await terminal.sees(/SIGINT: ends in order[\s\S]*continues from there/);
    terminal.enter('echo status=$?');
    await terminal.sees(/status=130/);
  });

  one('runs on in the background, without drawing, also where writing there would stop it', async () => {
    const { from, to } = places();
    makeTree(from, { a: Buffer.alloc(400_000, 'a') });
    await using terminal = await Terminal.open();
    terminal.enter(`stty tostop; ${process.execPath} ${MAIN} sync ${from}/ ${to} --bwlimit=400k &`);
    await terminal.sees(/Done: 1 file, 400 kB/);
    terminal.enter('wait %1; echo status=$?');
    await terminal.sees(/status=0/);
    writeFileSync(join(scratchDirectory(), 'seen'), '');
  });
});
