/** What follows a transfer: `verify`, `move`, and how much space is missing. */
import { rmdirSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { exactPath } from '../../base/index.js';
import { MOST_NAMES, Names } from './journal.js';
import { type Shared, type Work, type WorkEnd, work } from './transfer.js';
import { writerBelow } from './writers.js';

type Basics = Pick<Work['pass'], 'delayUpdates' | 'continues' | 'remoteShell'>;

/** Compares every file by checksum; what differs is in the journal. */
export async function verify(shared: Shared, basics: Basics): Promise<WorkEnd> {
  const { journal } = shared;
  journal.phase('verify');
  let files = 0;
  let different = new Names();
  const end = await work(shared, {
    pass: { ...basics, kind: 'verify', delete: false, sharedBy: 1 },
    part: 1,
    isTold: false,
    begun: () => {
      files = 0;
      different = new Names();
    },
    item: ({ kind, change, name }) => {
      if (kind === 'file') files++;
      if (kind !== 'folder' && (change === 'created' || change === 'updated')) different.add(name, name);
      return undefined;
    },
  });
  journal.found.verify = { files, different: different.list, differentOmitted: different.omitted };
  return end;
}

/** Why nothing may be removed: a source file is still being written. */
export function whyNotMove({ settings }: Pick<Shared, 'settings'>): string | undefined {
  const paths = settings.sources.filter(({ kind }) => kind === 'local').map(({ path }) => path);
  const writer = paths.length > 0 ? writerBelow(paths) : undefined;
  if (!writer) return undefined;
  return (
    `process ${writer.pid} (${writer.command}) has ${writer.path} open for writing: ` +
    '--move removes only what no process writes any more'
  );
}

/**
 * A second rsync compares source and destination by checksum, and removes each source file that is the same
 * there; it leaves one that changes meanwhile. Then the folders go that have become empty.
 */
export async function removeSources(shared: Shared, basics: Basics): Promise<WorkEnd> {
  const { settings, journal } = shared;
  journal.phase('remove');
  let removedFiles = 0;
  const folders = new Set<string>();
  const end = await work(shared, {
    pass: { ...basics, kind: 'remove', delete: false, delayUpdates: false, sharedBy: 1 },
    part: 1,
    isTold: false,
    item: ({ kind, name }) => {
      if (kind !== 'folder') removedFiles++;
      else if (folders.size < MOST_FOLDERS) folders.add(name);
      return undefined;
    },
  });
  const [source] = settings.sources;
  let removedFolders = 0;
  if (source?.kind === 'local')
    removedFolders = removeEmpty(
      folders,
      settings.sources.map(({ path }) => path),
    );
  else journal.warn('the empty folders at the remote source were left there');
  journal.found.move = { removedFiles, removedFolders };
  return end;
}

const MOST_FOLDERS = MOST_NAMES * 100;

/** The deepest first; a folder that has something in it stays, and so does the source itself. */
function removeEmpty(names: ReadonlySet<string>, sources: readonly string[]): number {
  let removed = 0;
  const deepestFirst = [...names].sort((a, b) => b.split('/').length - a.split('/').length);
  for (const name of deepestFirst) {
    if (name === '.') continue;
    for (const source of sources) {
      const base = source.endsWith('/') || /(?:^|\/)\.{1,2}$/.test(source) ? source : dirname(source);
      try {
        rmdirSync(exactPath(join(base, name)));
        removed++;
      } catch {
        // It is not empty, or of another source.
      }
    }
  }
  return removed;
}

/** How many bytes the transfer still needs, and how many a local destination has. */
export async function missingSpace(
  shared: Shared,
  basics: Basics,
): Promise<{ needed: number; free: number | undefined } | undefined> {
  const { settings } = shared;
  let needed = 0;
  const end = await work(shared, {
    pass: { ...basics, kind: 'list', delete: false, sharedBy: 1 },
    part: 1,
    isTold: false,
    begun: () => {
      needed = 0;
    },
    item: ({ isTransferred, bytes }) => {
      if (isTransferred) needed += bytes;
      return undefined;
    },
  });
  if (end.end.reason !== 'exit') return undefined;
  return { needed, free: freeSpace(settings.destination) };
}

function freeSpace({ kind, path }: { kind: string; path: string }): number | undefined {
  if (kind !== 'local') return undefined;
  try {
    const { bavail, bsize } = statfsSync(exactPath(path));
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
