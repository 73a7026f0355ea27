/** One rsync, repeated until it is done or another attempt would not help. */
import { monotonicMs } from '../../base/index.js';
import { retry } from '../../script/index.js';
import {
  type AttemptBounds,
  type AttemptEnd,
  guardedProgram,
  keepStrayFiles,
  type Pass,
  runAttempt,
  wordsOf,
} from '../attempt/index.js';
import { farShellOf, type Settings } from '../options/index.js';
import { type Complaint, type Item, meaningOf, mostAttempts, type Stats } from '../rsync/index.js';
import { failureOf, type Journal, Names } from './journal.js';
import { type Judgement, judge } from './judgement.js';
import type { AttemptRecord, Failure } from './report.js';

/** What all rsyncs of one job share. */
export interface Shared {
  readonly settings: Settings;
  readonly journal: Journal;
  /** Aborted, it ends everything in order. */
  readonly signal: AbortSignal;
  /** Functions that end what runs at once. */
  readonly running: Set<() => void>;
  /** Of this sync among those of this machine to the same destination. */
  readonly job: string;
  readonly destinationMark: string;
  /** Local folders in which a killed receiver may leave temporary files. */
  readonly arrivals: readonly string[];
  /** False once the far end has turned out not to take the guard. */
  readonly far: { isGuarded: boolean };
}

export interface Work {
  readonly pass: Omit<Pass, 'farProgram'>;
  /** From 1. */
  readonly part: number;
  /** Called for each item of an attempt; `begun` before each attempt. */
  readonly item?: ((item: Item) => unknown) | undefined;
  readonly begun?: (() => void) | undefined;
  /** Whether its items and progress are those of the job. */
  readonly isTold: boolean;
}

export interface WorkEnd {
  /** `done`, `warning`, or why it failed. */
  readonly judgement: Judgement;
  readonly end: AttemptEnd;
  readonly failed: Names<Failure>;
  readonly vanished: Names;
  readonly stats: Partial<Stats>;
}

class AttemptFailed extends Error {
  constructor(
    readonly ended: WorkEnd,
    readonly mayRetry: boolean,
  ) {
    super(ended.judgement.message);
  }
}

/** Rejects with StartError, and with the reason of an abort between two attempts. */
export async function work(shared: Shared, task: Work): Promise<WorkEnd> {
  const { settings, signal } = shared;
  const times = settings.retries + 1;
  let last: WorkEnd | undefined;
  try {
    return await retry(
      {
        times: Math.max(1, times) + 1,
        delay: settings.retryDelayMs,
        maxDelay: settings.retryMaxDelayMs,
        signal,
        when: (error) => error instanceof AttemptFailed && error.mayRetry,
      },
      async (attempt) => {
        last = await attemptOnce(shared, task, attempt);
        const { policy } = last.judgement;
        if (policy === 'done' || policy === 'warning') return last;
        throw new AttemptFailed(last, mayRetry(shared, last, attempt));
      },
    );
  } catch (error) {
    if (error instanceof AttemptFailed) return error.ended;
    // Aborted in a pause: the attempt before it says why it was not done.
    if (signal.aborted && last) return last;
    throw error;
  }
}

function mayRetry({ settings, signal }: Shared, { judgement }: WorkEnd, attempt: number): boolean {
  if (signal.aborted) return false;
  return attempt < mostAttempts(judgement.policy, settings.retries);
}

async function attemptOnce(shared: Shared, task: Work, attempt: number): Promise<WorkEnd> {
  const { settings, journal, far } = shared;
  const { totals } = journal;
  const failed = new Names<Failure>();
  const vanished = new Names();
  let farWord: string | undefined;
  let endNow: (() => void) | undefined;
  const complain = (given: Complaint) => {
    const complaint = task.pass.filesFrom === undefined ? given : vanishedIfMissing(given);
    const failure = failureOf(complaint);
    if (failure) failed.add(failure.path, failure);
    if (failure && failed.size <= 1000) journal.events.tell({ type: 'error', ...failure });
    if (complaint.kind === 'vanished') vanished.add(complaint.path, complaint.path);
    if (complaint.kind === 'skipped') journal.warn(`${complaint.reason} ${complaint.path}`);
    if (complaint.kind === 'guard') farWord = complaint.word;
  };
  task.begun?.();
  if (task.isTold) totals.begin(task.part, attempt);
  const isGuarded = far.isGuarded;
  const end = await runAttempt(wordsOf(settings, passOf(shared, task, attempt)), boundsOf(shared), {
    progress: (progress) => {
      if (!task.isTold) return;
      totals.progress(task.part, progress);
      journal.progress(monotonicMs());
    },
    item: (item) => {
      task.item?.(item);
      if (!task.isTold) return undefined;
      totals.item(task.part, item);
      return journal.item(item);
    },
    listed: (entries) => task.isTold && totals.listed(task.part, entries),
    skipped: (path, reason) => journal.warn(`${reason} ${path}`),
    complaint: complain,
    started: (end) => {
      endNow = end;
      shared.running.add(end);
    },
  });
  if (endNow) shared.running.delete(endNow);
  const keptFiles = await keepWhatArrived(shared, task, end);
  let judgement = judge(end, failed.list, settings);
  // rsync counts a listed name that is gone as a failure (23), and a name that it found itself as none (24).
  if (end.exitCode === 23 && failed.size === 0 && vanished.size > 0)
    judgement = { policy: 'warning', message: meaningOf(24).text };
  if (isGuarded && farWord !== 'ready' && end.exitCode !== 0)
    judgement = withoutGuard(shared, end, judgement);
  if (farWord !== undefined && farWord !== 'ready') {
    far.isGuarded = false;
    journal.warn(
      `the far end has ${farWord}: its rsync is not guarded, and after a cut link it ends by its --timeout`,
    );
  }
  const ended: WorkEnd = { judgement, end, failed, vanished, stats: end.stats };
  record(shared, task, attempt, ended, keptFiles);
  return ended;
}

/** A file of a list that was there when the list was made. */
function vanishedIfMissing(complaint: Complaint): Complaint {
  const isGone =
    complaint.kind === 'failed' && complaint.code === 'ENOENT' && complaint.reason.startsWith('link_stat');
  return isGone ? { kind: 'vanished', path: complaint.path } : complaint;
}

/** The remote command did not even begin: no POSIX shell, or a forced command. Then it goes without. */
function withoutGuard({ far, journal }: Shared, end: AttemptEnd, judgement: Judgement): Judgement {
  const isOurs = /spillway-guard|\bsh\b.*not found|SSH_ORIGINAL_COMMAND|restricted|not allowed/i.test(
    end.lastWords.join('\n'),
  );
  if (!isOurs || !far.isGuarded) return judgement;
  far.isGuarded = false;
  journal.warn(
    'the far end does not run /bin/sh for this user: its rsync goes without the guard of Spillway',
  );
  return { policy: 'retry', message: judgement.message };
}

function passOf(shared: Shared, { pass, part }: Work, attempt: number): Pass {
  const { settings, far, job, destinationMark } = shared;
  const { farProgram } = settings.extras;
  const isByShell = farShellOf(settings) !== undefined;
  const mark = { destination: destinationMark, job, part, attempt };
  return {
    ...pass,
    continues: pass.continues || attempt > 1,
    farProgram: isByShell && far.isGuarded ? guardedProgram(mark, settings.graceMs, farProgram) : farProgram,
  };
}

function boundsOf({ settings, signal }: Shared): AttemptBounds {
  const { timeoutMs, stallMs, graceMs, env } = settings;
  return { timeoutMs, stallMs, graceMs, signal, env };
}

/** After an end in which a receiver may have been killed; one that ends itself keeps its file. */
async function keepWhatArrived({ arrivals }: Shared, { pass }: Work, end: AttemptEnd): Promise<number> {
  const isWhole = end.exitCode !== undefined && [0, 23, 24, 25].includes(end.exitCode);
  if (isWhole || pass.kind === 'list' || pass.kind === 'verify') return 0;
  return await keepStrayFiles(arrivals, end.startedAt.getTime(), pass.filesFrom);
}

function record(shared: Shared, task: Work, attempt: number, ended: WorkEnd, keptFiles: number): void {
  const { judgement, end } = ended;
  const { totals } = shared.journal;
  const { part, pass, isTold } = task;
  const made: AttemptRecord = {
    attempt,
    part,
    phase: pass.kind,
    startedAt: end.startedAt.toISOString(),
    durationMs: end.durationMs,
    exitCode: end.exitCode ?? null,
    signal: end.signal ?? null,
    reason: end.reason,
    message: `rsync ${judgement.message}`,
    files: isTold ? totals.filesOf(part) : 0,
    bytes: isTold ? totals.bytesOf(part) : 0,
    literalBytes: end.stats.literalBytes ?? null,
    matchedBytes: end.stats.matchedBytes ?? null,
    keptFiles,
    diagnosis: end.diagnosis ?? null,
    lastWords: end.lastWords,
  };
  const isDone = judgement.policy === 'done' || judgement.policy === 'warning';
  const again = !isDone && mayRetry(shared, ended, attempt);
  if (isTold) {
    totals.end(part);
    if (again) totals.failed(part, !pass.delayUpdates);
    else totals.matched(end.stats.matchedBytes ?? 0);
  }
  shared.journal.attempt(made, again);
}

export function isPartial({ end }: WorkEnd): boolean {
  return end.reason === 'exit' && end.exitCode === 23;
}
