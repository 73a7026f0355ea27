/** `spillway doctor`: what hangs here, and why. */
import { readFileSync, writeFileSync } from 'node:fs';
import {
  type Diagnosis,
  DoctorError,
  describe,
  judge,
  observe,
  parseSnapshots,
  type Snapshot,
  serializeSnapshots,
} from '../doctor/index.js';
import { reasonOf } from './log-file.js';
import { say, writeLine } from './messages.js';
import { UsageError } from './usage-error.js';

export interface DoctorOptions {
  readonly json?: true;
  readonly snapshot?: string;
  readonly from?: string;
}

const STATUS: Readonly<Record<Diagnosis['state'], number>> = { healthy: 0, hung: 1, unclear: 2 };
const COULD_NOT_TELL = 2;

/** Sets the exit status. */
export async function doctorCommand(words: readonly string[], options: DoctorOptions): Promise<void> {
  try {
    const snapshots = await snapshotsOf(words, options);
    if (options.snapshot !== undefined) save(options.snapshot, snapshots);
    const diagnosis = judge(snapshots);
    writeLine(1, options.json ? JSON.stringify(diagnosis) : describe(diagnosis));
    process.exitCode = STATUS[diagnosis.state];
  } catch (error) {
    if (!(error instanceof DoctorError) && !(error instanceof UsageError)) throw error;
    say(error.message);
    process.exitCode = COULD_NOT_TELL;
  }
}

async function snapshotsOf(words: readonly string[], { from }: DoctorOptions): Promise<readonly Snapshot[]> {
  if (from === undefined) return observe({ pids: words.length === 0 ? undefined : words.map(pidOf) });
  if (words.length > 0)
    throw new UsageError('--from has the processes of its file; no PID can be given with it');
  const text = read(from);
  try {
    return parseSnapshots(text);
  } catch (error) {
    throw new UsageError(`the snapshot ${from} cannot be used: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function pidOf(word: string): number {
  const pid = /^[1-9]\d{0,9}$/.test(word) ? Number(word) : undefined;
  if (pid === undefined)
    throw new UsageError(`${JSON.stringify(word)} is no process number; pgrep(1) finds them by name`);
  return pid;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`the snapshot ${path} cannot be read: ${reasonOf(error)}`);
  }
}

function save(path: string, snapshots: readonly Snapshot[]): void {
  try {
    // What processes were called with may be secret.
    writeFileSync(path, `${serializeSnapshots(snapshots)}\n`, { mode: 0o600 });
  } catch (error) {
    throw new UsageError(`the snapshot ${path} cannot be written: ${reasonOf(error)}`);
  }
}
