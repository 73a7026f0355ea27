/** `spillway job add`. */
import { isAbsolute } from 'node:path';
import type { JobOptions } from '../../queue/types.js';
import { shown, UsageError } from '../failures.js';
import { print, printJson } from '../output.js';
import type { Parts } from '../parts.js';
import { type CommonOptions, withQueue } from '../session.js';
import { tools } from '../tools.js';
import { count, duration, durationOrTime, id, time, variableName, wholeNumber } from '../values.js';

export interface RawAddOptions extends CommonOptions {
  readonly group?: string;
  readonly priority?: string;
  readonly retries?: string;
  readonly backoff?: string;
  readonly timeout?: string;
  readonly idle?: string;
  readonly grace?: string;
  readonly at?: string;
  readonly in?: string;
  readonly cron?: string;
  readonly tz?: string;
  readonly deadline?: string;
  readonly unique?: string;
  readonly after?: readonly string[];
  readonly afterOk?: readonly string[];
  readonly env?: readonly string[];
  readonly cwd?: string;
  readonly onEnd?: string;
}

/** `hasDashes`: whether `--` stood before the command. */
export async function addCommand(
  parts: Parts,
  argv: readonly string[],
  hasDashes: boolean,
  raw: RawAddOptions,
): Promise<number> {
  if (!hasDashes) refuseOptionsAfter(argv);
  const options = jobOptions(raw);
  const { cron, tz } = raw;
  if (cron === undefined && tz !== undefined) throw new UsageError('--tz needs --cron');
  if (cron !== undefined) refuseBesideCron(raw);
  return await withQueue(parts, raw, async (queue) => {
    if (cron !== undefined) {
      const schedule = await queue.schedule(cron, tz, argv, options);
      await (raw.json ? printJson({ schedule }) : print(`${schedule}\n`));
      return 0;
    }
    const { id, isNew } = await queue.add(argv, options);
    if (!isNew) tools.say(`job add: job ${id} is still open as ${shown(raw.unique ?? '')}; none was added`);
    await (raw.json ? printJson({ id, isNew }) : print(`${id}\n`));
    return 0;
  });
}

/** Whether they are meant for the job or for spillway cannot be known. */
function refuseOptionsAfter(argv: readonly string[]): void {
  const option = argv.find((word, index) => index > 0 && word.startsWith('-'));
  if (option === undefined) return;
  throw new UsageError(
    `${shown(option)} stands after the command ${shown(argv[0] as string)}; put options of spillway before ` +
      'it, and -- before a command that has options',
  );
}

/** Throws UsageError; the library checks the rest. */
export function jobOptions(raw: RawAddOptions, now = new Date()): JobOptions {
  if (raw.at !== undefined && raw.in !== undefined)
    throw new UsageError('--at and --in exclude each other: both say when it begins');
  const options: JobOptions = {
    group: raw.group,
    priority: whole('--priority', raw.priority),
    cwd: directory(raw.cwd),
    env: raw.env?.map((name) => variableName('--env', name)),
    retries: raw.retries === undefined ? undefined : count('--retries', raw.retries),
    backoff: ms('--backoff', raw.backoff),
    timeout: ms('--timeout', raw.timeout),
    idleTimeout: ms('--idle', raw.idle),
    grace: ms('--grace', raw.grace),
    at: raw.at === undefined ? undefined : time('--at', raw.at, now),
    in: ms('--in', raw.in),
    deadline: raw.deadline === undefined ? undefined : durationOrTime('--deadline', raw.deadline, now),
    unique: raw.unique,
    after: raw.after?.map((text) => id(text)),
    afterOk: raw.afterOk?.map((text) => id(text)),
    onEnd: raw.onEnd,
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function directory(given: string | undefined): string {
  const path = tools.absolutePath(given ?? '.');
  if (isAbsolute(path)) return path;
  throw new UsageError('this directory has been removed; say with --cwd where the job is to run');
}

/** The job of a schedule is added again and again. */
function refuseBesideCron(raw: RawAddOptions): void {
  const others = { '--at': raw.at, '--in': raw.in, '--after': raw.after, '--after-ok': raw.afterOk };
  for (const [name, value] of Object.entries(others))
    if (value !== undefined) throw new UsageError(`${name} and --cron exclude each other`);
  if (raw.deadline !== undefined && tools.parseDuration(raw.deadline) === undefined)
    throw new UsageError('--deadline beside --cron is a duration, from when the job is added');
}

function ms(option: string, text: string | undefined): number | undefined {
  return text === undefined ? undefined : duration(option, text);
}

function whole(option: string, text: string | undefined): number | undefined {
  return text === undefined ? undefined : wholeNumber(option, text);
}
