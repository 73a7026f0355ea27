import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { compare } from '../compare.js';
import { script } from '../contender.js';
import { Skipped } from '../figure.js';
import { openLink } from '../link.js';
import { atMost, describeAll, noMoreThan } from '../targets.js';

/**
 * @typedef {import('../figure.js').Context} Context
 * @typedef {import('../figure.js').Figure} Figure
 * @typedef {import('../figure.js').Measurement} Measurement
 */

const KIB = 1024;
/** A file system in memory. */
const MEMORY = '/dev/shm';
/** What a small file takes there at least. */
const INODE_BYTES = 8 * KIB;
const beside = [atMost(1.05, 'rsync -a')];
const quickly = [noMoreThan(0.3, 's')];
const bounded = [noMoreThan(120, 'MB')];
const HOW =
  'The command `spillway sync --quiet` and its peers copy the same tree to a new folder beside it, ' +
  'in turn, and each copy is counted. In memory, where there is room: on a disk, what is written back and ' +
  'removed of one copy slows the next. The start is the time for an empty folder, with that of Node in it.';

const MISSED =
  'it is `--delay-updates` with `--partial-dir`, by which all files come into their places at the end: for ' +
  '20,000 files of 1 KiB in memory rsync alone takes 1.64 s with them and 0.92 s without, and 1.67 s with ' +
  'all else that `spillway sync` asks of it.';

/** @type {readonly Figure[]} */
export const rsync = [
  copying('sync-files', '10,000 files of 1 to 100 KiB', 10_000, 500, (i) => (1 + ((i * 37) % 100)) * KIB),
  copying('sync-small', '200,000 files of 1 KiB', 200_000, 2000, () => KIB),
  copying('sync-large', '4 files of 1 GiB', 4, 4, (_i, quick) => (quick ? 16 : 1024) * KIB * KIB),
  {
    name: 'sync-names',
    title: 'peak memory of the parent that is told 1,000,000 names',
    target: describeAll(bounded),
    how: 'A program runs a dry run of empty files, of which rsync names each; maxRSS of the whole process.',
    async run({ quick, progress }) {
      requireRsync();
      const files = quick ? 20_000 : 1_000_000;
      return await inFolder(async (folder) => {
        progress(`making ${files} files`);
        const from = makeFiles(folder, files, () => 0);
        const contenders = ['names', 'events'].map((one) => script('rsync', one, { from, files }));
        const comparison = await compare(contenders, { rounds: quick ? 1 : 2, progress });
        const row = (/** @type {string} */ name) => comparison.row('megabytes', { spillway: name });
        return [
          { label: `${files} names`, unit: 'MB', contenders: row('names'), targets: bounded },
          { label: `${files} names, an event for each`, unit: 'MB', contenders: row('events'), targets: [] },
        ];
      });
    },
  },
  {
    name: 'sync-link',
    title: '2,000 files of 10 KiB over a line of 20 ms and 20 MB/s',
    target: 'measured: what several rsyncs give',
    how:
      'To an rsync daemon on loopback, through a proxy that holds each byte for 20 ms and passes 20 MB/s ' +
      'in all. fpsync does not write to daemons.',
    async run(context) {
      requireRsync();
      return await inFolder((folder) => measureLink(folder, context));
    },
  },
];

/**
 * @param {string} name
 * @param {string} title
 * @param {number} count
 * @param {number} quickCount
 * @param {(index: number, quick: boolean) => number} bytes
 * @returns {Figure}
 */
function copying(name, title, count, quickCount, bytes) {
  return {
    name,
    title,
    target: `without the start ${describeAll(beside)}; the start ${describeAll(quickly)}`,
    how: HOW,
    missed: MISSED,
    async run({ quick, progress }) {
      requireRsync();
      const files = quick ? quickCount : count;
      const total = Array.from({ length: files }, (_, i) => bytes(i, quick)).reduce((sum, n) => sum + n, 0);
      return await inFolder(
        async (folder) => {
          progress(`making ${files} files`);
          const from = makeFiles(folder, files, (i) => bytes(i, quick));
          const names = ['spillway', 'rsync -a', 'jobs 2', ...['rclone', 'fpsync'].filter(isInstalled)];
          const contenders = names.map((one) => script('rsync', one, { from, files }));
          const comparison = await compare(contenders, { rounds: quick ? 2 : 5, progress });
          return rowsOf(comparison, names, title);
        },
        total + files * INODE_BYTES,
      );
    },
  };
}

/**
 * @param {import('../compare.js').Comparison} comparison
 * @param {readonly string[]} names
 * @param {string} label
 * @returns {Measurement[]}
 */
function rowsOf(comparison, names, label) {
  const row = (/** @type {string} */ key) =>
    comparison.row(key, Object.fromEntries(names.map((one) => [one, one])));
  return [
    { label, unit: 's', contenders: row('seconds'), targets: [] },
    { label: `${label}, without the start`, unit: 's', contenders: row('longSeconds'), targets: beside },
    { label: 'the start: an empty folder', unit: 's', contenders: row('startSeconds'), targets: quickly },
  ];
}

/**
 * @param {string} folder
 * @param {Context} context
 * @returns {Promise<Measurement[]>}
 */
async function measureLink(folder, { quick, progress }) {
  const files = quick ? 200 : 2000;
  const from = makeFiles(folder, files, () => 10 * KIB);
  const serves = path.join(folder, 'serves');
  mkdirSync(serves);
  const port = await freePort();
  const config = path.join(folder, 'rsyncd.conf');
  const user = process.getuid?.() === 0 ? 'uid = 0\ngid = 0\n' : '';
  writeFileSync(config, `use chroot = false\n${user}[files]\npath = ${serves}\nread only = false\n`);
  const words = ['--daemon', '--no-detach', `--config=${config}`, `--port=${port}`, '--address=127.0.0.1'];
  const daemon = spawn('rsync', words, { stdio: 'ignore' });
  const link = await openLink({ port, delayMs: 20, bytesPerSecond: 20_000_000 });
  try {
    await pause(500);
    const url = `rsync://127.0.0.1:${link.port}/files/`;
    const names = ['spillway', 'rsync -a', 'jobs 2', 'jobs 4'];
    const contenders = names.map((one) => script('rsync', one, { from, files, url, serves }));
    const comparison = await compare(contenders, { rounds: quick ? 2 : 5, progress });
    // The start has some turns of the line in it, as that of rsync has.
    return rowsOf(comparison, names, `${files} files of 10 KiB, 20 ms, 20 MB/s`).slice(0, 2);
  } finally {
    await link.close();
    daemon.kill();
  }
}

/**
 * @param {string} folder
 * @param {number} count
 * @param {(index: number) => number} bytes
 */
function makeFiles(folder, count, bytes) {
  const from = path.join(folder, 'from');
  for (let i = 0; i < count; i++) {
    const parent = path.join(from, `folder-${Math.floor(i / 200)}`);
    if (i % 200 === 0) mkdirSync(parent, { recursive: true });
    writeFileSync(path.join(parent, `file-${i}`), Buffer.alloc(bytes(i), `${i} `));
  }
  return from;
}

/**
 * @template T
 * @param {(folder: string) => Promise<T>} measure
 * @param {number} [bytes] of the tree, of which there is one copy at a time
 */
async function inFolder(measure, bytes) {
  const place = bytes !== undefined && hasRoom(MEMORY, 2.5 * bytes) ? MEMORY : tmpdir();
  const folder = mkdtempSync(path.join(place, 'spillway-bench-sync-'));
  try {
    return await measure(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} folder
 * @param {number} bytes
 */
function hasRoom(folder, bytes) {
  if (!existsSync(folder)) return false;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize > bytes;
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** @param {string} program */
function isInstalled(program) {
  return spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0;
}

function requireRsync() {
  if (!isInstalled('rsync')) throw new Skipped('needs rsync');
}
