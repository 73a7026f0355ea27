/** Processes that have a file below a folder open for writing (Linux; those that this user may look at). */
import { constants, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { exactPath } from '../../base/index.js';
import { allProcesses } from '../../system/index.js';

export interface Writer {
  readonly pid: number;
  readonly command: string;
  readonly path: string;
}

/** The first one that is found. */
export function writerBelow(paths: readonly string[]): Writer | undefined {
  const places = paths.map(realPath);
  for (const pid of allProcesses() ?? []) {
    if (pid === process.pid) continue;
    const path = openedBelow(pid, places);
    if (path !== undefined) return { pid, command: commandOf(pid), path };
  }
  return undefined;
}

function openedBelow(pid: number, places: readonly string[]): string | undefined {
  let descriptors: string[];
  try {
    descriptors = readdirSync(`/proc/${pid}/fd`);
  } catch {
    return undefined;
  }
  return descriptors
    .map((fd) => pathIfWritten(pid, fd))
    .find((path) => path !== undefined && isBelow(path, places));
}

function pathIfWritten(pid: number, fd: string): string | undefined {
  try {
    const path = readlinkSync(`/proc/${pid}/fd/${fd}`);
    if (!path.startsWith('/') || path.startsWith('/dev/')) return undefined;
    const flags = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1'))?.[1];
    return (Number.parseInt(flags ?? '0', 8) & (constants.O_WRONLY | constants.O_RDWR)) === 0
      ? undefined
      : path;
  } catch {
    return undefined;
  }
}

function isBelow(path: string, places: readonly string[]): boolean {
  return places.some((place) => path === place || path.startsWith(place === '/' ? place : `${place}/`));
}

function realPath(path: string): string {
  try {
    return realpathSync(exactPath(path)).toString();
  } catch {
    return path;
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '?';
  }
}
