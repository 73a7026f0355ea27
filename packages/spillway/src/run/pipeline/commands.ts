/** The commands of a pipeline, as its caller names them. */
import { isPlain, OptionError, ownProperties } from '../../base/index.js';
import {
  type Chosen,
  type DescriptorOption,
  type Limits,
  type LiveOutputOption,
  type OutputOption,
  readStageOptions,
  requireArguments,
  requireProgram,
  requireText,
  type Verb,
} from '../options/index.js';

/** One command with options of its own. */
export interface StageOptions<Stderr = OutputOption | 'stdout'> {
  readonly file: string;
  readonly args?: readonly string[] | undefined;
  /** Its working directory. Default: the pipeline's. */
  readonly cwd?: string | URL | undefined;
  /** Its name for itself. Default: the pipeline's, or the program as given. */
  readonly argv0?: string | undefined;
  /** Variables, merged over the pipeline's; `undefined` removes one. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Default: the pipeline's. */
  readonly inheritEnv?: boolean | undefined;
  /** What it and its descendants may use. Default: the pipeline's. */
  readonly limits?: Limits | undefined;
  /** Its nice value. Default: the pipeline's. */
  readonly nice?: number | undefined;
  /** What it has above stderr, as with `run`. Default: none. */
  readonly descriptors?: Readonly<Record<number, DescriptorOption | undefined>> | undefined;
  /**
   * Where its stderr goes; `'stdout'` sends it on to the next command, in the order of the writes. Default:
   * as the pipeline's.
   */
  readonly stderr?: Stderr | undefined;
  /** What its output is printed behind, as far as it is not the next command's. Default: the pipeline's. */
  readonly prefix?: string | undefined;
  /**
   * False: the pipeline does not fail because this one does, as `grep` with 1 when it finds nothing. Default:
   * true.
   */
  readonly check?: boolean | undefined;
}

/** A command: the program and its arguments, or an object with options of its own. */
export type Command = readonly string[] | StageOptions;
/** The same for `startPipeline`, where each stderr can also be read while it runs. */
export type LiveCommand = readonly string[] | StageOptions<LiveOutputOption | 'stdout'>;

/** A command, checked. */
export interface CheckedCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** Options of its own. */
  readonly own: Chosen;
}

const ALLOWED = "['program', 'argument', …] or { file, args }; no shell takes a line apart";

const NONE: Chosen = ownProperties({});

/** Throws OptionError, which calls a command `commands[1]`. */
export function requireCommands(
  commands: unknown,
  verb: Verb,
): readonly [CheckedCommand, ...CheckedCommand[]] {
  if (!Array.isArray(commands)) throw new OptionError('commands', commands, `a list of ${ALLOWED}`);
  const [first, ...rest] = commands.map((command, index) =>
    requireCommand(command, `commands[${index}]`, verb),
  );
  if (!first) throw new OptionError('commands', commands, `at least one of ${ALLOWED}`);
  return [first, ...rest];
}

function requireCommand(command: unknown, at: string, verb: Verb): CheckedCommand {
  if (Array.isArray(command)) {
    if (command.length === 0) throw new OptionError(at, command, ALLOWED);
    for (const [index, word] of command.entries()) requireText(word, `${at}[${index}]`);
    const [file, ...args] = command;
    return {
      file: requireProgram(file, `${at}.file`),
      args: requireArguments(args, `${at}.args`),
      own: NONE,
    };
  }
  if (!isPlain(command)) throw new OptionError(at, command, ALLOWED);
  const own = readStageOptions(command, at, verb, ['file', 'args']);
  const { file, args = [] } = ownProperties(command);
  return { file: requireProgram(file, `${at}.file`), args: requireArguments(args, `${at}.args`), own };
}
