/**
 * Every option, in one table: how it is read, which verbs refuse it and why, and whether a single command of
 * a pipeline may have its own. A new option is its type in options.ts, its row here, and its use.
 */
import { requireBytes, requireDuration, requireOneOf } from '../../base/index.js';
import { requireChannels } from './channels.js';
import {
  requireAbortSignal,
  requireBoolean,
  requireId,
  requireLease,
  requirePath,
  requireTermination,
  requireText,
  requireVariables,
  requireWord,
} from './checks.js';
import { requireLimits, requireNice } from './limits.js';
import { type Numbered, requireDescriptors } from './numbered.js';
import type { StartOptions } from './options.js';
import { requireOutputLimit } from './output-limit.js';
import { requirePty } from './pty.js';
import { requireInput, requireSource } from './sources.js';
import { requireTargets } from './targets.js';
import type { Verb } from './verbs.js';

export interface Option<T> {
  /** Checks a value other than undefined. Throws OptionError, which calls the option `at`. */
  readonly read: (value: unknown, at: string, verb: Verb) => T;
  /** By verb, why it refuses the option, and what to do instead. */
  readonly refusals?: { readonly [verb in Verb]?: string };
  /** Values that are accepted nevertheless. */
  unless?(value: T): boolean;
  /** A single command of a pipeline may have its own. */
  readonly isOfStage?: true;
}

const ofStage = <T>(read: Option<T>['read']): Option<T> => ({ read, isOfStage: true });
const ofAll = <T>(read: Option<T>['read']): Option<T> => ({ read });
const refused = <T>(
  read: Option<T>['read'],
  refusals: Option<T>['refusals'] & object,
  unless: (value: T) => boolean = () => false,
): Option<T> => ({ read, refusals, unless });

const bytes = (least: number, most?: number) =>
  ofAll((value, at) => requireBytes(at, value, least, most) as number);
const duration = ofAll((value, at) => requireDuration(at, value) as number);
const oneOf = <const T extends readonly string[]>(...words: T) =>
  ofAll((value, at) => requireOneOf<T[number]>(at, value, words));

const inPipeline = (reason: string) => ({ pipeline: reason, startPipeline: reason });
const NEEDS_EVENT_LOOP = {
  runSync: 'only node:child_process changes the user, and it needs the event loop; use run()',
};

export const OPTIONS = {
  cwd: ofStage(requirePath),
  argv0: ofStage(requireWord),
  env: ofStage(requireVariables),
  inheritEnv: ofStage(requireBoolean),
  stdin: ofAll(requireSource),
  input: ofAll(requireInput),
  stdout: ofAll(requireTargets),
  stderr: ofStage(requireTargets),
  prefix: ofStage(requireText),
  memory: bytes(0),
  spillDirectory: ofAll(requirePath),
  outputLimit: ofAll(requireOutputLimit),
  timeout: duration,
  idleTimeout: duration,
  diagnose: ofAll(requireBoolean),
  terminate: ofAll(requireTermination),
  signal: refused(
    requireAbortSignal,
    { runSync: 'no abort can arrive while runSync blocks; use timeout, or run()' },
    (signal) => signal.aborted,
  ),
  check: ofStage(requireBoolean),
  leftovers: oneOf('kill', 'kill-all', 'wait', 'leave'),
  guard: ofAll(requireBoolean),
  suspended: refused(
    requireBoolean,
    {
      run: 'nothing here could let it run; start() gives a child that has resume()',
      runSync: 'nothing could let it run while runSync blocks; use start()',
      ...inPipeline('a pipeline has no resume(); start() gives a child that has it'),
    },
    (suspended) => !suspended,
  ),
  lease: refused(requireLease, { runSync: 'nothing can renew it while runSync blocks; use run()' }),
  detached: refused(
    requireBoolean,
    {
      runSync: 'it waits for the end of the command; use start()',
      ...inPipeline("start('sh', ['-c', 'a | b'], { detached: true }) starts one that outlives the program"),
    },
    (detached) => !detached,
  ),
  limits: ofStage(requireLimits),
  nice: ofStage(requireNice),
  pipeCapacity: bytes(1, 2 ** 31 - 1),
  pty: refused(
    requirePty,
    {
      runSync: 'nothing can be typed while runSync blocks; use run() or start()',
      ...inPipeline(
        "the commands of a pipeline cannot share a terminal; run('sh', ['-c', 'a | b'], { pty: true }) can",
      ),
    },
    (size) => size === undefined,
  ),
  channels: refused(
    requireChannels,
    {
      runSync: 'this program neither reads nor writes while runSync blocks; use run() or start()',
      ...inPipeline('a pipeline passes none on; start that command apart, with run() or start()'),
    },
    (ends) => ends.length === 0,
  ),
  descriptors: {
    ...ofStage(requireDescriptors),
    refusals: inPipeline(
      'all commands would share them; give each command its own: { file, args, descriptors }',
    ),
    unless: (descriptors: readonly Numbered[]) => descriptors.length === 0,
  },
  encoding: oneOf('utf8', 'utf16le', 'latin1', 'buffer'),
  uid: refused(requireId, NEEDS_EVENT_LOOP),
  gid: refused(requireId, NEEDS_EVENT_LOOP),
} satisfies { readonly [Name in keyof Required<StartOptions>]: Option<unknown> };

export type OptionName = keyof typeof OPTIONS;

/** A caller's options, checked. An absent one has its default. */
export type Chosen = { readonly [Name in OptionName]?: ReturnType<(typeof OPTIONS)[Name]['read']> };
