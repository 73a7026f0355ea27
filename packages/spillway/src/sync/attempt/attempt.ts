/** One rsync from its start to its end, with everything that it wrote read as it came. */
import { Stopwatch, textOf } from '../../base/index.js';
import type * as Doctor from '../../doctor/index.js';
import { type Result, start } from '../../run/index.js';
import { type Complaint, type OutputHooks, parseComplaint, RsyncOutput, type Stats } from '../rsync/index.js';
import { StallWatch } from './stall-watch.js';

export interface AttemptHooks extends OutputHooks {
  complaint(complaint: Complaint): void;
  /** A function that ends its tree at once. */
  started(endNow: () => void): void;
}

export interface AttemptBounds {
  readonly timeoutMs: number;
  readonly stallMs: number;
  readonly graceMs: number;
  /** Ends it in order. */
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** `'cancelled'`: the signal of the bounds was aborted. `'broken'`: something on this side failed. */
export type AttemptReason = 'exit' | 'signal' | 'timeout' | 'stall' | 'cancelled' | 'broken';

export interface AttemptEnd {
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly reason: AttemptReason;
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stats: Partial<Stats>;
  /** The doctor's words, after a stall or a timeout. */
  readonly diagnosis: string | undefined;
  /** rsync's own last sentence. */
  readonly verdict: string | undefined;
  /** The last lines of stderr that are about no single file. */
  readonly lastWords: readonly string[];
  /** Local processes that had to be ended after rsync. */
  readonly leftovers: number;
}

const MOST_WORDS = 20;
const LONGEST_WORD = 1000;
const DIAGNOSIS_MS = 400;

/** Runs rsync. Rejects with StartError only. */
export async function runAttempt(
  words: readonly string[],
  bounds: AttemptBounds,
  hooks: AttemptHooks,
): Promise<AttemptEnd> {
  const time = new Stopwatch();
  const stop = new AbortController();
  const cancel = () => stop.abort(bounds.signal.reason);
  const child = start('rsync', words, {
    stdout: 'stream',
    stderr: 'stream',
    // Names are ASCII: in this locale rsync escapes every other byte.
    encoding: 'latin1',
    env: { ...bounds.env, LC_ALL: 'C' },
    timeout: bounds.timeoutMs,
    terminate: { signal: 'SIGTERM', grace: bounds.graceMs },
    leftovers: 'kill-all',
    signal: stop.signal,
    check: false,
  });
  hooks.started(() => child.kill('SIGKILL'));
  let diagnosis: string | undefined;
  let isStalled = false;
  const stalled = async () => {
    isStalled = true;
    diagnosis = await diagnose(child.pid);
    stop.abort();
  };
  const watch = new StallWatch(bounds.stallMs, child.pid, () => void stalled());
  bounds.signal.addEventListener('abort', cancel, { once: true });
  if (bounds.signal.aborted) cancel();
  const lastWords = new LastWords();
  const output = new RsyncOutput(hooks);
  const readOutput = async () => {
    for await (const chunk of child.stdout) {
      watch.moved();
      await output.push(chunk.toString('latin1'));
    }
  };
  const readComplaints = async () => {
    for await (const line of child.stderr.lines({ ends: 'any' })) {
      const complaint = parseComplaint(textOf(Buffer.from(line, 'latin1')));
      if (!complaint) continue;
      watch.moved();
      lastWords.add(complaint);
      hooks.complaint(complaint);
    }
  };
  let result: Result | undefined;
  let problem: unknown;
  try {
    // Of a broken reader the result tells.
    await Promise.all([readOutput(), readComplaints()]).catch((error) => {
      problem = error;
      stop.abort();
    });
    result = (await child.result) as Result;
  } catch (error) {
    problem = error;
  } finally {
    watch.end();
    bounds.signal.removeEventListener('abort', cancel);
  }
  const reason = isStalled ? 'stall' : reasonOf(result, bounds.signal.aborted, problem);
  if (problem !== undefined)
    lastWords.add({ kind: 'other', text: (problem as Error).message ?? String(problem) });
  return {
    startedAt: time.startedAt,
    durationMs: Math.round(time.elapsedMs),
    reason,
    exitCode: result?.exitCode,
    signal: result?.signal,
    stats: output.stats,
    diagnosis: diagnosis ?? (await inWords(result?.diagnosis)),
    verdict: lastWords.verdict,
    lastWords: lastWords.lines,
    leftovers: result?.leftovers.length ?? 0,
  };
}

function reasonOf(result: Result | undefined, isCancelled: boolean, problem: unknown): AttemptReason {
  if (problem !== undefined || !result) return 'broken';
  if (result.reason === 'exit' || result.reason === 'signal' || result.reason === 'timeout')
    return result.reason;
  return isCancelled ? 'cancelled' : 'broken';
}

class LastWords {
  readonly lines: string[] = [];
  verdict: string | undefined;

  add(complaint: Complaint): void {
    if (complaint.kind === 'verdict') this.verdict = complaint.text;
    else if (complaint.kind === 'other') {
      this.lines.push(complaint.text.slice(0, LONGEST_WORD));
      if (this.lines.length > MOST_WORDS) this.lines.shift();
    }
  }
}

/** Undefined without /proc. */
async function diagnose(pid: number): Promise<string | undefined> {
  const doctor = await import('../../doctor/index.js');
  try {
    const within = { withinMs: DIAGNOSIS_MS, longestMs: 0, intervalMs: 150 };
    const snapshots = await doctor.observe({ pids: [pid], mayHaveEnded: true, ...within });
    return doctor.describeWaits(doctor.judge(snapshots));
  } catch {
    // A diagnosis that fails must not keep rsync alive.
    return undefined;
  }
}

async function inWords(diagnosis: Doctor.Diagnosis | undefined): Promise<string | undefined> {
  if (!diagnosis) return undefined;
  const doctor = await import('../../doctor/index.js');
  return doctor.describeWaits(diagnosis);
}
