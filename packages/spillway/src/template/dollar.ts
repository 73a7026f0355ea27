/** `$`: commands as templates. */
import { isPlain, OptionError, ownProperties, type ParsedCommand, parseLine } from '../base/index.js';
import type { Child, ResultOf } from '../run/index.js';
import {
  callSite,
  type LazyChildOf,
  LazyCommand,
  type LazyResultOf,
  runCallSync,
  type ScriptOptions,
} from '../script/index.js';
import { callOf, shellCallOf } from './call.js';
import { Source } from './source.js';
import { type TemplateValue, Values } from './values.js';

type NoOptions = Readonly<Record<never, never>>;
type Merged<O, N> = Omit<O, keyof N> & N;
type Template<T> = (strings: TemplateStringsArray, ...values: readonly TemplateValue[]) => T;

/** A template for sh(1), values quoted. With options it gives the same with these over those it has. */
export interface ShellTag<O = NoOptions> extends Template<LazyCommand<ResultOf<O>, Child<O>>> {
  <const N extends ScriptOptions>(options: N): ShellTag<Merged<O, N>>;
}
/** The same for a script while the thread waits. */
export interface SyncShellTag<O = NoOptions> extends Template<ResultOf<O>> {
  <const N extends ScriptOptions>(options: N): SyncShellTag<Merged<O, N>>;
}
/** A template that runs while the thread waits, as `runSync` does, and gives the result. */
export interface SyncTag<O = NoOptions> extends Template<ResultOf<O>> {
  <const N extends ScriptOptions>(options: N): SyncTag<Merged<O, N>>;
  readonly sh: SyncShellTag<O>;
}

/** The type of `$` with the options `O`. */
export interface Dollar<O = NoOptions> extends Template<LazyCommand<LazyResultOf<O>, LazyChildOf<O>>> {
  /** The same with these options over those it has; of `env`, the variables. */
  <const N extends ScriptOptions>(options: N): Dollar<Merged<O, N>>;
  with<const N extends ScriptOptions>(options: N): Dollar<Merged<O, N>>;
  readonly sh: ShellTag<O>;
  readonly sync: SyncTag<O>;
}

type Callee = (first: unknown, ...values: unknown[]) => unknown;
type Act = (line: Line, values: Values, options: ScriptOptions, tag: Callee) => unknown;

function dollar(options: ScriptOptions): Dollar {
  const plain = tag(options, command, dollar);
  const again = (more: ScriptOptions) => dollar(more).sync;
  const blocking = Object.assign(tag(options, commandNow, again), { sh: tag(options, shellNow) });
  const parts = {
    with: (more: unknown) => dollar(merged(options, more)),
    sh: tag(options, shell),
    sync: blocking,
  };
  return Object.assign(plain, parts) as unknown as Dollar;
}

function tag(options: ScriptOptions, act: Act, again = (more: ScriptOptions): unknown => tag(more, act)) {
  const self: Callee = (first, ...values) => {
    const isTemplate = Array.isArray(first) && Array.isArray((first as Partial<TemplateStringsArray>).raw);
    if (!isTemplate) return again(merged(options, first));
    const line = lineOf(first as unknown as TemplateStringsArray);
    return act(line, new Values(line.source, values), options, self);
  };
  return self;
}

const command: Act = ({ commands }, values, options, self) =>
  new LazyCommand(callOf(commands, values, options), callSite(self));
const shell: Act = (_, values, options, self) =>
  new LazyCommand(shellCallOf(values, options), callSite(self));
const shellNow: Act = (_, values, options) => runCallSync(shellCallOf(values, options));
const commandNow: Act = ({ source, commands: [first, second] }, values, options) => {
  const problem = 'a pipeline cannot block the thread: await it, or write $.sync.sh`…` for a shell';
  if (second) throw source.error(second.words[0]?.at ?? 0, problem);
  return runCallSync(callOf([first as ParsedCommand], values, options));
};

/** A template is taken apart once for its place in the program. */
class Line {
  readonly source: Source;
  #commands: readonly ParsedCommand[] | undefined;

  constructor(strings: TemplateStringsArray) {
    this.source = new Source(strings);
  }

  /** Throws SyntaxError. */
  get commands(): readonly ParsedCommand[] {
    const { source } = this;
    this.#commands ??= parseLine(source.text, (at, problem) => source.error(at, problem));
    return this.#commands;
  }
}

const lines = new WeakMap<TemplateStringsArray, Line>();

function lineOf(strings: TemplateStringsArray): Line {
  const line = lines.get(strings) ?? new Line(strings);
  lines.set(strings, line);
  return line;
}

/** Throws OptionError. What run() checks is checked when the command starts. */
function merged(base: ScriptOptions, given: unknown): ScriptOptions {
  if (!isPlain(given))
    throw new OptionError('options', given, 'an object; a command is a template: $`ls -l`');
  const more: ScriptOptions = ownProperties(given);
  const { echo = false, prefix = '' } = more;
  if (typeof echo !== 'boolean' && typeof echo !== 'function')
    throw new OptionError('echo', echo, 'true, false, or a function from a word to what is shown of it');
  if (typeof prefix !== 'string') throw new OptionError('prefix', prefix, "text, such as 'api │ '");
  const env = isPlain(base.env) && isPlain(more.env) ? { env: { ...base.env, ...more.env } } : {};
  return ownProperties({ ...base, ...more, ...env });
}

/**
 * A command as a template, without a shell: words, quotes, `|`, `<`, `>`, `>>`, `2>`, `2>&1` and `&>` mean
 * what they mean in a shell, and whatever else a shell would act on is a SyntaxError. A value is one word or
 * a part of one, whatever is in it; an array is as many words. It starts when it is awaited.
 *
 * @example
 * const branch = await $`git branch --show-current`.text();
 * await $({ cwd: 'app', timeout: '10m' })`npm ci ${isFast && '--prefer-offline'}`;
 * for await (const line of $`zcat ${file} | grep ${pattern}`.lines()) console.log(line);
 *
 * @throws {SyntaxError} with `line` and `column`, for what a shell would act on.
 * @throws {TypeError} for a value that cannot stand where it stands.
 */
export const $: Dollar = dollar(ownProperties({}));
