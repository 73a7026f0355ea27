/** The files of the incident: many and small, with names that a service archiving measurements would use. */
import { randomFillSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';

const KIB = 1024;
const FILES_A_FOLDER = 100;
const DISK_BLOCK = 4 * KIB;
/** The naive copy hangs early, or has few files: it never needs more than this. */
const NAIVE_COPY_AT_MOST = 128 * KIB * KIB;

/**
 * @typedef {{ path: string, size: number }} PlannedFile
 * @typedef {{ files: PlannedFile[], folders: number, bytes: number, listingBytes: number }} Plan
 */

/**
 * The files to make. The sizes come from a small generator with a fixed seed, so that every replay copies the
 * same tree.
 *
 * @param {number} count
 * @returns {Plan} with the bytes of a listing that has one path a line
 */
export function plan(count) {
  const files = [];
  let seed = 20_240_317;
  let bytes = 0;
  let listingBytes = 0;
  for (let index = 0; index < count; index++) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    const size = KIB + ((seed >>> 8) % (99 * KIB + 1));
    const station = `station-${String(Math.floor(index / FILES_A_FOLDER)).padStart(3, '0')}`;
    const number = String(index + 1).padStart(6, '0');
    const path = `${station}/2024-03-17_${station}_temperature-and-pressure_${number}.dat`;
    files.push({ path, size });
    bytes += size;
    listingBytes += path.length + 1;
  }
  return { files, folders: Math.ceil(count / FILES_A_FOLDER), bytes, listingBytes };
}

/**
 * The number of files whose listing has more than so many bytes.
 *
 * @param {number} bytes
 */
export function filesToFill(bytes) {
  const { files, listingBytes } = plan(1);
  return Math.ceil(bytes / (listingBytes / files.length));
}

/**
 * Checks that the files and their copies fit on the disk.
 *
 * @param {string} folder
 * @param {Plan} planned
 * @returns {Promise<{ needed: number, free: number, files: number } | null>} the bytes, and how many files
 *   would fit; null when there is room
 */
export async function missingRoom(folder, planned) {
  const disk = await statfs(folder);
  const free = disk.bavail * disk.bsize;
  const onDisk = planned.bytes + planned.files.length * DISK_BLOCK + planned.folders * 4 * DISK_BLOCK;
  const needed = 3 * onDisk + Math.min(onDisk, NAIVE_COPY_AT_MOST);
  if (needed <= free) return null;
  return { needed, free, files: Math.floor((0.9 * planned.files.length * free) / (4 * onDisk)) };
}

/**
 * @param {string} root
 * @param {Plan} planned
 * @param {{ signal: AbortSignal, onProgress: (made: number) => void }} options
 */
export async function makeFiles(root, planned, { signal, onProgress }) {
  const block = randomFillSync(Buffer.allocUnsafe(256 * KIB));
  for (const [index, { path, size }] of planned.files.entries()) {
    if (index % FILES_A_FOLDER === 0) {
      onProgress(index);
      await breathe(); // synchronous writes are the fastest for small files; Ctrl-C is handled here
      signal.throwIfAborted();
      mkdirSync(join(root, path.slice(0, path.indexOf('/'))), { recursive: true });
    }
    const start = (index * 37) % (block.length - size);
    writeFileSync(join(root, path), block.subarray(start, start + size));
  }
}

/**
 * Counts the files that have arrived in a copy. rsync writes a file under a name with a leading dot until it
 * is complete.
 *
 * @param {string} root
 */
export async function countFiles(root) {
  let count = 0;
  for (const folder of await readdir(root)) {
    const names = await readdir(join(root, folder)).catch(() => []);
    count += names.filter((name) => !name.startsWith('.')).length;
  }
  return count;
}

/**
 * Compares a copy with the plan.
 *
 * @param {string} root
 * @param {Plan} planned
 * @returns {Promise<{ files: number, bytes: number }>} the files that exist with the planned size
 */
export async function measureCopy(root, planned) {
  let files = 0;
  let bytes = 0;
  for (const { path, size } of planned.files) {
    const found = await stat(join(root, path)).catch(() => null);
    if (found?.size !== size) continue;
    files += 1;
    bytes += found.size;
  }
  return { files, bytes };
}
