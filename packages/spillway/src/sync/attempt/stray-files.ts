/**
 * Temporary files of a receiver that was killed: `.name.XXXXXX` beside the file that it was writing. What is
 * in them was transferred, so each becomes a partial file, from which the next attempt continues. An older
 * partial file stays if it holds more. Names are bytes, here as latin1 text.
 */
import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { setImmediate } from '../../base/index.js';
import { PARTIAL_FOLDER } from './command-line.js';

const TEMPORARY = /^\.(.+)\.[A-Za-z0-9]{6}$/s;
const FOLDERS_AT_ONCE = 200;
/** A file's times come from a clock that ticks coarsely. */
const TICK_MS = 50;

/** Below these folders, of files that are not older than `sinceMs` (of the epoch). Gives how many it kept. */
export async function keepStrayFiles(folders: readonly string[], sinceMs: number): Promise<number> {
  let kept = 0;
  const left = folders.map((folder) => Buffer.from(folder).toString('latin1'));
  for (let looked = 0; left.length > 0; looked++) {
    if (looked % FOLDERS_AT_ONCE === FOLDERS_AT_ONCE - 1)
      await new Promise<void>((resolve) => setImmediate(resolve));
    const folder = left.pop() as string;
    for (const entry of entriesOf(folder)) {
      const name = entry.name.toString('latin1');
      if (entry.isDirectory()) {
        if (name !== PARTIAL_FOLDER) left.push(`${folder}/${name}`);
        continue;
      }
      const own = TEMPORARY.exec(name)?.[1];
      if (own !== undefined && entry.isFile() && keep(folder, name, own, sinceMs - TICK_MS)) kept++;
    }
  }
  return kept;
}

function entriesOf(folder: string) {
  try {
    return readdirSync(bytes(folder), { withFileTypes: true, encoding: 'buffer' as 'utf8' }) as unknown as {
      readonly name: Buffer;
      isDirectory(): boolean;
      isFile(): boolean;
    }[];
  } catch {
    return [];
  }
}

function keep(folder: string, name: string, own: string, sinceMs: number): boolean {
  const from = bytes(`${folder}/${name}`);
  const partial = `${folder}/${PARTIAL_FOLDER}`;
  try {
    const { mtimeMs, size } = lstatSync(from);
    if (mtimeMs < sinceMs) return false;
    if (size <= sizeOf(`${partial}/${own}`)) {
      rmSync(from);
      return false;
    }
    mkdirSync(bytes(partial), { recursive: true, mode: 0o700 });
    renameSync(from, bytes(`${partial}/${own}`));
    return true;
  } catch {
    // It is gone meanwhile, or not ours.
    return false;
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(bytes(path)).size;
  } catch {
    return -1;
  }
}

function bytes(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}
