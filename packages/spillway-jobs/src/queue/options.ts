/** From what users give to a job as the store keeps it. */
import { resolve } from 'node:path';
import { OptionError } from 'spillway';
import type { JobOptions } from '../job/index.js';
import type { JobSpec } from '../store/index.js';
import {
  requireDate,
  requireDuration,
  requireGroup,
  requireJobNumber,
  requireList,
  requireName,
  requireNames,
  requireText,
  requireWhole,
  requireWholeOrNone,
} from './checks.js';

/** One row for each option: its type has the same names. */
const NAMES: Readonly<Record<keyof JobOptions, true>> = {
  group: true,
  priority: true,
  cwd: true,
  env: true,
  retries: true,
  backoff: true,
  timeout: true,
  idleTimeout: true,
  grace: true,
  at: true,
  in: true,
  deadline: true,
  unique: true,
  after: true,
  afterOk: true,
  onEnd: true,
};

const MOST_PRIORITY = 1_000_000;

/** Throws OptionError. */
export function specOf(argv: readonly string[], options: JobOptions = {}): JobSpec {
  requireNames('options', options, Object.keys(NAMES));
  if (options.at !== undefined && options.in !== undefined)
    throw OptionError.conflict('at', 'in', 'both say when the job may begin');
  return {
    argv: requireArgv('argv', argv),
    cwd: directory(options.cwd),
    env: requireList('env', options.env ?? [], requireVariable, 'names of variables'),
    group: requireGroup('group', options.group ?? 'default'),
    priority: requireWhole('priority', options.priority ?? 0, -MOST_PRIORITY, MOST_PRIORITY),
    retries: requireWholeOrNone('retries', options.retries ?? 0, 0),
    backoffMs: requireDuration('backoff', options.backoff ?? 5000),
    timeoutMs: requireDuration('timeout', options.timeout ?? Number.POSITIVE_INFINITY),
    idleTimeoutMs: requireDuration('idleTimeout', options.idleTimeout ?? Number.POSITIVE_INFINITY),
    graceMs: requireDuration('grace', options.grace ?? 5000),
    delayMs: requireDuration('in', options.in ?? 0, false),
    runAt: options.at === undefined ? undefined : requireDate('at', options.at),
    deadline: deadlineOf(options.deadline),
    unique: options.unique === undefined ? undefined : requireName('unique', options.unique),
    after: [...needed('after', options.after, false), ...needed('afterOk', options.afterOk, true)],
    onEnd: options.onEnd === undefined ? undefined : requireText('onEnd', options.onEnd),
  };
}

export function requireArgv(option: string, argv: unknown): readonly string[] {
  const words = requireList(option, argv, requireText, 'texts: a program and its arguments');
  if (words.length > 0 && words[0] !== '') return words;
  throw new OptionError(option, argv, 'a list that begins with the name of a program');
}

function directory(cwd: unknown): string {
  const given = cwd === undefined ? '.' : requireText('cwd', cwd, 'a path without NUL');
  if (given.startsWith('/')) return given;
  try {
    return resolve(given);
  } catch {
    throw OptionError.refused('cwd', given, 'the working directory of this program has been removed');
  }
}

function requireVariable(option: string, value: unknown): string {
  if (typeof value === 'string' && /^[^=\0]+$/.test(value)) return value;
  throw new OptionError(option, value, 'the name of a variable, without = and NUL');
}

function deadlineOf(value: JobOptions['deadline']): Date | undefined {
  if (value === undefined || value === Number.POSITIVE_INFINITY) return undefined;
  if (value instanceof Date) return requireDate('deadline', value);
  if (typeof value !== 'number' && typeof value !== 'string')
    throw new OptionError('deadline', value, "a Date, or the time from now, such as '2h'");
  return new Date(Date.now() + requireDuration('deadline', value, false));
}

function needed(option: string, value: unknown, ok: boolean): { id: number; ok: boolean }[] {
  return requireList(option, value ?? [], requireJobNumber, 'numbers of jobs').map((id) => ({ id, ok }));
}
