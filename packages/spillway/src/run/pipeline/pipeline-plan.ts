/** A pipeline, checked and completed by defaults; nothing of it is started. */
import { existsSync } from 'node:fs';
import { exactPath, ownProperties } from '../../base/index.js';
import { explainStart, findProgram, StartError, type Steps } from '../../process/index.js';
import { errnoOf, SystemError } from '../../system/index.js';
import { formatPipeline } from '../command-line.js';
import { Files } from '../files.js';
import {
  type Chosen,
  readOptions,
  requireEnforceable,
  requireHeard,
  requireOneSource,
  type Source,
  sharedFiles,
  type Target,
  type Verb,
} from '../options/index.js';
import { type BoundsSpec, boundsFrom, type Plan, planFrom } from '../plan.js';
import { type CheckedCommand, requireCommands } from './commands.js';

export interface PipelinePlan {
  /** Of the whole; a single command has none. */
  readonly bounds: BoundsSpec;
  /** Whether the failure of a command rejects. */
  readonly check: boolean;
  readonly stages: readonly StagePlan[];
}

export interface StagePlan {
  readonly plan: Plan;
  /** Whether its failure is the pipeline's. */
  readonly isChecked: boolean;
  /** How an error names this command; undefined when it is the only one. */
  readonly place: string | undefined;
}

const PREVIOUS: Source = { kind: 'previous' };
const NEXT: readonly Target[] = [{ kind: 'next' }];

/** Throws OptionError. */
export function planPipeline(commands: unknown, options: object, verb: Verb): PipelinePlan {
  const chosen = readOptions(options, verb);
  requireOneSource(chosen);
  requireEnforceable(chosen);
  const stages = requireCommands(commands, verb);
  const last = stages.length - 1;
  const plans = stages.map((stage, index) => planStage(stage, index, last, chosen, verb));
  const bounds = boundsFrom(chosen);
  if (bounds.idleTimeout !== Number.POSITIVE_INFINITY) {
    const heard = plans.flatMap(({ stdout, stderr }) => [stdout, stderr]);
    requireHeard(ownProperties<{ idleTimeout?: unknown }>(options).idleTimeout, heard, 'stdout or a stderr');
  }
  const line = formatPipeline(stages);
  return {
    bounds,
    check: chosen.check ?? true,
    stages: plans.map((plan, index) => ({
      plan,
      isChecked: stages[index]?.own.check ?? true,
      place: last === 0 ? undefined : `command ${index + 1} of ${line}`,
    })),
  };
}

function planStage(
  { file, args, own }: CheckedCommand,
  index: number,
  last: number,
  whole: Chosen,
  verb: Verb,
): Plan {
  const { timeout, idleTimeout, outputLimit, signal, ...common } = whole;
  const chosen: Chosen = ownProperties({
    ...common,
    ...own,
    ...(own.env ? { env: { ...whole.env, ...own.env } } : {}),
    // The pipeline decides what a failure means.
    check: false,
  });
  const plan = planFrom(file, args, chosen, verb);
  return {
    ...plan,
    stdin: index === 0 ? plan.stdin : PREVIOUS,
    stdout: index === last ? plan.stdout : NEXT,
  };
}

/**
 * Opens the files of all commands, and looks for their programs, before anything runs. A shell starts the
 * programs that it finds; here `dump | nosuch` starts none. Throws StartError; then nothing is left open.
 */
export function openAll(stages: readonly StagePlan[]): Files[] {
  const shared = sharedFiles(stages.flatMap(({ plan }) => [plan.stdout, plan.stderr]));
  const opened: Files[] = [];
  try {
    for (const { plan, place } of stages) inPlace(place, () => opened.push(Files.open(plan, shared)));
    for (const { plan, place } of stages) inPlace(place, () => requireProgramOf(plan));
    return opened;
  } catch (error) {
    for (const files of opened) files.close();
    throw error;
  }
}

/** Adds to a StartError which of the commands could not be started. */
export function inPlace<T>(place: string | undefined, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw placed(error, place);
  }
}

/** The same for the steps of a start. */
export function* stepsInPlace<T>(place: string | undefined, steps: Steps<T>): Steps<T> {
  try {
    return yield* steps;
  } catch (error) {
    throw placed(error, place);
  }
}

function placed(error: unknown, place: string | undefined): unknown {
  if (!(error instanceof StartError)) return error;
  const { file, cwd, code, subject, reason, cause } = error;
  return new StartError({ file, cwd, place }, code, subject, reason, cause);
}

/** Other obstacles are left to the system call. */
function requireProgramOf({ child: { file, cwd, environment } }: Plan): void {
  const path = findProgram(file, environment.path, cwd);
  const isMissing =
    (file.includes('/') && !existsSync(exactPath(path))) ||
    (cwd !== undefined && !existsSync(exactPath(cwd)));
  if (!isMissing) return;
  const error = new SystemError('posix_spawn', errnoOf.ENOENT, `starting ${path}`);
  throw explainStart(error, { file, path, cwd });
}
