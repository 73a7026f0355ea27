/**
 * Asserts that a test leaves nothing behind: no child, zombie or process of its groups, no descriptor, no
 * temporary file.
 *
 * Ends are waited for as conditions, since a killed process and a closed socket need a moment to be gone.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { guard } from '../../src/process/index.js';

/** A directory for the test's own files, removed after it. Also what `os.tmpdir()` is meanwhile. */
let scratch = '';
/** The part of it that one of several bodies has, which run side by side. */
const own = new AsyncLocalStorage<string>();

export function scratchDirectory(): string {
  return own.getStore() ?? scratch;
}

/** Calls it with a scratch directory of its own. */
export function inDirectoryOfItsOwn<T>(body: () => T): T {
  // Another user whom a test lets into its directory has to get there.
  chmodSync(scratch, 0o711);
  return own.run(mkdtempSync(join(scratch, 'own-')), body);
}

/** To be called once at the top of a test file. */
export function checkForLeaks(): void {
  let before: Map<number, string>;
  let childrenBefore: Set<number>;
  let tmpBefore: string | undefined;

  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 'spillway-test-'));
    tmpBefore = process.env.TMPDIR;
    process.env.TMPDIR = join(scratch);
    before = openDescriptors();
    childrenBefore = children();
  });

  afterEach(async () => {
    try {
      await until(
        () => newKeys(children(), childrenBefore).length === 0,
        () => `children: ${describe(newKeys(children(), childrenBefore))}`,
      );
      await until(
        () => leakedDescriptors(before).length === 0,
        () => `descriptors: ${leakedDescriptors(before).join(', ')}`,
      );
      expect(readdirSync(scratch).filter((name) => name.startsWith('spillway-'))).toEqual([]);
    } finally {
      if (tmpBefore === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = tmpBefore;
      rmSync(scratch, { recursive: true, force: true });
    }
  });
}

/** Waits for a condition; fails with `problem` when it does not come within `ms`. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  problem: () => string = () => 'the condition did not come true',
  ms = 20_000,
  everyMs = 5,
): Promise<void> {
  const end = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(problem());
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** Whether a process exists and is no zombie. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const state = stat[stat.lastIndexOf(')') + 2];
    return state !== 'Z' && state !== 'X';
  } catch {
    return false;
  }
}

/** Direct children of this process, zombies included. */
export function children(): Set<number> {
  const found = new Set<number>();
  for (const task of readdirSync('/proc/self/task')) {
    try {
      // The guard waits for the next child for a while; that it goes is tested on its own.
      for (const pid of readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' '))
        if (pid && !guard.pids.includes(Number(pid))) found.add(Number(pid));
    } catch {}
  }
  return found;
}

export function openDescriptors(): Map<number, string> {
  const found = new Map<number, string>();
  for (const name of readdirSync('/proc/self/fd')) {
    if (guard.descriptors.includes(Number(name))) continue;
    try {
      const target = readlinkSync(`/proc/self/fd/${name}`);
      // The listing itself, and what Node and the test runner open for themselves at any time.
      if (target.includes('/proc/') || /anon_inode:|\.(?:ts|js|mjs|json|node|map)$/.test(target)) continue;
      found.set(Number(name), target);
    } catch {}
  }
  return found;
}

function leakedDescriptors(before: Map<number, string>): string[] {
  return [...openDescriptors()]
    .filter(([fd, target]) => before.get(fd) !== target)
    .map(([fd, target]) => `${fd} → ${target}`);
}

function newKeys(now: Set<number>, before: Set<number>): number[] {
  return [...now].filter((pid) => !before.has(pid));
}

function describe(pids: number[]): string {
  return pids
    .map((pid) => {
      try {
        return `${pid} ${readFileSync(`/proc/${pid}/stat`, 'latin1').slice(0, 60)}`;
      } catch {
        return String(pid);
      }
    })
    .join('; ');
}
