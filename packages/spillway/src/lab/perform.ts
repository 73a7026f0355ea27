/** One experiment, in the process that was started for it. */
import { writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorText } from '../base/index.js';
import { closeSync, libcObstacle, openSync } from '../system/index.js';
import { experiments } from './catalogue.js';
import type { Experiment } from './experiment.js';
import { CannotRun, type Findings, Notes } from './notes.js';

/** What the process leaves for the runner. */
export interface Report extends Findings {
  readonly refusal?: string;
}

/** Writes the report to `path`, in whose directory the experiment may put files. */
export async function performHere(name: string, path: string): Promise<void> {
  const experiment = experiments.find((one) => one.name === name);
  if (!experiment) throw new Error(`there is no experiment ${name}`);
  // Some experiments give up their user, who alone may write here.
  const fd = openSync(path, 'w', 0o600);
  const report = await reportOf(experiment, new Notes(dirname(path)));
  writeFileSync(fd, JSON.stringify(report));
  closeSync(fd);
}

export async function reportOf(
  { perform }: Pick<Experiment, 'perform'>,
  notes: Notes,
  obstacle = libcObstacle(),
): Promise<Report> {
  const refusal = obstacle ?? (await problemOf(() => perform(notes)));
  const { checks, figures, words, pictures } = notes;
  return { checks, figures, words, pictures, ...(refusal !== undefined && { refusal }) };
}

async function problemOf(act: () => void | Promise<void>): Promise<string | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    // Anything else is a refusal as well: a verdict rests on what was seen, and this was not seen.
    return error instanceof CannotRun ? error.message : errorText(error);
  }
}
