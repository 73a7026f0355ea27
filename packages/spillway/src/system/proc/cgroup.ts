/**
 * Control groups of version 2 (cgroups(7), Documentation/admin-guide/cgroup-v2.rst): directories of a file
 * system of their own. Reading and writing its files are the calls.
 */
import { constants, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { closeSync, openSync, writeSync } from '../descriptor/index.js';
import { errnoOf, SystemError } from '../libc/index.js';
import { withRoom } from './proc.js';

/** A place where a part of the tree of cgroups is mounted. */
export interface CgroupMount {
  /** The cgroup at the top of that part, as /proc/PID/cgroup names it. */
  readonly root: string;
  readonly directory: string;
}

/**
 * Every place where version 2 is mounted: /sys/fs/cgroup, or below it, for example as `unified` beside the
 * hierarchies of version 1.
 */
export function cgroupMounts(): CgroupMount[] {
  // A dash ends the optional fields; the file system's type follows it (proc_pid_mountinfo(5)).
  return (textOf('/proc/self/mountinfo') ?? '').split('\n').flatMap((line) => {
    const [, , , root, directory] = line.split(' ');
    if (root === undefined || directory === undefined || !line.includes(' - cgroup2 ')) return [];
    return [{ root: unescaped(root), directory: unescaped(directory) }];
  });
}

/**
 * A process's cgroup, as a path in the tree of version 2; undefined when the process is in none, or is gone.
 */
export function cgroupOf(pid: number): string | undefined {
  return /^0::(.*)$/m.exec(textOf(`/proc/${pid}/cgroup`) ?? '')?.[1];
}

/** `domain`, `threaded`, … ("Threads" in cgroup-v2.rst); undefined for the root, which has no type. */
export function cgroupType(directory: string): string | undefined {
  return textOf(join(directory, 'cgroup.type'))?.trimEnd();
}

/** Errors: EEXIST, EACCES, EROFS, EAGAIN for more than cgroup.max.descendants allows. */
export function makeCgroup(directory: string): void {
  call('mkdir', `making the cgroup ${directory}`, () => mkdirSync(directory));
}

/**
 * Moves a process with all its threads into the cgroup. Processes that it forks from then on are in the
 * cgroup too. A process that is exiting stays where it is, and that is no error.
 *
 * Errors: ESRCH; EACCES when cgroup.procs of this cgroup, or of the common ancestor, may not be written;
 * EOPNOTSUP for a cgroup that cannot have processes, being in a threaded tree; EBUSY for one that has
 * controllers for its children.
 */
export function enterCgroup(directory: string, pid: number): void {
  const doing = `moving process ${pid} into the cgroup ${directory}`;
  call('write', doing, () => write(join(directory, 'cgroup.procs'), String(pid)));
}

/**
 * The processes in the cgroup and below it, without exited ones, not even zombies. Errors: ENOENT, ENODEV.
 */
export function cgroupMembers(directory: string): number[] {
  const doing = `listing the cgroup ${directory}`;
  const list = call('read', doing, () => readFileSync(join(directory, 'cgroup.procs'), 'latin1'));
  // 0 stands for a process outside this pid namespace.
  const own = list.split('\n').flatMap((pid) => (Number(pid) > 0 ? [Number(pid)] : []));
  return [...own, ...childCgroups(directory).flatMap((name) => cgroupMembers(join(directory, name)))];
}

/** The names of the cgroups directly below one. Errors: ENOENT. */
export function childCgroups(directory: string): string[] {
  const doing = `listing the cgroups below ${directory}`;
  const entries = call('readdir', doing, () => readdirSync(directory, { withFileTypes: true }));
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}

/**
 * Sends SIGKILL to all processes in the cgroup and below. The kernel misses none: not one that is being
 * forked meanwhile, nor another user's. Errors: ENOENT before Linux 5.14, and in the root; EOPNOTSUP in a
 * threaded cgroup.
 */
export function killCgroup(directory: string): void {
  call('write', `killing the cgroup ${directory}`, () => write(join(directory, 'cgroup.kill'), '1'));
}

/**
 * Removes the cgroup and those below it; false while one of them still has a process that is not a zombie
 * (EBUSY). Errors: EACCES.
 */
export function removeCgroup(directory: string): boolean {
  try {
    call('rmdir', `removing the cgroup ${directory}`, () => rmdirSync(directory));
    return true;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    if (error.code === 'ENOENT') return true;
    if (error.code !== 'EBUSY') throw error;
  }
  const below = childCgroups(directory);
  return (
    below.length > 0 && below.every((name) => removeCgroup(join(directory, name))) && removeCgroup(directory)
  );
}

/** Names have blanks and backslashes as octal numbers. */
function unescaped(name: string): string {
  return name.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/** Without O_CREAT: with it, the kernel reports a missing file as EACCES. */
function write(path: string, text: string): void {
  const fd = openSync(path, constants.O_WRONLY);
  try {
    writeSync(fd, text);
  } finally {
    closeSync(fd);
  }
}

function textOf(path: string): string | undefined {
  try {
    return withRoom(() => readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function call<T>(name: string, doing: string, action: () => T): T {
  try {
    return withRoom(action);
  } catch (error) {
    const { errno } = error as NodeJS.ErrnoException;
    if (errno === undefined) throw error;
    throw new SystemError(name, Math.abs(errno) || errnoOf.EIO, doing);
  }
}
