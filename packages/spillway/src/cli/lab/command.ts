/** `spillway lab`: what pipes and processes do on this machine, beside what is written about them. */
import { isatty } from 'node:tty';
import { ownProperties, safeJson } from '../../base/index.js';
import {
  broken,
  type Experiment,
  experiments,
  GROUPS,
  host,
  hostLine,
  listText,
  type Outcome,
  outcomes,
  outcomeText,
  performHere,
  summaryText,
} from '../../lab/index.js';
import { COULD_NOT_TELL } from '../exit-status.js';
import { passSignalsTo } from '../forward-signals.js';
import { OutputError, print, say } from '../messages.js';
import { UsageError } from '../usage-error.js';

export interface LabOptions {
  readonly list?: true;
  readonly json?: true;
  readonly report?: string;
  readonly pictures?: string;
  /** Not for users: this process is that of one experiment, and leaves its report in this file. */
  readonly perform?: string;
}

/** Sets the exit status. */
export async function labCommand(words: readonly string[], given: LabOptions): Promise<void> {
  const options = ownProperties(given);
  try {
    if (options.perform !== undefined) return await performHere(words[0] ?? '', options.perform);
    const chosen = chosenBy(words);
    if (options.list) return print(listText(chosen, 0));
    const found = await runAll(chosen, options);
    process.exitCode = found.some((outcome) => broken(outcome).length > 0) ? 1 : 0;
  } catch (error) {
    const isExpected = [UsageError, OutputError].some((kind) => error instanceof kind);
    if (!isExpected) throw error;
    say((error as Error).message);
    process.exitCode = COULD_NOT_TELL;
  }
}

async function runAll(chosen: readonly Experiment[], options: LabOptions): Promise<Outcome[]> {
  const table = { width: process.stdout.columns ?? 110, isColoured: isatty(1) && !process.env.NO_COLOR };
  const machine = host();
  if (!options.json) print(`${hostLine(machine)}\n\n`);
  const found: Outcome[] = [];
  const stopped = new AbortController();
  let stoppedBy: NodeJS.Signals | undefined;
  // The experiment under way is ended, and its files are removed, before this process ends.
  passSignalsTo((signal) => {
    if (signal === 'SIGWINCH') return;
    stoppedBy ??= signal;
    stopped.abort();
  });
  const command = (name: string) => [process.execPath, process.argv[1] ?? '', 'lab', name, '--perform'];
  for await (const outcome of outcomes(chosen, { command, signal: stopped.signal })) {
    if (stoppedBy) break;
    found.push(outcome);
    if (!options.json) print(`${outcomeText(outcome, table)}\n`);
  }
  passSignalsTo(undefined);
  if (stoppedBy) process.kill(process.pid, stoppedBy);
  if (options.json) print(`${safeJson(JSON.stringify({ host: machine, experiments: found }))}\n`);
  else print(summaryText(found));
  return found;
}

/** Experiments by their names and by those of groups, in the order of the catalogue; all without a word. */
function chosenBy(words: readonly string[]): readonly Experiment[] {
  if (words.length === 0) return experiments;
  const known = new Set([...experiments.map(({ name }) => name), ...Object.keys(GROUPS)]);
  const unknown = words.find((word) => !known.has(word));
  if (unknown !== undefined)
    throw new UsageError(`there is no experiment ${JSON.stringify(unknown)}; spillway lab --list names them`);
  return experiments.filter(({ name, group }) => words.includes(name) || words.includes(group));
}
