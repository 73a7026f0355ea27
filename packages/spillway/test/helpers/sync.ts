/** What tests of `sync` need: trees, and looks at processes. */
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, expect } from 'vitest';
import { SyncError, type SyncJob } from '../../src/sync/index.js';
import { scratchDirectory, until } from './leaks.js';

export const hasRsync = spawnSync('rsync', ['--version'], { stdio: 'ignore' }).status === 0;
export const isRoot = process.getuid?.() === 0;

/** Locks belong to the test. To be called after `checkForLeaks`. */
export function withOwnLocks(): void {
  beforeEach(() => {
    process.env.XDG_STATE_HOME = join(scratchDirectory(), 'state');
  });
}

/** Files by name; folders are made for them. */
export function makeTree(folder: string, files: Readonly<Record<string, string | Buffer>>): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** One large file of random bytes beside a small one. */
export function makeLarge(folder: string, bytes: number): Buffer {
  const data = randomBytes(bytes);
  makeTree(folder, { 'sub/large': data, small: 'small' });
  return data;
}

/** Waits until this many bytes of the large file are at the destination, rsync's own progress being slow. */
export async function untilHalfWay(to: string, bytes: number): Promise<void> {
  const folders = [join(to, 'sub'), join(to, 'sub/.rsync-partial')];
  const arrived = () =>
    folders.flatMap((folder) => {
      try {
        return readdirSync(folder).map((name) => statSync(join(folder, name)).size);
      } catch {
        return [];
      }
    });
  await until(() => arrived().some((size) => size >= bytes));
}

/** Names, as bytes in latin1, with a hash of what is in each file. */
export function treeOf(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (path: string, name: string) => {
    const entries = readdirSync(Buffer.from(path, 'latin1'), {
      withFileTypes: true,
      encoding: 'buffer' as 'utf8',
    });
    for (const entry of entries as unknown as { name: Buffer; isDirectory(): boolean; isFile(): boolean }[]) {
      const own = name + entry.name.toString('latin1');
      const full = `${path}/${entry.name.toString('latin1')}`;
      if (entry.isDirectory()) {
        found[`${own}/`] = '';
        visit(full, `${own}/`);
      } else if (entry.isFile())
        found[own] = createHash('sha1')
          .update(readFileSync(Buffer.from(full, 'latin1')))
          .digest('hex');
      else found[own] = 'special';
    }
  };
  visit(Buffer.from(folder).toString('latin1'), '');
  return found;
}

export interface Seen {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  readonly command: string;
}

/** Live processes whose command line, or that of their parent, has the text. */
export function processesWith(text: string): Seen[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid): Seen[] => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        if (state === 'Z' || state === 'X') return [];
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
        return [{ pid: Number(pid), parent: Number(parent), name, command }];
      } catch {
        return [];
      }
    });
  return all.filter(({ pid, command }) => command.includes(text) && pid !== process.pid);
}

/** The rsyncs among them, the first started first. */
export function rsyncsWith(text: string): Seen[] {
  return processesWith(text).filter(({ name }) => name === 'rsync');
}

export async function untilGone(text: string, ms = 20_000): Promise<void> {
  const left = () => processesWith(text).filter(({ name }) => ['rsync', 'ssh', 'sh', 'sshd'].includes(name));
  await until(
    () => left().length === 0,
    () =>
      `left: ${left()
        .map(({ pid, command }) => `${pid} ${command.slice(0, 100)}`)
        .join('; ')}`,
    ms,
  );
}

/** Where a test's sync goes from and to. */
export function places(): { readonly from: string; readonly to: string } {
  return { from: join(scratchDirectory(), 'from'), to: join(scratchDirectory(), 'to') };
}

/** The error of a sync that fails. */
export async function failure(job: SyncJob): Promise<SyncError> {
  const error = await job.result.catch((error) => error);
  expect(error).toBeInstanceOf(SyncError);
  return error as SyncError;
}

/** The names in a folder that a transfer may leave behind: `.name.XXXXXX`, and partial files. */
export function temporary(folder: string): string[] {
  return Object.keys(treeOf(folder)).filter((name) => /\.\w{6}$|partial/.test(name));
}
