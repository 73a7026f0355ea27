/**
 * Makes the files of the database, once. In a process of its own: it needs up to 1 GB of memory, which a
 * process keeps. Under another name until they are whole: it takes seconds, in which the program may be
 * ended.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { safeOneLine } from '../../base/index.js';
import type { StateDirectory } from './directory.js';

const PROGRAM = 'require(process.argv[1]).PGlite.create(process.argv[2]).then((made) => made.close())';
/** On a machine that is very busy. */
const MOST_TIME = '5m';

/** To be called by the holder of the lock. */
export async function makeFiles({ data, path }: StateDirectory): Promise<void> {
  if (existsSync(data)) return;
  removeParts(path);
  // One of its own: what a program that was killed had started may still write to the last one for a moment.
  const part = join(path, `${PART}${randomBytes(6).toString('hex')}`);
  const { run } = await import('spillway');
  const engine = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const { ok, stderr, reason } = await run(process.execPath, ['-e', PROGRAM, engine, part], {
    ...{ timeout: MOST_TIME, leftovers: 'kill-all', check: false, stdout: 'ignore' },
    // What is meant for this program, such as a debugger's port, is not for that one.
    env: { NODE_OPTIONS: undefined },
  });
  if (!ok) {
    removeParts(path);
    throw new Error(`its files could not be made (${reason}): ${safeOneLine(lastLine(stderr))}`);
  }
  renameSync(part, data);
}

const PART = 'part-';

function removeParts(path: string): void {
  for (const name of readdirSync(path).filter((one) => one.startsWith(PART)))
    try {
      rmSync(join(path, name), { recursive: true, force: true });
    } catch {
      // The last writes of one that is being ended. It is removed the next time.
    }
}

function lastLine(text: string): string {
  const lines = text.trim().split('\n');
  return lines.find((line) => /\bError\b/.test(line)) ?? lines.at(-1) ?? '';
}
