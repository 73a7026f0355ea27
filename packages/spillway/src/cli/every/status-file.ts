/** `--status`: what a monitor reads. Written whole and then renamed, so that no reader sees half of it. */
import { renameSync, writeFileSync } from 'node:fs';
import { exactPath } from '../../base/index.js';
import { reasonOf, say } from '../messages.js';

export interface LastRun {
  readonly startedAt: string;
  readonly endedAt: string;
  readonly durationMs: number;
  /** Null when it was not started, or a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Why it was not started. */
  readonly error: string | null;
}

export interface Status {
  readonly version: 1;
  readonly pid: number;
  readonly command: readonly string[];
  readonly schedule: string;
  state: 'waiting' | 'running' | 'stopped';
  readonly startedAt: string;
  /** Of the next start; null while it runs, and at the end. */
  next: string | null;
  runs: number;
  failures: number;
  /** In a row, up to now. */
  failuresInARow: number;
  skipped: number;
  last: LastRun | null;
}

export class StatusFile {
  readonly #path: string | undefined;
  #hasFailed = false;

  constructor(path: string | undefined) {
    this.#path = path;
  }

  /** A file that cannot be written is told once, and is no reason to stop. */
  write(status: Status): void {
    if (this.#path === undefined) return;
    const aside = `${this.#path}.${process.pid}.new`;
    try {
      writeFileSync(exactPath(aside), `${JSON.stringify(status, undefined, 2)}\n`);
      renameSync(exactPath(aside), exactPath(this.#path));
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed) say(`the status ${this.#path} cannot be written: ${reasonOf(error)}`);
      this.#hasFailed = true;
    }
  }
}
