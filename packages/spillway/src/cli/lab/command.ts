/** `spillway lab`: what pipes and processes do on this machine, beside what is written about them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import { ownProperties, safeJson } from '../../base/index.js';
import {
  answersOf,
  broken,
  claims,
  claimsText,
  type Experiment,
  experiments,
  GROUPS,
  host,
  hostLine,
  listText,
  type Outcome,
  outcomes,
  outcomeText,
  page,
  performHere,
  summaryText,
  svgFile,
} from '../../lab/index.js';
import { closeSync, openSync, signals } from '../../system/index.js';
import { COULD_NOT_TELL, dieOf } from '../exit-status.js';
import { passSignalsTo } from '../forward-signals.js';
import { OutputError, print, reasonOf, say } from '../messages.js';
import { UsageError } from '../usage-error.js';

export interface LabOptions {
  readonly list?: true;
  readonly json?: true;
  readonly report?: string;
  readonly pictures?: string;
  /** Not for users: this process is that of one experiment, and leaves its report in this file. */
  readonly perform?: string;
}

/** The name of all claims together: their experiments are run, and one table is shown. */
const CLAIMS = 'claims';

/** Sets the exit status. */
export async function labCommand(words: readonly string[], given: LabOptions): Promise<void> {
  const options = ownProperties(given);
  try {
    if (options.perform !== undefined) return await performHere(words[0] ?? '', options.perform);
    const chosen = chosenBy(words);
    if (options.list) return print(listText(chosen, claims.length));
    const found = await runAll(chosen, words, options);
    process.exitCode = found.some((outcome) => broken(outcome).length > 0) ? 1 : 0;
  } catch (error) {
    const isExpected = [UsageError, OutputError].some((kind) => error instanceof kind);
    if (!isExpected) throw error;
    say((error as Error).message);
    process.exitCode = COULD_NOT_TELL;
  }
}

async function runAll(
  chosen: readonly Experiment[],
  words: readonly string[],
  { json, report, pictures }: LabOptions,
): Promise<Outcome[]> {
  const isClaimsOnly = words.length > 0 && words.every((word) => word === CLAIMS);
  // An error in these comes before the minute and a half.
  if (report !== undefined) requirePage(report);
  if (pictures !== undefined) attempt(pictures, () => mkdirSync(pictures, { recursive: true }));
  const table = { width: process.stdout.columns ?? 110, isColoured: isatty(1) && !process.env.NO_COLOR };
  const machine = host();
  if (!json) print(`${hostLine(machine)}\n\n`);
  const found = await outcomesOf(chosen, (outcome) => {
    if (!json && !isClaimsOnly) print(`${outcomeText(outcome, table)}\n`);
  });
  const answers = answersOf(found);
  const all = { host: machine, experiments: found, claims: answers };
  if (json) print(`${safeJson(JSON.stringify(all))}\n`);
  else {
    if (words.length === 0 || words.includes(CLAIMS)) print(`${claimsText(answers, table)}\n`);
    print(summaryText(found));
  }
  if (report !== undefined) attempt(report, () => writeFileSync(report, page(machine, found, answers)));
  if (pictures !== undefined)
    for (const picture of found.flatMap((outcome) => outcome.pictures)) {
      const path = join(pictures, `${picture.name}.svg`);
      attempt(path, () => writeFileSync(path, svgFile(picture)));
    }
  return found;
}

/** Ends this process by the signal that stops it, once the experiment under way is ended. */
async function outcomesOf(
  chosen: readonly Experiment[],
  tell: (outcome: Outcome) => void,
): Promise<Outcome[]> {
  const found: Outcome[] = [];
  const stop = new AbortController();
  let stoppedBy: NodeJS.Signals | undefined;
  passSignalsTo((signal) => {
    if (signal === 'SIGWINCH') return;
    stoppedBy ??= signal;
    stop.abort();
  });
  const command = (name: string) => [process.execPath, process.argv[1] ?? '', 'lab', name, '--perform'];
  for await (const outcome of outcomes(chosen, { command, signal: stop.signal })) {
    if (stoppedBy) break;
    found.push(outcome);
    tell(outcome);
  }
  passSignalsTo(undefined);
  if (stoppedBy) dieOf(signals[stoppedBy]);
  return found;
}

/** Experiments by their names and by those of groups, in the order of the catalogue; all without a word. */
function chosenBy(words: readonly string[]): readonly Experiment[] {
  if (words.length === 0) return experiments;
  const known = new Set([...experiments.map(({ name }) => name), ...Object.keys(GROUPS), CLAIMS]);
  const unknown = words.find((word) => !known.has(word));
  if (unknown !== undefined)
    throw new UsageError(`there is no experiment ${JSON.stringify(unknown)}; spillway lab --list names them`);
  const claimed = new Set(words.includes(CLAIMS) ? claims.map(({ experiment }) => experiment) : []);
  return experiments.filter(
    ({ name, group }) => words.includes(name) || words.includes(group) || claimed.has(name),
  );
}

function requirePage(path: string): void {
  if (!/\.html?$/i.test(path)) throw new UsageError(`--report ${path}: the name of a page ends in .html`);
  // A page that is there stays until the new one is written.
  attempt(path, () => closeSync(openSync(path, 'a')));
}

function attempt(path: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    throw new UsageError(`${path} cannot be written: ${reasonOf(error)}`);
  }
}
