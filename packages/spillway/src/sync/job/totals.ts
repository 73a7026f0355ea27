/** One progress from those of all rsyncs and all attempts. */
import { Stopwatch } from '../../base/index.js';
import type { Item, RsyncProgress } from '../rsync/index.js';
import type { Progress, Transferring } from './progress.js';

interface Part {
  progress: RsyncProgress | undefined;
  listed: number | undefined;
  current: Transferring | undefined;
  isRunning: boolean;
}

export class Totals {
  readonly #time = new Stopwatch();
  readonly #parts = new Map<number, Part>();
  /** Of attempts that are over. */
  #files = 0;
  #bytes = 0;
  attempt = 0;
  retries = 0;
  errors = 0;

  begin(part: number, attempt: number): void {
    // Of an earlier pass, which is done.
    this.#files += this.filesOf(part);
    this.#bytes += this.bytesOf(part);
    this.#parts.set(part, { progress: undefined, listed: undefined, current: undefined, isRunning: true });
    this.attempt = Math.max(this.attempt, attempt);
  }

  end(part: number): void {
    const state = this.#parts.get(part);
    if (!state) return;
    state.isRunning = false;
    state.current = undefined;
  }

  /** `keepsFiles`: its files are in their places, and not put there by the next attempt. */
  failed(part: number, keepsFiles: boolean): void {
    if (keepsFiles) this.#files += this.filesOf(part);
    this.#bytes += this.bytesOf(part);
    this.#parts.delete(part);
    this.errors++;
  }

  /** What an attempt found in partial files counts once. */
  matched(bytes: number): void {
    this.#bytes -= Math.min(this.#bytes, bytes);
  }

  progress(part: number, progress: RsyncProgress): void {
    const state = this.#parts.get(part);
    if (!state) return;
    const { files, toCheck, entries } = state.progress ?? {};
    state.progress = progress.files === undefined ? { ...progress, files, toCheck, entries } : progress;
  }

  listed(part: number, entries: number): void {
    const state = this.#parts.get(part);
    if (state) state.listed = entries;
  }

  item(part: number, { isTransferred, name, bytes }: Item): void {
    const state = this.#parts.get(part);
    if (state && isTransferred) state.current = { name, size: bytes, part };
  }

  filesOf(part: number): number {
    return this.#parts.get(part)?.progress?.files ?? 0;
  }

  bytesOf(part: number): number {
    return this.#parts.get(part)?.progress?.bytes ?? 0;
  }

  now(isOver = false): Progress {
    const parts = [...this.#parts.values()];
    const sum = (value: (part: Part) => number | undefined) =>
      parts.reduce((total, part) => total + (value(part) ?? 0), 0);
    const bytes = this.#bytes + sum(({ progress }) => progress?.bytes);
    const speed = isOver
      ? Math.round(bytes / Math.max(this.#time.elapsedMs / 1000, 0.001))
      : sum(({ progress, isRunning }) => (isRunning ? progress?.bytesPerSecond : 0));
    const known = parts.filter(({ progress }) => progress !== undefined);
    const totalBytes = isOver ? bytes : known.length > 0 ? this.#bytes + Math.round(sum(wholeOf)) : null;
    const entries = sum(({ progress, listed }) => progress?.entries ?? listed);
    return {
      bytes,
      totalBytes,
      files: this.#files + sum(({ progress }) => progress?.files),
      totalFiles: entries > 0 ? entries : null,
      speed,
      eta: isOver ? 0 : totalBytes === null || speed === 0 ? null : Math.round((totalBytes - bytes) / speed),
      errors: this.errors,
      transferring: isOver ? [] : parts.flatMap(({ current }) => current ?? []),
      elapsedTime: Math.round(this.#time.elapsedMs) / 1000,
      attempt: this.attempt,
      parts: parts.filter(({ isRunning }) => isRunning).length,
      retries: this.retries,
    };
  }
}

/**
 * The bytes of a part in all. rsync's percentage is of all files in the list, those that are right already
 * included; the entries that it has passed say more where most are.
 */
function wholeOf({ progress }: Part): number {
  if (!progress) return 0;
  const { bytes, percent, entries = 0, toCheck = 0 } = progress;
  const passed = entries > 0 ? (entries - toCheck) / entries : 0;
  const share = Math.min(1, Math.max(percent / 100, passed));
  return share > 0 ? bytes / share : bytes;
}
