/** What a worker tells of its work. */
import type { Outcome } from '../../attempt/index.js';

export type WorkerEvent =
  | { readonly type: 'started'; readonly worker: string; readonly groups: Readonly<Record<string, number>> }
  | {
      readonly type: 'took';
      readonly job: number;
      readonly attempt: number;
      readonly argv: readonly string[];
    }
  | {
      readonly type: 'ended';
      readonly job: number;
      readonly attempt: number;
      readonly argv: readonly string[];
      readonly outcome: Outcome;
    }
  | { readonly type: 'recovered'; readonly jobs: number }
  | { readonly type: 'scheduled'; readonly jobs: number }
  | { readonly type: 'trouble'; readonly message: string }
  | { readonly type: 'well-again' }
  | { readonly type: 'ending'; readonly running: number }
  | { readonly type: 'left' };
