/**
 * The files to be transferred, on disk, and their split into parts of about the same work: by folder, so that
 * two rsyncs seldom meet in one; a folder that is too large for a part, file by file.
 */
import { createReadStream, ftruncateSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { bytesOf, textOf } from '../../base/index.js';
import { closeSync, openSync, writeWhole } from '../../system/index.js';
import { Tally } from './names-hash.js';

/** What a file costs besides its bytes, in bytes. */
const PER_FILE = 32_768;
const CHUNK = 1 << 16;
const NUL = 0;

export interface PartFiles {
  /** A file with their names, each ended by NUL. */
  readonly path: string;
  readonly tally: Tally;
}

export class FileList {
  tally = new Tally();
  readonly folder = mkdtempSync(join(tmpdir(), 'spillway-sync-'));
  readonly #path = join(this.folder, 'list');
  readonly #fd = openSync(this.#path, 'ax', 0o600);
  readonly #folders = new Map<string, number>();
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #weight = 0;

  add(name: string, bytes: number): void {
    this.tally.add(name, bytes);
    const weight = bytes + PER_FILE;
    const folder = dirname(name);
    this.#folders.set(folder, (this.#folders.get(folder) ?? 0) + weight);
    this.#weight += weight;
    const record = Buffer.concat([Buffer.from(`${bytes}|`), bytesOf(name), Buffer.of(NUL)]);
    this.#pending.push(record);
    this.#pendingBytes += record.length;
    if (this.#pendingBytes > CHUNK) this.#write();
  }

  /** Writes the names of each part into a file of its own; at most `most` parts, fewer for few files. */
  async split(most: number): Promise<PartFiles[]> {
    this.#write();
    const count = Math.max(1, Math.min(most, this.tally.files));
    const loads = new Array<number>(count).fill(0);
    const lightest = () => loads.indexOf(Math.min(...loads));
    const share = this.#weight / count;
    const places = new Map<string, number>();
    // The heaviest first, each to the part with the least work (LPT).
    const folders = [...this.#folders].sort(([, a], [, b]) => b - a);
    for (const [folder, weight] of folders) {
      if (weight > share / 2) continue;
      const place = lightest();
      places.set(folder, place);
      loads[place] = (loads[place] as number) + weight;
    }
    const parts = loads.map((_, at) => new PartWriter(join(this.folder, `part-${at + 1}`)));
    for await (const { name, bytes } of this.#records()) {
      let place = places.get(dirname(name));
      if (place === undefined) {
        place = lightest();
        loads[place] = (loads[place] as number) + bytes + PER_FILE;
      }
      (parts[place] as PartWriter).add(name, bytes);
    }
    return parts.map((part) => part.end()).filter(({ tally }) => tally.files > 0);
  }

  clear(): void {
    ftruncateSync(this.#fd);
    this.tally = new Tally();
    this.#folders.clear();
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#weight = 0;
  }

  remove(): void {
    closeSync(this.#fd);
    rmSync(this.folder, { recursive: true, force: true });
  }

  async *#records(): AsyncGenerator<{ name: string; bytes: number }> {
    let rest = Buffer.alloc(0);
    for await (const chunk of createReadStream(this.#path, { highWaterMark: CHUNK })) {
      const all = Buffer.concat([rest, chunk as Buffer]);
      let from = 0;
      for (let end = all.indexOf(NUL); end >= 0; end = all.indexOf(NUL, from)) {
        const bar = all.indexOf('|', from);
        const bytes = Number(all.toString('latin1', from, bar));
        yield { name: textOf(all.subarray(bar + 1, end)), bytes };
        from = end + 1;
      }
      rest = all.subarray(from);
    }
  }

  #write(): void {
    if (this.#pendingBytes > 0) writeWhole(this.#fd, Buffer.concat(this.#pending));
    this.#pending = [];
    this.#pendingBytes = 0;
  }
}

class PartWriter {
  readonly #path: string;
  readonly #fd: number;
  readonly #tally = new Tally();
  #pending: Buffer[] = [];

  constructor(path: string) {
    this.#path = path;
    this.#fd = openSync(path, 'wx', 0o600);
  }

  add(name: string, bytes: number): void {
    this.#tally.add(name, bytes);
    // A name that begins with # or ; would be a comment.
    this.#pending.push(bytesOf(`./${name}`), Buffer.of(NUL));
    if (this.#pending.length > 1000) this.#write();
  }

  end(): PartFiles {
    this.#write();
    closeSync(this.#fd);
    return { path: this.#path, tally: this.#tally };
  }

  #write(): void {
    writeWhole(this.#fd, Buffer.concat(this.#pending));
    this.#pending = [];
  }
}
