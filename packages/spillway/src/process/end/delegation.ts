/**
 * Whether this process may make cgroups below its own, as systemd's `Delegate=yes` grants it: what is not
 * delegated has a manager already, and cgroups have one writer each (https://systemd.io/CGROUP_DELEGATION).
 */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { bestEffort, cgroupMounts, cgroupOf, cgroupType, extendedAttribute } from '../../system/index.js';

/** systemd sets both on what it delegates; the first can be read by root alone. */
const ATTRIBUTES = ['trusted.delegate', 'user.delegate'];

let known: { readonly path: string; readonly directory: string | undefined } | undefined;

/**
 * The directory of this process's own cgroup, if it may divide it. Found out at the first call, and again
 * when it has been moved.
 */
export function delegatedCgroup(): string | undefined {
  const path = cgroupOf(process.pid);
  if (path === undefined) return undefined;
  if (known?.path !== path) known = { path, directory: findDelegated(path) };
  return known.directory;
}

/**
 * The directory of the cgroup in which a process is; undefined when it is gone, or that cannot be seen from
 * here.
 */
export function cgroupDirectoryOf(pid: number): string | undefined {
  const path = cgroupOf(pid);
  return path === undefined ? undefined : directoriesOf(path)[0];
}

function findDelegated(path: string): string | undefined {
  return directoriesOf(path).find((directory) => canHold(directory) && isDelegated(path, directory));
}

/**
 * A part of the tree may be mounted alone, as for a container. What lies outside of our namespace begins with
 * `/..`.
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
    // Moving out of our own cgroup takes write access to its cgroup.procs ("Delegation Containment" in
    // cgroup-v2.rst).
    for (const name of ['.', 'cgroup.procs']) accessSync(join(directory, name), constants.W_OK);
    // The root has none, nor has a kernel before 5.14. It is not among the files that are delegated; those
    // below are ours.
    accessSync(join(directory, 'cgroup.kill'));
    // Below a threaded one no cgroup can have processes before it is made threaded, too.
    return cgroupType(directory) === 'domain';
  } catch {
    return false;
  }
}

/**
 * The root of a cgroup namespace is whole to those inside; it is not the real one, which could not be killed.
 */
function isDelegated(path: string, directory: string): boolean {
  if (path === '/') return true;
  let isDeclared = false;
  bestEffort(() => {
    isDeclared = ATTRIBUTES.some((name) => extendedAttribute(directory, name)?.toString('latin1') === '1');
  });
  return isDeclared;
}
