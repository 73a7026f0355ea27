/** A command, checked and completed by defaults; nothing of it is opened or started. */
import { directoryNow, ownProperties } from '../base/index.js';
import {
  type ChildSpec,
  childEnvironment,
  type Lease,
  type Leftovers,
  type PassedEnd,
  type Termination,
} from '../process/index.js';
import type { TextEncoding } from '../stream/index.js';
import {
  AUTO,
  CAPTURE,
  type Chosen,
  changesOf,
  DEFAULT_TERMINATION,
  type Encoding,
  isReadLive,
  NO_OUTPUT_LIMIT,
  type Numbered,
  type OutputLimits,
  printed,
  readOptions,
  requireArguments,
  requireFitTogether,
  requireHeard,
  requireProgram,
  type Source,
  type Target,
  type Verb,
} from './options/index.js';

/** What may end a command. Times in milliseconds; Infinity for none. */
export interface BoundsSpec {
  readonly timeout: number;
  readonly idleTimeout: number;
  readonly outputLimit: OutputLimits;
  readonly abort: AbortSignal | undefined;
  /** Whether a timeout finds out what the command waits for, before it ends it. */
  readonly diagnose: boolean;
}

/** How output is kept. */
export interface KeepSpec {
  /** Bytes of each captured stream that stay in memory. */
  readonly memory: number;
  /** Undefined for os.tmpdir(), which is looked up when a stream spills. */
  readonly spillDirectory: string | undefined;
  readonly encoding: Encoding;
}

/** How a command is ended, and what its end means. */
export interface PolicySpec {
  readonly check: boolean;
  readonly leftovers: Leftovers;
  readonly termination: Termination;
  readonly guard: boolean;
  readonly lease: Lease | undefined;
}

export interface Plan {
  readonly child: ChildSpec;
  readonly bounds: BoundsSpec;
  readonly keep: KeepSpec;
  readonly policy: PolicySpec;
  readonly stdin: Source;
  readonly stdout: readonly Target[];
  readonly stderr: readonly Target[];
  /** Files and descriptors of the caller's above stderr. */
  readonly descriptors: readonly Numbered[];
}

const DEFAULT_MEMORY = 8 * 1024 * 1024;
const IGNORE: Source = { kind: 'ignore' };
const MERGE: readonly Target[] = [{ kind: 'merge' }];

/**
 * Checks a call of `run`, `start` or `runSync`, which may leave the arguments out: `run('ls', { cwd })`.
 * Throws OptionError.
 */
export function planCommand(file: unknown, argsOrOptions: unknown, more: object, verb: Verb): Plan {
  const [args, options] = separate(argsOrOptions, more);
  const chosen = readOptions(options, verb);
  requireFitTogether(chosen, ownProperties(options));
  const plan = planFrom(requireProgram(file), requireArguments(args), chosen, verb);
  if (plan.bounds.idleTimeout !== Number.POSITIVE_INFINITY && !plan.child.pty)
    requireHeard(ownProperties<{ idleTimeout?: unknown }>(options).idleTimeout, [plan.stdout, plan.stderr]);
  return plan;
}

function separate(argsOrOptions: unknown, options: object): [args: unknown, options: object] {
  const isOptions =
    typeof argsOrOptions === 'object' && argsOrOptions !== null && !Array.isArray(argsOrOptions);
  return isOptions ? [[], argsOrOptions] : [argsOrOptions, options];
}

/** Adds the defaults to what was chosen. */
export function planFrom(file: string, args: readonly string[], chosen: Chosen, verb: Verb): Plan {
  const { cwd, inheritEnv = true, limits, nice, uid, gid, pty, pipeCapacity } = chosen;
  const { channels = [], descriptors = [], prefix } = chosen;
  const isConstrained = limits !== undefined || nice !== undefined;
  const usual = isReadLive(verb) ? AUTO : CAPTURE;
  return {
    child: {
      file,
      args,
      argv0: chosen.argv0,
      cwd,
      startedIn: cwd === undefined ? directoryNow() : undefined,
      detached: chosen.detached ?? false,
      environment: childEnvironment(changesOf(chosen), inheritEnv),
      constraints: isConstrained ? { limits: limits ?? new Map(), nice } : undefined,
      suspended: chosen.suspended ?? false,
      uid,
      gid,
      pty,
      pipeCapacity,
      ends: endsOf(channels, descriptors),
    },
    bounds: boundsFrom(chosen),
    keep: keepFrom(chosen),
    policy: policyFrom(chosen),
    stdin: chosen.input ?? chosen.stdin ?? IGNORE,
    stdout: printed(prefix, 'stdout', chosen.stdout ?? usual, verb),
    // A terminal is one stream.
    stderr: printed(prefix, 'stderr', chosen.stderr ?? (pty ? MERGE : usual), verb),
    descriptors: descriptors.filter(({ from }) => from.kind !== 'end'),
  };
}

function endsOf(channels: readonly PassedEnd[], descriptors: readonly Numbered[]): readonly PassedEnd[] {
  if (descriptors.length === 0) return channels;
  const numbered = descriptors.flatMap(({ number, from }) =>
    from.kind === 'end' ? [{ at: number, end: from.end }] : [],
  );
  return [...channels, ...numbered];
}

export function boundsFrom({
  timeout = Number.POSITIVE_INFINITY,
  idleTimeout = Number.POSITIVE_INFINITY,
  outputLimit = NO_OUTPUT_LIMIT,
  signal: abort,
  diagnose = true,
}: Chosen): BoundsSpec {
  return { timeout, idleTimeout, outputLimit, abort, diagnose };
}

function keepFrom({ memory = DEFAULT_MEMORY, spillDirectory, encoding = 'utf8' }: Chosen): KeepSpec {
  return { memory, spillDirectory, encoding };
}

function policyFrom({
  check = true,
  detached = false,
  leftovers = detached ? 'leave' : 'kill',
  terminate: termination = DEFAULT_TERMINATION,
  guard = !detached,
  lease,
}: Chosen): PolicySpec {
  return { check, leftovers, termination, guard, lease };
}

/** With `'buffer'`, lines are still text. */
export function textEncodingOf({ encoding }: KeepSpec): TextEncoding {
  return encoding === 'buffer' ? 'utf8' : encoding;
}
