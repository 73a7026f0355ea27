/** One sync from its checks to its end. */
import { createHash, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { dateNow, formatBytes, formatDuration, safeLine, shellWord } from '../../base/index.js';
import { StartError } from '../../run/index.js';
import { which } from '../../script/index.js';
import { type Holder, Lock, Locked, lockObstacle } from '../lock/index.js';
import { farShellOf, type Settings } from '../options/index.js';
import { shellWords } from '../parts/index.js';
import { NoRsync, rsyncVersion } from '../rsync/index.js';
import { missingSpace, removeSources, verify, whyNotMove } from './afterwards.js';
import { describeEnd } from './description.js';
import type { Journal } from './journal.js';
import { type Ending, ending } from './outcome.js';
import { arrivalFolders, checkPlaces, identityOf, isEmptyPlace, Refused } from './places.js';
import { isGood, requireSplittable, transferInParts } from './split-transfer.js';
import { isPartial, type Shared, type Work, type WorkEnd, work } from './transfer.js';

/** Why the job's own signal was aborted, where the caller's was not. */
export class Cancelled extends Error {
  constructor(readonly signalNumber: number) {
    super('it was cancelled');
  }
}
export class OutOfTime extends Error {}

/** What the job hands on. */
export interface Controls {
  readonly signal: AbortSignal;
  readonly running: Set<() => void>;
}

/** Never rejects for what belongs into a report. */
export async function conduct(settings: Settings, journal: Journal, controls: Controls): Promise<Ending> {
  try {
    journal.events.tell({
      type: 'start',
      sources: settings.sources.map(({ text }) => text),
      destination: settings.destination.text,
    });
    controls.signal.throwIfAborted();
    checkPlaces(settings);
    if (settings.jobs > 1) requireSplittable({ settings });
    const refusal = settings.move ? whyNotMove({ settings }) : undefined;
    if (refusal !== undefined) throw new Refused(refusal);
    journal.rsyncVersion = await rsyncVersion(settings.env);
    const missing = missingShell(settings);
    if (missing !== undefined) return ending('failed', missing);
    return await locked(settings, journal, controls);
  } catch (error) {
    return endingOf(error, settings, controls);
  }
}

async function locked(settings: Settings, journal: Journal, controls: Controls): Promise<Ending> {
  const identity = identityOf(settings.destination);
  const obstacle = settings.lock ? lockObstacle() : undefined;
  if (obstacle !== undefined)
    journal.warn(`another sync to the same destination would not be noticed: ${obstacle}`);
  if (!settings.lock || obstacle !== undefined || settings.dryRun)
    return await transferAndCheck(settings, journal, controls, false, undefined);
  const waiting = (holder: Holder | undefined) => {
    const who = holder ? `process ${holder.pid}, since ${holder.since}` : 'another process';
    const message = `waits up to ${formatDuration(settings.waitLockMs)} for ${who}`;
    journal.events.tell({ type: 'waiting', message });
  };
  const lock = await Lock.take(identity, holderOf(settings), settings.waitLockMs, controls.signal, waiting);
  let isWhole = false;
  try {
    const end = await transferAndCheck(settings, journal, controls, lock.wasBrokenOff, identity);
    isWhole = end.exitCode === 0;
    return end;
  } finally {
    lock.release(isWhole);
  }
}

function holderOf({ sources, destination }: Settings): Holder {
  const words = ['sync', ...sources.map(({ text }) => text), destination.text].map(shellWord);
  return {
    pid: process.pid,
    host: hostname(),
    since: dateNow().toISOString(),
    destination: destination.text,
    command: words.join(' '),
    isUnderWay: true,
  };
}

async function transferAndCheck(
  settings: Settings,
  journal: Journal,
  controls: Controls,
  continues: boolean,
  identity: string | undefined,
): Promise<Ending> {
  const delayUpdates = settings.delayUpdates ?? !isEmptyPlace(settings.destination);
  const basics = { delayUpdates, continues, remoteShell: remoteShellOf(settings) };
  const shared: Shared = {
    settings,
    journal,
    ...controls,
    job: randomBytes(6).toString('hex'),
    destinationMark: identity === undefined ? randomBytes(8).toString('hex') : markOf(identity),
    arrivals: arrivalFolders(settings),
    far: { isGuarded: settings.farGuard },
  };
  const ends = await transfer(shared, basics);
  let result = await described(shared, basics, ends);
  if (result.exitCode === 0 && settings.verify)
    result = afterVerify(await verify(shared, basics), shared, result);
  if (result.exitCode === 0 && settings.move) {
    const refusal = whyNotMove(shared);
    if (refusal !== undefined)
      return ending('partial', `all files were transferred, none was removed: ${refusal}`);
    const end = await removeSources(shared, basics);
    if (!isGood(end)) return await described(shared, basics, [end]);
  }
  return result.exitCode === 0 ? { ...result, message: describeEnd(journal, settings, result) } : result;
}

/**
 * The holder of the lock may end at the far end what an earlier sync from here has left. Without a lock that
 * could be another one, which runs.
 */
function markOf(identity: string): string {
  const text = `${hostname()} ${process.geteuid?.()} ${identity}`;
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

type Basics = Pick<Work['pass'], 'delayUpdates' | 'continues' | 'remoteShell'>;

async function transfer(shared: Shared, basics: Basics): Promise<WorkEnd[]> {
  const { settings, journal } = shared;
  if (settings.jobs > 1 && !settings.dryRun)
    return await transferInParts(shared, { ...basics, delete: settings.delete });
  journal.phase('transfer');
  const kind = settings.dryRun ? 'list' : 'transfer';
  const pass = { ...basics, kind, delete: settings.delete, sharedBy: 1 } as const;
  return [await work(shared, { pass, part: 1, isTold: true })];
}

/** The ending for these rsyncs: the worst of them decides. */
async function described(shared: Shared, basics: Basics, ends: readonly WorkEnd[]): Promise<Ending> {
  const { journal, settings, signal } = shared;
  for (const end of ends) {
    journal.failed.addAll(end.failed);
    journal.vanished.addAll(end.vanished);
  }
  if (signal.aborted) return endingOf(signal.reason, settings, shared);
  const bad = ends.filter((end) => !isGood(end));
  const worst = bad.find((end) => !isPartial(end)) ?? bad[0];
  if (!worst) {
    const { split } = journal.found;
    if (split && !split.isComplete && journal.vanished.size === 0)
      return ending('partial', 'the parts did not transfer all files of the list: run it again');
    const hasVanished = journal.vanished.size > 0;
    if (hasVanished && settings.strict) return ending('partial', describeEnd(journal, settings, undefined));
    return ending(hasVanished ? 'done-with-warnings' : 'done', '');
  }
  if (isPartial(worst)) return ending('partial', describeEnd(journal, settings, undefined));
  const { judgement, end } = worst;
  const message = `rsync ${judgement.message}${await spaceText(shared, basics, worst)}`;
  if (end.reason === 'timeout') return ending('timed-out', message);
  return ending(end.reason === 'stall' ? 'stalled' : 'failed', message);
}

async function spaceText(shared: Shared, basics: Basics, { judgement }: WorkEnd): Promise<string> {
  if (!judgement.isFull) return '';
  const space = await missingSpace(shared, basics).catch(() => undefined);
  if (!space) return '. Free some space there, and run it again: it continues';
  const { needed, free } = space;
  const has =
    free === undefined ? '' : `, ${formatBytes(free)} are free: ${formatBytes(needed - free)} are missing`;
  return `. What is left takes up to ${formatBytes(needed)}${has}. Make room, and run it again: it continues`;
}

function afterVerify(end: WorkEnd, { journal }: Shared, before: Ending): Ending {
  if (!isGood(end)) return ending('failed', `the verification failed: rsync ${end.judgement.message}`);
  const { different = [], differentOmitted = 0 } = journal.found.verify ?? {};
  const count = different.length + differentOmitted;
  if (count === 0) return before;
  const names = different.slice(0, 3).map((name) => safeLine(name));
  return ending(
    'partial',
    `${count} ${count === 1 ? 'file differs' : 'files differ'} from the source after the transfer: ` +
      `${names.join(', ')}${count > 3 ? ', …' : ''}. A program writes on one side, or a disk fails`,
  );
}

/** The option's, or ssh, told to notice a dead line; another program is left as it is. */
function remoteShellOf(settings: Settings): string | undefined {
  const { env, extras } = settings;
  if (extras.remoteShell !== undefined || !farShellOf(settings)) return extras.remoteShell;
  const shell = env.RSYNC_RSH ?? process.env.RSYNC_RSH ?? 'ssh';
  return /^ssh(?:\s|$)/.test(shell) ? `${shell} -o ServerAliveInterval=20 -o ServerAliveCountMax=3` : shell;
}

function missingShell(settings: Settings): string | undefined {
  const far = farShellOf(settings);
  if (!far) return undefined;
  const [program = ''] = shellWords(remoteShellOf(settings) ?? 'ssh');
  const path = settings.env.PATH ?? process.env.PATH;
  if (which(program, { path }) !== undefined) return undefined;
  return `the remote shell ${program}, which ${far.text} is reached by, is not in PATH: install it`;
}

function endingOf(error: unknown, { maxDurationMs }: Settings, { signal }: Controls): Ending {
  if (error instanceof Refused) return ending('refused', error.message);
  if (error instanceof Locked) return ending('locked', `the destination is in use: ${error.message}`);
  if (error instanceof NoRsync)
    return { outcome: 'no-rsync', exitCode: error.status, message: error.message };
  if (error instanceof OutOfTime) {
    const message = `it took longer than ${formatDuration(maxDurationMs)} (--max-duration). ${GO_ON}`;
    return ending('timed-out', message);
  }
  if (error instanceof Cancelled || (signal.aborted && error === signal.reason)) {
    const number = error instanceof Cancelled ? error.signalNumber : 2;
    return { outcome: 'cancelled', exitCode: 128 + number, message: `it was cancelled. ${GO_ON}` };
  }
  // No room for the list, no permission for the lock.
  const isOfSystem = error instanceof StartError || (error instanceof Error && 'syscall' in error);
  if (isOfSystem) return ending('failed', error.message);
  throw error;
}

const GO_ON = 'What has arrived is kept; the same command continues from there';
