/** One run of `spillway sync`, or of a peer, from a folder to a new one. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { sync } from 'spillway/sync';
import { contend, expectEqual, secondsSince, unknownContender } from './support.js';

const main = fileURLToPath(new URL('../../../packages/spillway/dist/cjs/cli/main.cjs', import.meta.url));

/**
 * @typedef {object} Options
 * @property {string} from
 * @property {string} [url] of a daemon, instead of a folder; `serves` is the folder behind it
 * @property {string} [serves]
 * @property {number} files
 */

/** @type {Record<string, (from: string, to: string) => string[]>} */
const COMMANDS = {
  spillway: (from, to) => [process.execPath, main, 'sync', '--quiet', `${from}/`, to],
  'jobs 2': (from, to) => [process.execPath, main, 'sync', '--quiet', '--jobs=2', `${from}/`, to],
  'jobs 4': (from, to) => [process.execPath, main, 'sync', '--quiet', '--jobs=4', `${from}/`, to],
  'rsync -a': (from, to) => ['rsync', '-a', `${from}/`, to],
  // It writes into an existing folder alone.
  rclone: (from, to) => ['rclone', 'copy', '--quiet', '--metadata', from, to],
  fpsync: (from, to) => ['fpsync', '-n', '2', '-f', '2000', '-d', `${to}-work`, `${from}/`, `${to}/`],
};

await contend(async (contender, /** @type {Options} */ options) => {
  if (contender === 'names' || contender === 'events') return await peakMemory(contender, options);
  const empty = mkdtempSync(path.join(path.dirname(options.from), 'empty-'));
  try {
    // Starting is the same for any length; a long run is what is left.
    const startSeconds = copy(contender, { ...options, from: empty, files: 0 });
    const seconds = copy(contender, options);
    return { seconds, startSeconds, longSeconds: seconds - startSeconds };
  } finally {
    rmSync(empty, { recursive: true });
  }
});

/**
 * @param {string} contender
 * @param {Options} options
 */
function copy(contender, { from, url, serves, files }) {
  const command = COMMANDS[contender] ?? unknownContender(contender);
  const parent = mkdtempSync(path.join(path.dirname(from), 'to-'));
  const to = path.join(parent, 'copy');
  try {
    if (contender === 'fpsync') mkdirSync(to);
    const address = url === undefined ? to : `${url}${path.basename(parent)}/`;
    const [file = '', ...args] = command(from, address);
    const env = { ...process.env, XDG_STATE_HOME: parent };
    const start = performance.now();
    const { status, stderr } = spawnSync(file, args, { encoding: 'utf8', env, maxBuffer: 1 << 28 });
    const seconds = secondsSince(start);
    expectEqual(status, 0, `exit status (${stderr.slice(-500)})`);
    const arrived = serves === undefined ? to : path.join(serves, path.basename(parent));
    expectEqual(countFiles(arrived), files, 'files');
    if (arrived !== to) rmSync(arrived, { recursive: true });
    return seconds;
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}

/**
 * As the figure makes them, with the one that holds the others.
 *
 * @param {number} files
 */
function folders(files) {
  return Math.ceil(files / 200) + 1;
}

/** @param {string} folder */
function countFiles(folder) {
  if (!existsSync(folder)) return 0;
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .length;
}

/**
 * Of this process, which reads rsync's name of each file; with `events`, an event for each.
 *
 * @param {string} contender
 * @param {Options} options
 */
async function peakMemory(contender, { from, files }) {
  const parent = mkdtempSync(path.join(path.dirname(from), 'to-'));
  try {
    let told = 0;
    const names = contender === 'events';
    const job = sync(`${from}/`, path.join(parent, 'copy'), { dryRun: true, names });
    for await (const event of job) if (event.type === 'file' && event.kind === 'file') told++;
    const { changes } = await job.result;
    expectEqual(names ? told : changes.created - folders(files), files, 'names');
    return { megabytes: process.resourceUsage().maxRSS / 1000 };
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}
