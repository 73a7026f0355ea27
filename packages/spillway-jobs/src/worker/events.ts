/** What a worker tells of its work. */
import type { Outcome } from '../attempt/index.js';

export type WorkerEvent =
  /** It has enrolled, and takes jobs of these groups. */
  | { readonly type: 'started'; readonly worker: string; readonly groups: Readonly<Record<string, number>> }
  | {
      readonly type: 'took';
      readonly job: number;
      readonly attempt: number;
      readonly argv: readonly string[];
    }
  /** An attempt has ended; the storage decides what becomes of the job. */
  | {
      readonly type: 'ended';
      readonly job: number;
      readonly attempt: number;
      readonly argv: readonly string[];
      readonly outcome: Outcome;
    }
  /** Jobs of dead workers are offered again. */
  | { readonly type: 'recovered'; readonly jobs: number }
  /** Jobs of schedules were added. */
  | { readonly type: 'scheduled'; readonly jobs: number }
  /** The storage cannot be reached, or something else goes on in a worse way than it should. */
  | { readonly type: 'trouble'; readonly message: string }
  | { readonly type: 'well-again' }
  /** It takes no more, and ends what runs. */
  | { readonly type: 'ending'; readonly running: number }
  | { readonly type: 'left' };
