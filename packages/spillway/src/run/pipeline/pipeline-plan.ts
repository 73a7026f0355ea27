/** Everything that is decided before the first command of a pipeline is started. */
import { existsSync } from 'node:fs';
import { OptionError } from '../../base/index.js';
import { explainStart, findProgram, StartError } from '../../process/index.js';
import { errnoOf, SystemError } from '../../system/index.js';
import { formatPipeline } from '../command-line.js';
import type { RunOptions, StartOptions } from '../options/index.js';
import { parseOutput, planInput, type Settings, settle, sharedFiles } from '../options/index.js';
import { closeOpened, discardSinks, type Plan, plan } from '../plan.js';
import { parseCommands, type Stage } from './pipeline-commands.js';

export interface PipelinePlan {
  /** What holds for the whole; it has no program of its own. */
  readonly settings: Settings;
  /** One for each command; the pipes between them are not yet made. */
  readonly plans: readonly Plan[];
  /** Whether the failure of each is the pipeline's. */
  readonly checked: readonly boolean[];
}

type Mode = 'run' | 'start';

/**
 * Checks all options, opens the files among them, looks for the programs: what is missing is told before anything runs. Throws
 * OptionError or StartError; nothing is left open then.
 */
export function planPipeline(
  commands: unknown,
  options: RunOptions | StartOptions,
  mode: Mode,
): PipelinePlan {
  const settings = settle('pipeline', [], options);
  if (settings.pty) {
    throw new OptionError(
      'pty',
      options.pty,
      "only one command: run('sh', ['-c', 'a | b'], { pty: true }) has both",
    );
  }
  if (settings.channels.length > 0) {
    const only =
      'nothing, for a pipeline: start the command that is to have them apart, with run() or start()';
    throw new OptionError('channels', options.channels, only);
  }
  const stages = parseCommands(commands);
  const files = filesOf(stages, options, mode);
  const plans: Plan[] = [];
  try {
    for (const [index, stage] of stages.entries()) {
      const place = placeOf(stages, index);
      const isLast = index === stages.length - 1;
      plans.push(
        inPlace(place, () =>
          OptionError.within(stage.place, () => planStage(stage, options, isLast, mode, files)),
        ),
      );
      if (index === 0) plans[0] = inPlace(place, () => withInput(plans[0] as Plan, options.stdin, mode));
    }
    if (settings.idleTimeout !== Number.POSITIVE_INFINITY) requireHeard(plans, options.idleTimeout);
    for (const [index, planned] of plans.entries())
      inPlace(placeOf(stages, index), () => requirePrograms(planned));
  } catch (error) {
    discardPlans(plans);
    throw error;
  }
  return { settings, plans, checked: stages.map(({ check }) => check) };
}

/** Lets go of what was planned and is not started. */
export function discardPlans(plans: readonly Plan[]): void {
  for (const planned of plans) {
    closeOpened(planned);
    discardSinks(planned);
  }
}

/** Which of the commands an error speaks of; nothing needs saying of a single one. */
export function placeOf(commands: Parameters<typeof formatPipeline>[0], index: number): string | undefined {
  return commands.length === 1 ? undefined : `command ${index + 1} of ${formatPipeline(commands)}`;
}

/** Says in a StartError which of the commands could not be started. */
export function inPlace<T>(place: string | undefined, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    const { file, cwd, code, subject, reason, cause } = error;
    throw new StartError({ file, cwd, place }, code, subject, reason, cause);
  }
}

/** Checks where the output goes, and tells which files more than one stream goes to. */
function filesOf(
  stages: readonly Stage[],
  options: RunOptions | StartOptions,
  mode: Mode,
): ReadonlySet<string> {
  const usual = mode === 'start' ? 'auto' : 'capture';
  const stdout = parseOutput('stdout', either(options.stdout, usual), mode);
  const stderr = parseOutput('stderr', either(options.stderr, usual), mode);
  const each = stages.map(({ place, options: { stderr: own } }) =>
    own === undefined ? stderr : OptionError.within(place, () => parseOutput('stderr', own, mode)),
  );
  return sharedFiles(stdout, ...each);
}

function planStage(
  { file, args, options: own }: Stage,
  options: RunOptions | StartOptions,
  isLast: boolean,
  mode: Mode,
  files: ReadonlySet<string>,
): Plan {
  // What bounds the whole is the pipeline's: a command by itself has no time and no limit.
  const { timeout, idleTimeout, outputLimit, signal, ...rest } = options;
  const wishes = {
    ...rest,
    cwd: either(own.cwd, options.cwd),
    env: isObject(own.env) ? { ...options.env, ...own.env } : either(own.env, options.env),
    inheritEnv: either(own.inheritEnv, options.inheritEnv),
    limits: either(own.limits, options.limits),
    nice: either(own.nice, options.nice),
    // Pipes take the place of these, for which nothing is opened.
    stdin: 'ignore',
    stdout: isLast ? options.stdout : 'ignore',
    stderr: either(own.stderr, options.stderr),
    check: false,
  } as StartOptions;
  return plan(file, args, wishes, mode, files);
}

function withInput(first: Plan, wish: unknown, mode: Mode): Plan {
  return { ...first, stdin: planInput(first.settings.file, either(wish, 'ignore'), mode, false) };
}

function either<T, U>(own: T, other: U): Exclude<T, undefined> | U {
  return own === undefined ? other : (own as Exclude<T, undefined>);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function requireHeard(plans: readonly Plan[], idleTimeout: unknown): void {
  if (plans.some(({ stdout, stderr }) => stdout.stdio.kind === 'pipe' || stderr.stdio.kind === 'pipe'))
    return;
  throw new OptionError(
    'idleTimeout',
    idleTimeout,
    "only with stdout or a stderr read here, since silence cannot be seen otherwise: 'capture', or ['inherit', { tail: 4096 }]",
  );
}

/**
 * A shell starts what it finds and leaves the rest of the line to it. Here `dump | nosuch` starts nothing. What only the system call
 * can tell is told by it.
 */
function requirePrograms({ settings: { file, cwd, environment } }: Plan): void {
  const path = findProgram(file, environment.path);
  const isMissing = (file.includes('/') && !existsSync(path)) || (cwd !== undefined && !existsSync(cwd));
  if (!isMissing) return;
  throw explainStart(new SystemError('posix_spawn', errnoOf.ENOENT, `starting ${path}`), { file, path, cwd });
}
