/**
 * Temporary files of a receiver that was killed: `.name.XXXXXX` beside the file that it was writing. What is
 * in them was transferred, so each becomes a partial file, from which the next attempt continues. An older
 * partial file stays if it holds more. Names are bytes, here as latin1 text.
 */
import { createReadStream, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { setImmediate } from '../../base/index.js';
import { PARTIAL_FOLDER } from './command-line.js';

const TEMPORARY = /^\.(.+)\.[A-Za-z0-9]{6}$/s;
const FOLDERS_AT_ONCE = 200;
/** A file's times come from a clock that ticks coarsely. */
const TICK_MS = 50;

interface Stray {
  readonly folder: string;
  readonly name: string;
  /** The name of the file that it was to become. */
  readonly own: string;
  /** Where that one is below the folder that was looked through, with and without that folder's name. */
  readonly places: readonly string[];
}

/**
 * Below these folders, of files that are not older than `sinceMs` (of the epoch). With a list of names, each
 * ended by NUL, those of the files in it alone: the others are being written by the rsyncs of other parts.
 * Gives how many it kept.
 */
export async function keepStrayFiles(
  folders: readonly string[],
  sinceMs: number,
  list?: string,
): Promise<number> {
  const found: Stray[] = [];
  for (const folder of folders) await findStrays(Buffer.from(folder).toString('latin1'), found);
  const those = list === undefined || found.length === 0 ? found : await listedIn(list, found);
  return those.filter((stray) => keep(stray, sinceMs - TICK_MS)).length;
}

async function findStrays(top: string, found: Stray[]): Promise<void> {
  const left = [top];
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
      if (own === undefined || !entry.isFile()) continue;
      const place = `${folder}/${own}`.slice(top.length).replace(/^\/+/, '');
      found.push({ folder, name, own, places: [place, `${basename(top)}/${place}`] });
    }
  }
}

/** Read piece by piece: it may have a million names. */
async function listedIn(list: string, strays: readonly Stray[]): Promise<Stray[]> {
  const wanted = new Map(strays.flatMap((stray) => stray.places.map((place) => [place, stray] as const)));
  const listed = new Set<Stray>();
  let rest = '';
  for await (const chunk of createReadStream(list, { encoding: 'latin1' })) {
    const names = (rest + chunk).split('\0');
    rest = names.pop() ?? '';
    for (const name of names) {
      const stray = wanted.get(name.replace(/^\.\//, ''));
      if (stray) listed.add(stray);
    }
  }
  return [...listed];
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

function keep({ folder, name, own }: Stray, sinceMs: number): boolean {
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
