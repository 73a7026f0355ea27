/**
 * `jobs`: the list is made once, by a dry run; several rsyncs transfer its files; one more, over everything,
 * sets what is left: folders with their times, links, hard links, deletions.
 *
 * Hard links need no care: a dry run names the first file of an inode group as one to be transferred, and the
 * others as links to it. So one part has that file, and the last rsync links the others.
 */

import { safeLine } from '../../base/index.js';
import { farShellOf } from '../options/index.js';
import { FileList, type PartFiles, SharedConnection, Tally } from '../parts/index.js';
import type { Item } from '../rsync/index.js';
import { Refused } from './places.js';
import type { PartsReport } from './report.js';
import { type Shared, type Work, type WorkEnd, work } from './transfer.js';

type Basics = Pick<Work['pass'], 'delete' | 'delayUpdates' | 'continues' | 'remoteShell'>;

/** Gives the ends of the rsyncs, that of the last one last. */
export async function transferInParts(shared: Shared, basics: Basics): Promise<WorkEnd[]> {
  const { settings, journal } = shared;
  const list = new FileList();
  let connection: SharedConnection | undefined;
  try {
    journal.phase('list');
    const listing = await listFiles(shared, basics, list);
    if (!isGood(listing)) return [listing];
    const parts = await list.split(settings.jobs);
    connection = await connect(shared, basics);
    const own = { ...basics, remoteShell: connection?.remoteShell ?? basics.remoteShell };
    journal.phase('transfer');
    const { ends, done } = await transferParts(shared, own, parts);
    const split = proofOf(list.tally, done, parts.length);
    journal.found.split = split;
    tellDifference(shared, split, ends);
    if (ends.some((end) => !isGood(end) && end.judgement.policy !== 'retry-once')) return ends;
    journal.phase('closing');
    return [...ends, await close(shared, own, list.tally)];
  } finally {
    await connection?.close();
    list.remove();
  }
}

export function isGood({ judgement: { policy } }: WorkEnd): boolean {
  return policy === 'done' || policy === 'warning';
}

/** Throws Refused. */
export function requireSplittable({ settings }: Pick<Shared, 'settings'>): void {
  const { sources, extras } = settings;
  if (sources.length > 1)
    throw new Refused('--jobs takes one source: the names of a list are relative to one folder');
  const [source] = sources;
  if (source?.kind === 'daemon' && !source.path.includes('/'))
    throw new Refused(`--jobs needs a slash at the end of a whole module: ${source.text}/`);
  if (extras.words.some((word) => /^--files-from/.test(word)))
    throw new Refused('--jobs makes a list of files itself: --files-from cannot be combined with it');
}

async function listFiles(shared: Shared, basics: Basics, list: FileList): Promise<WorkEnd> {
  return await work(shared, {
    pass: { ...basics, kind: 'list', delete: false, sharedBy: 1 },
    part: 1,
    isTold: false,
    // A second attempt names everything again.
    begun: () => list.clear(),
    item: ({ isTransferred, name, bytes }) => {
      if (isTransferred) list.add(name, bytes);
    },
  });
}

async function transferParts(
  shared: Shared,
  basics: Basics,
  parts: readonly PartFiles[],
): Promise<{ ends: WorkEnd[]; done: Tally }> {
  const done = new Tally();
  const ends = await Promise.all(
    parts.map(async ({ path }, at) => {
      let own = new Tally();
      const end = await work(shared, {
        pass: { ...basics, kind: 'transfer', delete: false, filesFrom: path, sharedBy: parts.length },
        part: at + 1,
        isTold: true,
        begun: () => {
          own = new Tally();
        },
        item: ({ kind, name, bytes }: Item) => {
          if (kind === 'file') own.add(name, bytes);
        },
      });
      // Of an attempt that failed it is not known which of its files arrived.
      if (isGood(end) || end.end.exitCode === 23) done.addAll(own);
      return end;
    }),
  );
  return { ends, done };
}

/** All of it once more, by one rsync: there is nothing left to transfer but what has changed meanwhile. */
async function close(shared: Shared, basics: Basics, listed: Tally): Promise<WorkEnd> {
  let again = 0;
  const end = await work(shared, {
    pass: { ...basics, kind: 'closing', delete: shared.settings.delete, sharedBy: 1 },
    part: 1,
    isTold: true,
    begun: () => {
      again = 0;
    },
    item: ({ isTransferred }) => {
      if (isTransferred) again++;
    },
  });
  if (again > 0 && listed.files > 0)
    shared.journal.warn(
      `${again} files changed or came while the parts ran; the closing pass transferred them`,
    );
  return end;
}

function proofOf(listed: Tally, done: Tally, count: number): PartsReport {
  return {
    count,
    listedFiles: listed.files,
    listedBytes: listed.bytes,
    listHash: listed.hash,
    doneFiles: done.files,
    doneBytes: done.bytes,
    doneHash: done.hash,
    isComplete: listed.files === done.files && listed.hash === done.hash,
  };
}

function tellDifference({ journal }: Shared, split: PartsReport, ends: readonly WorkEnd[]): void {
  if (split.isComplete || !ends.every(isGood)) return;
  const vanished = ends.reduce((sum, end) => sum + end.vanished.size, 0);
  const why = vanished > 0 ? `; ${vanished} vanished meanwhile` : '';
  journal.warn(
    safeLine(
      `the parts have transferred ${split.doneFiles} of the ${split.listedFiles} files in the list${why}`,
    ),
  );
}

async function connect(shared: Shared, { remoteShell }: Basics): Promise<SharedConnection | undefined> {
  const { settings, signal, journal } = shared;
  const far = farShellOf(settings);
  if (!far || !/(?:^|\/)ssh(?:\s|$)/.test(remoteShell ?? 'ssh')) return undefined;
  const connection = await SharedConnection.open(remoteShell ?? 'ssh', far.login, settings.env, signal);
  if (!connection && !signal.aborted)
    journal.warn('ssh did not share one connection (ControlMaster): each part connects for itself');
  return connection;
}
