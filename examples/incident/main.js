/**
 * Replays the incident that Spillway exists for: a service started `rsync -av` with its output on a pipe,
 * waited for it to exit, and froze. Then the same with Spillway, and the same files by `spillway sync`.
 *
 * usage: npm start, or npm start -- --files 2000
 */
import { spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { readArguments, UsageError } from './arguments.js';
import { endNaive, startNaive, watch } from './naive.js';
import { clearProgress, facts, heading, megabytes, number, paint, progress, say, seconds } from './report.js';
import { runWithSpillway } from './spillway.js';
import { explainHang, explainNoHang, introduce, PIPE_BYTES, showHang } from './story.js';
import { runSync } from './sync.js';
import { makeFiles, missingRoom, plan } from './tree.js';
import { openWorkspace } from './workspace.js';

const stop = new AbortController();

/** A signal has asked this program to stop. The exit status is the one that a shell gives for the signal. */
class Interrupted extends Error {
  /** @param {NodeJS.Signals} name */
  constructor(name) {
    super(name);
    this.exitCode = 128 + constants.signals[name];
  }
}

for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(name, () => stop.abort(new Interrupted(name)));
}
process.stdout.on('error', () => stop.abort(new Interrupted('SIGPIPE'))); // stdout has no reader any more
process.on('uncaughtException', (error) => stop.abort(error));

process.exitCode = await main().catch((error) => {
  clearProgress();
  const reason = stop.signal.aborted ? stop.signal.reason : error;
  if (reason instanceof Interrupted) return reason.exitCode;
  console.error(`incident: ${reason.message}`);
  return reason instanceof UsageError ? 2 : 1;
});

/** @returns {Promise<number>} the exit code */
async function main() {
  const options = readArguments(process.argv.slice(2));
  if (options.help !== null) {
    console.log(options.help);
    return 0;
  }
  if (!isInstalled('rsync')) throw new Error('rsync is missing. "node scripts/ensure-rsync.js" installs it.');
  const parent = options.parent ?? (isInstalled('python3') ? 'python3' : 'node');
  const planned = plan(options.files);

  const workspace = await openWorkspace(options);
  try {
    await requireRoom(workspace, planned);
    await make(workspace, planned);
    const asExpected = [
      await replayNaively(workspace, planned, parent),
      await replay(workspace, planned),
      await replayBySync(workspace, planned),
    ];
    return asExpected.every(Boolean) ? 0 : 1;
  } finally {
    clearProgress();
    if (options.keep) say('', `Kept: ${workspace.root}`);
    else if (stop.signal.aborted) console.error('incident: stopped; removing the temporary files');
    await workspace.close();
  }
}

/** @param {string} program */
function isInstalled(program) {
  return spawnSync(program, ['--version'], { stdio: 'ignore', timeout: 20_000 }).status === 0;
}

/** @typedef {Awaited<ReturnType<typeof openWorkspace>>} Workspace */
/** @typedef {import('./tree.js').Plan} Plan */

/**
 * @param {Workspace} workspace
 * @param {Plan} planned
 */
async function requireRoom({ root, parent }, planned) {
  const missing = await missingRoom(root, planned);
  if (missing === null) return;
  const { needed, free, files } = missing;
  const fewer = files > 0 ? `Use --files ${files}, or set` : 'Set';
  throw new Error(
    `not enough room for the files and their copies: they need ${megabytes(needed)}, and ${parent} has ` +
      `${megabytes(free)} free. ${fewer} TMPDIR to a folder with more room.`,
  );
}

/**
 * @param {Workspace} workspace
 * @param {Plan} planned
 */
async function make(workspace, planned) {
  const { files, folders, bytes } = planned;
  heading('1. The files');
  const startedAt = performance.now();
  await makeFiles(workspace.path('source'), planned, {
    signal: stop.signal,
    onProgress: (made) => progress(`making files: ${number(made)} of ${number(files.length)}`),
  });
  clearProgress();
  const time = seconds(performance.now() - startedAt);
  say(
    `${number(files.length)} files of 1 to 100 KiB in ${number(folders)} folders: ` +
      `${megabytes(bytes)} in ${time}.`,
  );
}

/**
 * @param {Workspace} workspace
 * @param {Plan} planned
 * @param {import('./naive.js').ParentName} parent
 * @returns {Promise<boolean>} whether it went as expected: it hung, or its output was too small for that
 */
async function replayNaively(workspace, planned, parent) {
  heading(`2. rsync -av under a ${parent} parent that waits and does not read`);
  introduce(parent);
  const naive = startNaive(parent, workspace.root, ['rsync', '-av', 'source/', 'naive-copy/']);
  let outcome;
  let remains;
  try {
    outcome = await watch(naive, workspace.path('naive-copy'), {
      signal: stop.signal,
      onProgress: (copied, stillMs) =>
        progress(`${number(copied)} files copied, none for ${seconds(stillMs)}`),
    });
    clearProgress();
    if (outcome.kind === 'hung') {
      showHang(outcome, planned);
      explainHang(parent, planned);
    }
  } finally {
    remains = await endNaive(naive);
  }
  if (outcome.kind === 'hung') {
    const { ended, left } = remains;
    say(
      left.length === 0
        ? `Ended: processes ${ended.join(', ')}. None of them runs any more.`
        : `Could not end: processes ${left.join(', ')}.`,
    );
    return left.length === 0;
  }
  const { exitCode, bytes } = outcome;
  if (exitCode !== 0) throw new Error(`rsync failed under the naive parent with exit code ${exitCode}.`);
  if (bytes <= PIPE_BYTES) explainNoHang(parent, bytes);
  else say(`It did not hang, although rsync wrote ${number(bytes)} bytes: pipes here hold more than usual.`);
  return bytes <= PIPE_BYTES;
}

/**
 * @param {Workspace} workspace
 * @param {Plan} planned
 * @returns {Promise<boolean>} whether everything arrived and no process was left
 */
async function replay(workspace, planned) {
  heading('3. The same command with Spillway');
  say(paint('cyan', "await run('rsync', ['-av', 'source/', 'spillway-copy/'], { timeout: '2m' })"));
  progress('copying');
  const seen = await runWithSpillway(workspace.root, 'spillway-copy', planned, stop.signal);
  clearProgress();
  const count = planned.files.length;
  const whole = seen.copy.files === count && seen.copy.bytes === planned.bytes && seen.listed === count;
  const clean = seen.left.length === 0;
  say(whole && clean ? paint(['bold', 'green'], 'Done.') : paint(['bold', 'red'], 'Not as expected.'));
  facts([
    [
      'files',
      `${number(seen.copy.files)} of ${number(count)} copied, ${number(seen.listed)} listed in the output`,
    ],
    ['bytes', `${number(seen.copy.bytes)} of ${number(planned.bytes)}`],
    ['output', `${number(seen.outputBytes)} bytes, ${number(seen.lines)} lines`],
    ['time', seconds(seen.durationMs)],
    ['peak memory', `${megabytes(seen.memory)}, of this whole Node process`],
    ['left running', clean ? 'nothing' : `processes ${seen.left.join(', ')}`],
  ]);
  return whole && clean;
}

/**
 * @param {Workspace} workspace
 * @param {Plan} planned
 * @returns {Promise<boolean>} whether everything arrived although rsync was killed, and no process was left
 */
async function replayBySync(workspace, planned) {
  heading('4. The same files by spillway sync, whose rsync is killed twice on the way');
  say(paint('cyan', "await sync('source/', 'sync-copy/', { bwlimit, retries: 5 }).result"));
  const onProgress = (/** @type {number} */ bytes) =>
    progress(`${megabytes(bytes)} of ${megabytes(planned.bytes)}`);
  const seen = await runSync(workspace.root, 'sync-copy', planned, { signal: stop.signal, onProgress });
  clearProgress();
  const { report, copy, killed } = seen;
  const whole = copy.files === planned.files.length && copy.bytes === planned.bytes && report.exitCode === 0;
  const clean = seen.left.length === 0;
  say(whole && clean ? paint(['bold', 'green'], 'Done.') : paint(['bold', 'red'], 'Not as expected.'));
  facts([
    ['killed', `${killed} times, by SIGKILL to an rsync`],
    ['attempts', `${report.attempts.length}, each from where the last one ended`],
    ['files', `${number(copy.files)} of ${number(planned.files.length)}`],
    ['bytes', `${number(copy.bytes)} of ${number(planned.bytes)}`],
    ['time', `${seconds(report.elapsedTime * 1000)}, slowed down so that there is time to kill it`],
    ['left running', clean ? 'nothing' : `processes ${seen.left.join(', ')}`],
  ]);
  if (!whole) say(report.message);
  return whole && clean;
}
