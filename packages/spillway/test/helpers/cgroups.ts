/** Cgroups (version 2) for tests that need one: made below the root, killed and removed after each test. */
import { execFileSync } from 'node:child_process';
import {
  accessSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { cgroupMounts } from '../../src/system/index.js';
import { until } from './leaks.js';
import { notRoot } from './programs.js';

const mount = cgroupMounts().find(({ root }) => root === '/')?.directory;
const made: string[] = [];

/** Why tests in cgroups are not run, or undefined. */
export const noCgroups = notRoot ?? (mount === undefined ? 'no cgroup2 is mounted' : problemOf(mount));

/** Makes one, with this extended attribute set to 1 if one is given. */
export function makeTestCgroup(attribute?: string, value = '1'): string {
  const directory = join(mount as string, `spillway-test-${process.pid}-${made.length}`);
  mkdirSync(directory);
  made.push(directory);
  if (attribute !== undefined) {
    const script = 'import os, sys; os.setxattr(sys.argv[1], sys.argv[2], sys.argv[3].encode())';
    execFileSync('python3', ['-c', script, directory, attribute, value]);
  }
  return directory;
}

/** The words that start a program in there. */
export function within(directory: string): string[] {
  return ['sh', '-c', 'echo $$ >"$0/cgroup.procs" && exec "$@"', directory];
}

export function membersOf(directory: string): number[] {
  return readFileSync(join(directory, 'cgroup.procs'), 'latin1')
    .split('\n')
    .flatMap((pid) => (pid === '' ? [] : [Number(pid)]));
}

/** Whether it, or one below, has a process that is no zombie. */
export function isPopulated(directory: string): boolean {
  return readFileSync(join(directory, 'cgroup.events'), 'latin1').includes('populated 1');
}

export function cgroupsBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );
}

/** To be called once at the top of a test file. */
export function removeTestCgroups(): void {
  afterEach(async () => {
    for (const directory of made) {
      if (!existsSync(directory)) continue;
      endAllIn(directory);
      await until(() => removed(directory));
    }
  });
}

function endAllIn(directory: string): void {
  try {
    writeFileSync(join(directory, 'cgroup.kill'), '1');
  } catch (error) {
    // Threaded ones can be killed with their domain alone, which is the root; a test that has passed has left
    // no process in there.
    if ((error as NodeJS.ErrnoException).code !== 'ENOTSUP') throw error;
  }
}

function removed(directory: string): boolean {
  try {
    for (const name of cgroupsBelow(directory)) if (!removed(join(directory, name))) return false;
    rmdirSync(directory);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EBUSY') return false;
    throw error;
  }
}

/** One is made to see. */
function problemOf(mount: string): string | undefined {
  const directory = join(mount, `spillway-test-${process.pid}`);
  try {
    mkdirSync(directory);
  } catch (error) {
    return `no cgroup can be made: ${(error as Error).message}`;
  }
  try {
    accessSync(join(directory, 'cgroup.kill'));
    execFileSync('python3', ['-c', '']);
    return undefined;
  } catch (error) {
    return `no cgroup.kill, or no python3 to set attributes: ${(error as Error).message}`;
  } finally {
    rmdirSync(directory);
  }
}
