/** `spillway doctor`: which processes hang, and why. */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseDuration, safeJson } from '../../base/index.js';
import {
  type Diagnosis,
  DoctorError,
  judge,
  observe,
  parseSnapshots,
  type Snapshot,
  serializeSnapshots,
  toDot,
  toSvg,
} from '../../doctor/index.js';
import { COULD_NOT_TELL } from '../exit-status.js';
import { OutputError, print, reasonOf, say } from '../messages.js';
import { UsageError } from '../usage-error.js';
import { changesAsJson, changesInWords, inWords } from './report.js';
import { type WatchListener, watch } from './watch.js';

export interface DoctorOptions {
  readonly json?: true;
  readonly watch?: true;
  readonly interval?: string;
  readonly snapshot?: string;
  readonly from?: string;
  readonly graph?: string;
}

/** Shorter pauses would make the doctor the busiest process of a machine. */
const SHORTEST_INTERVAL_MS = 100;
const LONGEST_INTERVAL_MS = 24 * 3_600_000;
const DEFAULT_INTERVAL_MS = 2000;

const STATUS: Readonly<Record<Diagnosis['state'], number>> = { healthy: 0, hung: 1, unclear: COULD_NOT_TELL };

/** Sets the exit status. */
export async function doctorCommand(words: readonly string[], options: DoctorOptions): Promise<void> {
  try {
    if (options.watch) {
      const { state } = await watch(watched(words, options), intervalOf(options), listener(options));
      process.exitCode = STATUS[state];
      return;
    }
    if (options.interval !== undefined)
      throw new UsageError('--interval is the pause between the looks of --watch; it cannot be given alone');
    const picture = pictureKind(options.graph);
    const snapshots = await snapshotsOf(words, options);
    if (options.snapshot !== undefined) save(options.snapshot, snapshots);
    const diagnosis = judge(snapshots);
    print(`${options.json ? safeJson(JSON.stringify(diagnosis)) : inWords(diagnosis)}\n`);
    process.exitCode = STATUS[diagnosis.state];
    // Last: the diagnosis is printed even when the picture cannot be written.
    if (options.graph !== undefined && picture) await draw(options.graph, picture, snapshots, diagnosis);
  } catch (error) {
    const isExpected = [DoctorError, UsageError, OutputError].some((kind) => error instanceof kind);
    if (!isExpected) throw error;
    say((error as Error).message);
    process.exitCode = COULD_NOT_TELL;
  }
}

async function snapshotsOf(words: readonly string[], { from }: DoctorOptions): Promise<readonly Snapshot[]> {
  if (from === undefined) return observe({ pids: pidsOf(words) });
  if (words.length > 0)
    throw new UsageError('--from takes the processes from its file; a PID cannot be given with it');
  const text = read(from);
  try {
    return parseSnapshots(text);
  } catch (error) {
    throw new UsageError(`the snapshot ${from} cannot be used: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function watched(words: readonly string[], options: DoctorOptions): readonly number[] | undefined {
  for (const other of ['from', 'snapshot', 'graph'] as const)
    if (options[other] !== undefined)
      throw new UsageError(`--watch looks again and again; it cannot be given with --${other}`);
  return pidsOf(words);
}

/** Milliseconds from the end of one look to the beginning of the next. */
function intervalOf({ interval }: DoctorOptions): number {
  if (interval === undefined) return DEFAULT_INTERVAL_MS;
  const ms = parseDuration(interval);
  if (ms !== undefined && ms >= SHORTEST_INTERVAL_MS && ms <= LONGEST_INTERVAL_MS) return ms;
  throw new UsageError(
    `--interval is ${JSON.stringify(interval)}; allowed: 100ms to 24h, such as 500ms, 2s or 1m`,
  );
}

function listener({ json }: DoctorOptions): WatchListener {
  if (!json)
    return {
      begun: (diagnosis) => print(`${inWords(diagnosis)}\n`),
      changed: (...news) => print(`\n${changesInWords(...news)}\n`),
    };
  const changed: WatchListener['changed'] = (...news) => print(`${safeJson(changesAsJson(...news))}\n`);
  return {
    begun: (diagnosis) => changed(diagnosis, { appeared: diagnosis.findings, gone: [] }, []),
    changed,
  };
}

function pidsOf(words: readonly string[]): readonly number[] | undefined {
  return words.length === 0 ? undefined : words.map(pidOf);
}

function pidOf(word: string): number {
  const pid = /^[1-9]\d{0,9}$/.test(word) ? Number(word) : undefined;
  if (pid === undefined)
    throw new UsageError(`${JSON.stringify(word)} is not a PID; pgrep(1) finds PIDs by name`);
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
  write('snapshot', path, `${serializeSnapshots(snapshots)}\n`);
}

function write(what: 'snapshot' | 'picture', path: string, text: string): void {
  try {
    // Command lines may contain secrets.
    writeFileSync(path, text, { mode: 0o600 });
  } catch (error) {
    throw new UsageError(`the ${what} ${path} cannot be written: ${reasonOf(error)}`);
  }
}

const PICTURES = { '.svg': toSvg, '.dot': toDot } as const;
type Picture = keyof typeof PICTURES;

/** The format by the file's extension; an error here comes before the examination. */
function pictureKind(path: string | undefined): Picture | undefined {
  if (path === undefined) return undefined;
  const kind = (Object.keys(PICTURES) as Picture[]).find((one) => path.toLowerCase().endsWith(one));
  if (!kind)
    throw new UsageError(
      `--graph ${path}: the name of a picture ends in .svg, or in .dot for Graphviz's own language`,
    );
  return kind;
}

async function draw(
  path: string,
  kind: Picture,
  snapshots: readonly Snapshot[],
  diagnosis: Diagnosis,
): Promise<void> {
  write('picture', path, await PICTURES[kind](snapshots, diagnosis));
}
