/**
 * Runs experiments one after the other, each as a process of its own, with a limit on its time. Nothing of it
 * is left afterwards: neither a process that it started nor a file.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatDuration, isError, monotonicMs } from '../base/index.js';
import { describe } from '../doctor/index.js';
import { RunError, run } from '../run/index.js';
import type { Experiment } from './experiment.js';
import { type Outcome, outcomeOf } from './outcome.js';
import type { Report } from './perform.js';

const LIMIT_MS = 30_000;
const NOTHING = { checks: [], figures: [], words: [], pictures: [] };

export interface RunnerOptions {
  /** The words that start an experiment by its name; the path for its report is added. */
  readonly command: (name: string) => readonly string[];
  readonly signal?: AbortSignal | undefined;
}

export async function* outcomes(
  experiments: readonly Experiment[],
  options: RunnerOptions,
): AsyncGenerator<Outcome> {
  for (const experiment of experiments) {
    if (options.signal?.aborted) return;
    yield await outcomeIn(experiment, options);
  }
}

async function outcomeIn(experiment: Experiment, options: RunnerOptions): Promise<Outcome> {
  const began = monotonicMs();
  const directory = mkdtempSync(join(tmpdir(), 'spillway-lab-'));
  try {
    const path = join(directory, 'report.json');
    const problem = await problemOf(experiment, path, options);
    const report = problem === undefined ? reportAt(path) : { ...NOTHING, refusal: problem };
    return outcomeOf(experiment, report, monotonicMs() - began, report.refusal);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function problemOf(
  { name, limitMs = LIMIT_MS }: Experiment,
  path: string,
  { command, signal }: RunnerOptions,
): Promise<string | undefined> {
  const [file = '', ...args] = [...command(name), path];
  try {
    await run(file, args, {
      // Some have a child write to what they have inherited.
      stdout: { tail: 4096 },
      stderr: { tail: 4096 },
      timeout: limitMs,
      terminate: { signal: 'SIGKILL' },
      leftovers: 'kill-all',
      signal,
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof RunError)) return isError(error) ? error.message : String(error);
    const { reason, diagnosis, exitCode, signal: endedBy } = error.result;
    if (reason !== 'timeout')
      return `its process ended with ${endedBy ?? `status ${exitCode}`}: ${error.stderr || reason}`;
    const words = diagnosis?.findings.some(({ isHang }) => isHang) ? `: ${describe(diagnosis)}` : '';
    return `it had not ended after ${formatDuration(limitMs)}${words}`;
  }
}

function reportAt(path: string): Report {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Report;
  } catch (error) {
    return { ...NOTHING, refusal: `its process left no report: ${(error as Error).message}` };
  }
}
