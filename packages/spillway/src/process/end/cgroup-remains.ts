/**
 * Directories of abandoned cgroups: their members could not be killed, or the program that made them was
 * killed itself. Such a directory costs only a name; each removal of another cgroup tries to remove these
 * too.
 */
import { join } from 'node:path';
import { bestEffort, childCgroups, isLive, processStat, removeCgroup } from '../../system/index.js';

const own = new Set<string>();

/** A cgroup name that no process has used before. */
export function newCgroupName(): string {
  // The time since boot makes it unique among this program's threads without shared state.
  return `spillway-${process.pid}-${process.hrtime.bigint()}`;
}

export function removeLater(directory: string): void {
  own.add(directory);
}

/** Removes directories that are empty by now: this program's, and those of dead programs in `parent`. */
export function removeRemains(parent: string): void {
  for (const directory of own) tryToRemove(directory);
  bestEffort(() => {
    for (const name of childCgroups(parent)) if (isOfTheDead(name)) tryToRemove(join(parent, name));
  });
}

function tryToRemove(directory: string): void {
  bestEffort(() => {
    if (removeCgroup(directory)) own.delete(directory);
  });
}

/**
 * The owner may live in another pid namespace, where this check cannot see it. At worst it loses a cgroup
 * that is still empty: its next write fails, and it falls back on signals.
 */
function isOfTheDead(name: string): boolean {
  const pid = /^spillway-(\d+)-\d+$/.exec(name)?.[1];
  if (pid === undefined || Number(pid) === process.pid) return false;
  const stat = processStat(Number(pid));
  return stat === undefined || !isLive(stat);
}
