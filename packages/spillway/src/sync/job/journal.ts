/** What happened so far: for the report, and as events. */
import { hostname } from 'node:os';
import { dateNow } from '../../base/index.js';
import type { Settings } from '../options/index.js';
import type { Complaint, Item } from '../rsync/index.js';
import type { EventQueue } from './event-queue.js';
import type { Phase } from './events.js';
import type { AttemptRecord, ChangeCounts, Failure, Outcome, PartsReport, Report } from './report.js';
import type { Totals } from './totals.js';

/** Names of files that the report holds; above it, it counts. */
export const MOST_NAMES = 10_000;
const PROGRESS_MS = 200;

/** Names up to a limit, and how many there are. */
export class Names<T = string> {
  readonly #kept = new Map<string, T>();
  omitted = 0;

  add(name: string, value: T): void {
    if (this.#kept.has(name) || this.#kept.size < MOST_NAMES) this.#kept.set(name, value);
    else this.omitted++;
  }

  get list(): T[] {
    return [...this.#kept.values()];
  }

  get size(): number {
    return this.#kept.size + this.omitted;
  }

  addAll(other: Names<T>): void {
    for (const [name, value] of other.#kept) this.add(name, value);
    this.omitted += other.omitted;
  }
}

export class Journal {
  readonly events: EventQueue;
  readonly totals: Totals;
  readonly attempts: AttemptRecord[] = [];
  readonly failed = new Names<Failure>();
  readonly vanished = new Names();
  readonly warnings: string[] = [];
  readonly changes = { created: 0, updated: 0, deleted: 0, attributes: 0, bytes: 0 };
  /** What the phases found: verify, move, split. */
  readonly found: { verify?: Report['verify']; move?: Report['move']; split?: PartsReport } = {};
  readonly #tellsNames: boolean;
  readonly #startedAt = dateNow();
  #toldAtMs = Number.NEGATIVE_INFINITY;
  rsyncVersion: string | null = null;

  /** `tellsNames`: an event for each file. */
  constructor(events: EventQueue, totals: Totals, tellsNames: boolean) {
    this.#tellsNames = tellsNames;
    this.events = events;
    this.totals = totals;
  }

  phase(phase: Phase): void {
    this.events.tell({ type: 'phase', phase });
  }

  warn(message: string): void {
    if (this.warnings.includes(message) || this.warnings.length >= 100) return;
    this.warnings.push(message);
    this.events.tell({ type: 'warning', message });
  }

  /** Tells the progress, unless it was told a moment ago. */
  progress(nowMs: number): void {
    if (nowMs - this.#toldAtMs < PROGRESS_MS) return;
    this.#toldAtMs = nowMs;
    this.events.tell({ type: 'progress', ...this.totals.now() });
  }

  /** A promise where the reader of the events is far behind. */
  item({ change, kind, name, bytes, isTransferred }: Item): Promise<void> | undefined {
    if (change === 'none') return undefined;
    this.changes[change]++;
    if (isTransferred) this.changes.bytes += bytes;
    return this.#tellsNames && this.events.isRead
      ? this.events.tell({ type: 'file', path: name, change, kind, bytes })
      : undefined;
  }

  attempt(record: AttemptRecord, willRetry: boolean): void {
    this.attempts.push(record);
    if (willRetry) this.totals.retries++;
    this.events.tell({ type: 'attempt', willRetry, ...record });
  }

  report(settings: Settings, outcome: Outcome, exitCode: number, message: string): Report {
    return {
      version: 1,
      outcome,
      exitCode,
      message,
      sources: settings.sources.map(({ text }) => text),
      destination: settings.destination.text,
      host: hostname(),
      startedAt: this.#startedAt.toISOString(),
      endedAt: dateNow().toISOString(),
      rsyncVersion: this.rsyncVersion,
      dryRun: settings.dryRun,
      ...this.totals.now(true),
      errors: this.failed.size,
      changes: { ...this.changes } satisfies ChangeCounts,
      attempts: this.attempts,
      failed: this.failed.list,
      failedOmitted: this.failed.omitted,
      vanished: this.vanished.list,
      vanishedOmitted: this.vanished.omitted,
      warnings: this.warnings,
      verify: this.found.verify ?? null,
      move: this.found.move ?? null,
      split: this.found.split ?? null,
    };
  }
}

/** What of a complaint is a failure of one file. */
export function failureOf(complaint: Complaint): Failure | undefined {
  if (complaint.kind === 'failed')
    return { path: complaint.path, reason: complaint.reason, code: complaint.code ?? null };
  return undefined;
}
