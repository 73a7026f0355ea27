/** Reads a caller's options: its row of the table checks each value, and a name without a row is an error. */
import { isPlain, OptionError, ownProperties, requireNames } from '../../base/index.js';
import { type Chosen, OPTIONS, type Option, type OptionName } from './table.js';
import type { Verb } from './verbs.js';

/** Names that users of other libraries know. */
const ALIASES: Readonly<Record<string, string>> = {
  all: "stderr: 'stdout', or child.lines(),",
  buffer: "stdout: 'ignore' or 'stream'",
  echo: '$({ echo: true })`…`, or spillway:start of node:diagnostics_channel,',
  nodeOptions: 'cwd, env and the others as options of their own',
  nodePath: 'env: { PATH }',
  persist: 'detached',
  throwOnError: 'check',
  delimiter: "stdout.split('\\n')",
  ipcInput: 'channels',
  gracefulCancel: 'terminate: { ask }',
  ipc: 'channels',
  serialization: 'channels, with a codec,',
  killDescendants: "leftovers: 'kill-all'",
  lines: 'child.stdout.lines()',
  localDir: 'env: { PATH }',
  preferLocal: 'env: { PATH }, with node_modules/.bin in front,',
  node: 'run(process.execPath, [script])',
  nothrow: 'check: false',
  quiet: "stdout: 'capture'",
  stripFinalNewline: 'output.stdout.text(), which keeps the last newline,',
  timeoutSignal: 'terminate: { signal }',
  verbose: "node:diagnostics_channel ('spillway:start', …)",
  windowsHide: 'nothing, since no window ever opens,',
  killSignal: 'terminate: { signal }',
  forceKillAfterDelay: 'terminate: { grace }',
  maxBuffer: 'outputLimit',
  inputFile: 'stdin: { file }',
  reject: 'check',
  cancelSignal: 'signal',
  cleanup: 'guard',
  extendEnv: 'inheritEnv',
  stdio: 'stdin, stdout, stderr and descriptors',
  shell: "run('sh', ['-c', text])",
};

const NAMES = Object.keys(OPTIONS) as OptionName[];
/** Options that a single command of a pipeline may have. */
const STAGE_NAMES: readonly OptionName[] = NAMES.filter((name) => Object.hasOwn(OPTIONS[name], 'isOfStage'));

/** The options of a call. Throws OptionError. */
export function readOptions(options: unknown, verb: Verb): Chosen {
  if (!isPlain(options)) throw new OptionError('options', options, 'an object');
  const own = ownProperties(options);
  for (const name of Object.keys(own)) if (!Object.hasOwn(OPTIONS, name)) throw unknownOption(name);
  return readEach(own, '', verb);
}

/**
 * The options of a pipeline's command, which errors call `place`; `others` are its names that are not
 * options.
 */
export function readStageOptions(
  stage: unknown,
  place: string,
  verb: Verb,
  others: readonly string[],
): Chosen {
  const own = requireNames(place, stage, [...others, ...STAGE_NAMES]);
  return readEach(own as Record<string, unknown>, `${place}.`, verb);
}

function readEach(options: Record<string, unknown>, place: string, verb: Verb): Chosen {
  const chosen: Record<string, unknown> = Object.create(null);
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(OPTIONS, name)) continue;
    const given = options[name];
    if (given === undefined) continue;
    const option: Option<unknown> = OPTIONS[name as OptionName];
    const value = option.read(given, place + name, verb);
    // A stage's own value is not the pipeline's, which its verb refuses.
    const refusal = place === '' ? option.refusals?.[verb] : undefined;
    if (refusal !== undefined && !option.unless?.(value))
      throw OptionError.refused(place + name, given, refusal);
    if (value !== undefined) chosen[name] = value;
  }
  return chosen;
}

function unknownOption(name: string): OptionError {
  const hint = Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined;
  const allowed = hint === undefined ? NAMES.join(', ') : `${hint} instead`;
  return new OptionError('options', name, allowed, 'has the unknown option');
}
