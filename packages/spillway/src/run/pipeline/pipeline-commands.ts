/** The commands of a pipeline, as its caller names them. */

import { isPlain, OptionError, requireNames } from '../../base/index.js';
import type { Limits, LiveOutputOption, OutputOption } from '../options/index.js';
import { requireArguments, requireBoolean, requireProgram } from '../options/index.js';

/** One command with what it has of its own. */
export interface StageOptions<Stderr = OutputOption | 'stdout'> {
  readonly file: string;
  readonly args?: readonly string[] | undefined;
  /** Its working directory. Default: the pipeline's. */
  readonly cwd?: string | URL | undefined;
  /** Variables, merged over the pipeline's; `undefined` removes one. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Default: the pipeline's. */
  readonly inheritEnv?: boolean | undefined;
  /** What it and its descendants may use. Default: the pipeline's. */
  readonly limits?: Limits | undefined;
  /** Its nice value. Default: the pipeline's. */
  readonly nice?: number | undefined;
  /** Where its stderr goes; `'stdout'` sends it on to the next command, in the order of the writes. Default: as the pipeline's. */
  readonly stderr?: Stderr | undefined;
  /** False: the pipeline does not fail because this one does, as `grep` with 1 when it finds nothing. Default: true. */
  readonly check?: boolean | undefined;
}

/** A command: the program and its arguments, or an object with options of its own. */
export type Command = readonly string[] | StageOptions;
/** The same for `startPipeline`, where each stderr can also be read while it runs. */
export type LiveCommand = readonly string[] | StageOptions<LiveOutputOption | 'stdout'>;

/** A command, checked as far as it is not like any other. */
export interface Stage {
  /** As errors call it: `'commands[1]'`. */
  readonly place: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly options: Omit<StageOptions<LiveOutputOption | 'stdout'>, 'file' | 'args' | 'check'>;
  readonly check: boolean;
}

const ALLOWED = "['program', 'argument', …] or { file, args }; no shell takes a line apart";

export function parseCommands(commands: unknown): readonly [Stage, ...Stage[]] {
  if (!Array.isArray(commands)) throw new OptionError('commands', commands, `a list of ${ALLOWED}`);
  const [first, ...rest] = commands.map((command, index) => parse(`commands[${index}]`, command));
  if (!first) throw new OptionError('commands', commands, `at least one of ${ALLOWED}`);
  return [first, ...rest];
}

const NAMES = ['file', 'args', 'cwd', 'env', 'inheritEnv', 'limits', 'nice', 'stderr', 'check'];

function parse(place: string, command: unknown): Stage {
  if (Array.isArray(command)) {
    if (command.length === 0) throw new OptionError(place, command, ALLOWED);
    for (const [index, word] of command.entries()) {
      if (typeof word !== 'string')
        throw new OptionError(`${place}[${index}]`, word, 'a string; a number becomes one with String(n)');
    }
    const [file, ...args] = command;
    return { place, ...check(place, file, args), options: {}, check: true };
  }
  if (!isPlain(command)) throw new OptionError(place, command, ALLOWED);
  requireNames(place, command, NAMES);
  const { file, args, check: mayFail, ...options } = command;
  return {
    place,
    ...check(place, file, args === undefined ? [] : args),
    options,
    check: OptionError.within(place, () => requireBoolean('check', mayFail)) ?? true,
  };
}

function check(place: string, file: unknown, args: unknown): { file: string; args: readonly string[] } {
  return OptionError.within(place, () => ({ file: requireProgram(file), args: requireArguments(args) }));
}
