/** rsync's stdout, line by line. */
import { skippedIn } from './complaints.js';
import { type Item, parseItem } from './itemized.js';
import { parseProgress, type RsyncProgress } from './progress-line.js';
import { readStatsLine, type Stats } from './stats.js';

export interface OutputHooks {
  progress(progress: RsyncProgress): void;
  /** A promise lets rsync wait. */
  item(item: Item): Promise<void> | undefined;
  /** Entries found so far, while the list is being made. */
  listed(entries: number): void;
  skipped(path: string, reason: string): void;
}

const LISTED = /^\s*(\d+) files(?:\.\.\.| to consider)\s*$/;

/** A line longer than any name is none of rsync's. */
const LONGEST_LINE = 1 << 20;

export class RsyncOutput {
  readonly stats: Partial<Stats> = {};
  readonly #hooks: OutputHooks;
  /** The beginning of a line. */
  #rest = '';
  /** The progress that was told before its line was complete. */
  #told: string | undefined;

  constructor(hooks: OutputHooks) {
    this.#hooks = hooks;
  }

  /** Reads what has come. Where a hook gives a promise, that is awaited before the next line is read. */
  async push(text: string): Promise<void> {
    const lines = (this.#rest + text).split(/[\r\n]+/);
    this.#rest = (lines.pop() as string).slice(0, LONGEST_LINE);
    for (const line of lines) {
      if (line === this.#told) continue;
      const item = parseItem(line);
      const room = item && this.#hooks.item(item);
      if (room) await room;
      if (!item) this.#other(line);
    }
    // The end of a line of progress is the beginning of the next one, which may be seconds away.
    const progress = parseProgress(this.#rest);
    if (progress) this.#hooks.progress(progress);
    this.#told = progress && this.#rest;
  }

  #other(line: string): void {
    const progress = parseProgress(line);
    if (progress) this.#hooks.progress(progress);
    if (progress || readStatsLine(line, this.stats)) return;
    const listed = LISTED.exec(line);
    if (listed) this.#hooks.listed(Number(listed[1]));
    const skipped = listed ? undefined : skippedIn(line);
    if (skipped) this.#hooks.skipped(skipped.path, skipped.reason);
  }
}
