/**
 * Directories of cgroups for which nobody waits any more: what was in them could not be killed, or the
 * program that made them was killed itself. They hold nothing but a name; they are tried again whenever
 * another has been removed.
 */
import { join } from 'node:path';
import { bestEffort, childCgroups, isLive, processStat, removeCgroup } from '../../system/index.js';

const own = new Set<string>();

/** The name of a cgroup that this process is the first to use. */
export function newCgroupName(): string {
  // By the time since the boot, so that the threads of one program need not agree.
  return `spillway-${process.pid}-${process.hrtime.bigint()}`;
}

export function removeLater(directory: string): void {
  own.add(directory);
}

/**
 * Removes what can be removed by now: this program's, and in the same cgroup those of programs that are gone.
 */
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
 * Another pid namespace may have one of this number that lives. Then it loses a cgroup that is still empty,
 * is told so by the next write, and has its signals.
 */
function isOfTheDead(name: string): boolean {
  const pid = /^spillway-(\d+)-\d+$/.exec(name)?.[1];
  if (pid === undefined || Number(pid) === process.pid) return false;
  const stat = processStat(Number(pid));
  return stat === undefined || !isLive(stat);
}
