/** The local places of a sync, looked at before anything starts: what is refused, and what is empty. */
import { lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { exactPath, textOf } from '../../base/index.js';
import { type Address, nameOfAddress, type Settings } from '../options/index.js';

/** Nothing was started. */
export class Refused extends Error {}

/** Throws Refused. */
export function checkPlaces(settings: Settings): void {
  const { sources, destination } = settings;
  for (const source of sources) if (source.kind === 'local') requireSource(source.path);
  if (destination.kind !== 'local') return;
  requireParent(destination.path);
  const to = realPlace(destination.path);
  for (const { kind, path } of sources) if (kind === 'local') requireApart(path, to, settings);
}

/** What is synced to: one name for one place, however it is written. */
export function identityOf(address: Address): string {
  return address.kind === 'local' ? `local:${realPlace(address.path)}` : nameOfAddress(address);
}

/** Whether there is nothing at the local destination that an update could replace. */
export function isEmptyPlace({ kind, path }: Address): boolean {
  if (kind !== 'local') return false;
  try {
    return readdirSync(exactPath(path)).length === 0;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

/** The folders at a local destination in which files arrive. */
export function arrivalFolders({ sources, destination }: Settings): string[] {
  if (destination.kind !== 'local') return [];
  const { path } = destination;
  if (sources.some(({ path: from }) => from === '' || /(?:^|\/)\.{0,2}$/.test(from))) return [path];
  const below = sources.map(({ path: from }) => join(path, basename(from)));
  // Of a single file the temporary one is in the folder itself.
  return sources.length === 1 && !isFolder(below[0] as string) ? [folderOf(path)] : below;
}

function folderOf(path: string): string {
  return isFolder(path) ? path : dirname(path);
}

function isFolder(path: string): boolean {
  try {
    return statSync(exactPath(path)).isDirectory();
  } catch {
    return false;
  }
}

function requireSource(path: string): void {
  try {
    lstatSync(exactPath(path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be looked at (${code})`;
    throw new Refused(`the source ${path} ${why}; nothing was transferred or deleted`);
  }
}

/** rsync makes the last folder only. */
function requireParent(path: string): void {
  const parent = dirname(resolve(path));
  try {
    statSync(exactPath(parent));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Refused(
      code === 'ENOENT'
        ? `the folder ${parent}, in which the destination would be, does not exist: make it, or mount it`
        : `the folder ${parent}, in which the destination is, cannot be looked at (${code})`,
    );
  }
}

function requireApart(source: string, to: string, { delete: deletes, rules, extras }: Settings): void {
  const from = realPlace(source);
  const arrives = source.endsWith('/') || /(?:^|\/)\.{1,2}$/.test(source) ? to : join(to, basename(from));
  if (from === arrives || from === to)
    throw new Refused(`the source ${source} and the destination are the same place`);
  if (isBelow(from, to))
    throw new Refused(
      `the source ${source} is inside the destination ${to}` +
        (deletes ? ', where --delete would remove it' : ''),
    );
  // A backup of `/` to a folder below it leaves that folder out.
  const isLeftOut = rules.length > 0 || extras.narrows;
  if (isBelow(to, from) && !isLeftOut)
    throw new Refused(
      `the destination ${to} is inside the source ${source}, and each run would copy the copy of the last: ` +
        'exclude it',
    );
}

/** Absolute paths without symbolic links. */
export function isBelow(path: string, folder: string): boolean {
  return path !== folder && path.startsWith(folder === '/' ? folder : `${folder}/`);
}

/** Its path without symbolic links, as far as it exists. */
function realPlace(path: string): string {
  const absolute = resolve(path);
  try {
    return textOf(realpathSync(exactPath(absolute), { encoding: 'buffer' }));
  } catch {
    const parent = dirname(absolute);
    return parent === absolute ? absolute : join(realPlace(parent), basename(absolute));
  }
}
