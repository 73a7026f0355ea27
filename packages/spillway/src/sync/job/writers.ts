/** Processes that have a file below a folder open for writing (Linux; those that this user may look at). */
import { realpathSync } from 'node:fs';
import { exactPath, textOf } from '../../base/index.js';
import { allProcesses, procFiles } from '../../system/index.js';
import { isBelow } from './places.js';

export interface Writer {
  readonly pid: number;
  readonly command: string;
  readonly path: string;
}

const proc = procFiles();

/** The first one that is found. */
export function writerBelow(paths: readonly string[]): Writer | undefined {
  const places = paths.map(realPath);
  for (const pid of allProcesses() ?? []) {
    if (pid === process.pid) continue;
    const path = openedBelow(pid, places);
    if (path === undefined) continue;
    const command = textOf(Buffer.from(proc.text(`${pid}/comm`) ?? '?', 'latin1')).trim();
    return { pid, command, path };
  }
  return undefined;
}

function openedBelow(pid: number, places: readonly string[]): string | undefined {
  for (const [fd, target] of proc.links(`${pid}/fd`) ?? []) {
    if (!target.startsWith('/') || target.startsWith('/dev/')) continue;
    const path = textOf(Buffer.from(target, 'latin1'));
    if (!places.some((place) => path === place || isBelow(path, place))) continue;
    if ((proc.access(`${pid}/fd/${fd}`) ?? 'read') !== 'read') return path;
  }
  return undefined;
}

function realPath(path: string): string {
  try {
    return textOf(realpathSync(exactPath(path), { encoding: 'buffer' }));
  } catch {
    return path;
  }
}
