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

export class RsyncOutput {
  readonly stats: Partial<Stats> = {};
  readonly #hooks: OutputHooks;

  constructor(hooks: OutputHooks) {
    this.#hooks = hooks;
  }

  line(line: string): Promise<void> | undefined {
    const item = parseItem(line);
    if (item) return this.#hooks.item(item);
    this.#other(line);
    return undefined;
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
