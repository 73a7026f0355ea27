/** What a sync tells while it runs, for loops over a job and for `--json`. */
import type { Change, FileKind } from '../rsync/index.js';
import type { Progress } from './progress.js';
import type { AttemptRecord, Report } from './report.js';

interface Stamp {
  /** ISO 8601. */
  readonly at: string;
  /** 1, 2, 3, … */
  readonly seq: number;
}

/** Without the stamp. */
export type Told =
  | { readonly type: 'start'; readonly sources: readonly string[]; readonly destination: string }
  | { readonly type: 'waiting'; readonly message: string }
  | { readonly type: 'phase'; readonly phase: Phase }
  | ({ readonly type: 'progress' } & Progress)
  | {
      readonly type: 'file';
      readonly path: string;
      readonly change: Change;
      readonly kind: FileKind;
      readonly bytes: number;
    }
  | { readonly type: 'error'; readonly path: string; readonly reason: string; readonly code: string | null }
  | { readonly type: 'warning'; readonly message: string }
  | ({ readonly type: 'attempt'; readonly willRetry: boolean } & AttemptRecord)
  | ({ readonly type: 'summary' } & Report);

/** What it does now. */
export type Phase = 'list' | 'transfer' | 'closing' | 'verify' | 'remove';

export type SyncEvent = Told & Stamp;
