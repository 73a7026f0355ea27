/**
 * Whether this process may make cgroups below its own, as systemd's `Delegate=yes` permits. A cgroup that is
 * not delegated already has a manager, and each cgroup has one writer (https://systemd.io/CGROUP_DELEGATION).
 */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { bestEffort, cgroupMounts, cgroupOf, cgroupType, extendedAttribute } from '../../system/index.js';

/** systemd sets both on a delegated cgroup; only root can read the first. */
const ATTRIBUTES = ['trusted.delegate', 'user.delegate'];

let known: { readonly path: string; readonly directory: string | undefined } | undefined;

/** The directory of this process's cgroup, if it is delegated. Cached until this process is moved. */
export function delegatedCgroup(): string | undefined {
  const path = cgroupOf(process.pid);
  if (path === undefined) return undefined;
  if (known?.path !== path) known = { path, directory: findDelegated(path) };
  return known.directory;
}

/** The directory of a process's cgroup; undefined if the process is gone or no mount shows the cgroup. */
export function cgroupDirectoryOf(pid: number): string | undefined {
  const path = cgroupOf(pid);
  return path === undefined ? undefined : directoriesOf(path)[0];
}

function findDelegated(path: string): string | undefined {
  return directoriesOf(path).find((directory) => canHold(directory) && isDelegated(path, directory));
}

/**
 * A mount may show only a part of the tree, as in a container. A path that begins with `/..` is outside of
 * this cgroup namespace.
 */
function directoriesOf(path: string): string[] {
  if (path.startsWith('/..')) return [];
  return cgroupMounts().flatMap(({ root, directory }) => {
    const top = root === '/' ? '' : root;
    return path === root || path.startsWith(`${top}/`) ? [join(directory, path.slice(top.length))] : [];
  });
}

function canHold(directory: string): boolean {
  try {
    // Leaving this cgroup needs write access to its cgroup.procs ("Delegation Containment" in cgroup-v2.rst).
    for (const name of ['.', 'cgroup.procs']) accessSync(join(directory, name), constants.W_OK);
    // The root cgroup and kernels before 5.14 have no cgroup.kill. Write access is not checked: delegation
    // does not cover this file, and the cgroups made below belong to this process.
    accessSync(join(directory, 'cgroup.kill'));
    // Below a threaded cgroup, a new one cannot hold processes until it is made threaded, too.
    return cgroupType(directory) === 'domain';
  } catch {
    return false;
  }
}

/** A cgroup namespace's root counts as delegated; `canHold` has ruled out the real root (no cgroup.kill). */
function isDelegated(path: string, directory: string): boolean {
  if (path === '/') return true;
  let isDeclared = false;
  bestEffort(() => {
    isDeclared = ATTRIBUTES.some((name) => extendedAttribute(directory, name)?.toString('latin1') === '1');
  });
  return isDeclared;
}
