/** `--watch`: reports changes until the processes end, a signal arrives, or stdout loses its reader. */
import {
  type Changes,
  changesBetween,
  type Diagnosis,
  judge,
  Observer,
  type Snapshot,
} from '../../doctor/index.js';
import { poll } from '../../system/index.js';
import { Patience } from '../patience.js';

export interface WatchListener {
  /** The first diagnosis. */
  begun(diagnosis: Diagnosis): void;
  /** Findings have appeared or gone, or requested processes (`ended`, by pid) have ended. */
  changed(diagnosis: Diagnosis, changes: Changes, ended: readonly number[]): void;
}

/**
 * Looks again and again, `intervalMs` apart. Resolves with the last diagnosis when all of `pids` have ended,
 * a signal ends the watch, or the reader of stdout has gone. Rejects as `observe` does.
 */
export async function watch(
  pids: readonly number[] | undefined,
  intervalMs: number,
  listener: WatchListener,
): Promise<Diagnosis> {
  const patience = new Patience();
  try {
    let snapshots = await look(pids, patience);
    let last = judge(snapshots);
    listener.begun(last);
    while (last.roots?.length !== 0 && (await patience.lasts(intervalMs)) && !isReaderGone()) {
      const roots = last.roots?.map(({ pid }) => pid);
      const next = await lookAgain(roots, snapshots, patience);
      if (patience.signal) break;
      const diagnosis = judge(next);
      const changes = changesBetween(last, diagnosis);
      const ended = roots?.filter((pid) => !diagnosis.roots?.some((root) => root.pid === pid)) ?? [];
      if (changes.appeared.length + changes.gone.length + ended.length > 0)
        listener.changed(diagnosis, changes, ended);
      [snapshots, last] = [next, diagnosis];
    }
    return last;
  } finally {
    patience.close();
  }
}

/** Like `observe`, but a signal ends it early. */
async function look(
  pids: readonly number[] | undefined,
  patience: Patience,
  mayHaveEnded = false,
): Promise<Snapshot[]> {
  const observer = new Observer({ pids, mayHaveEnded });
  let pauseMs = observer.look();
  while (pauseMs !== undefined && (await patience.lasts(pauseMs))) pauseMs = observer.look();
  return observer.snapshots;
}

/** Drops pids that belong to another process by now. */
async function lookAgain(
  roots: readonly number[] | undefined,
  before: readonly Snapshot[],
  patience: Patience,
): Promise<Snapshot[]> {
  const snapshots = await look(roots, patience, true);
  const same = roots?.filter((pid) => {
    const startTime = startTimeIn(snapshots, pid);
    return startTime === undefined || startTime === startTimeIn(before, pid);
  });
  return same && same.length < (roots?.length ?? 0) ? look(same, patience, true) : snapshots;
}

function startTimeIn(snapshots: readonly Snapshot[], wanted: number): string | undefined {
  return snapshots.at(-1)?.processes.find(({ pid }) => pid === wanted)?.startTime;
}

/** `spillway doctor --watch | head -1` ends with `head`, as `tail -f` does. */
function isReaderGone(): boolean {
  return poll([{ fd: 1, for: 'hang-up' }], 0)?.[0] ?? false;
}
