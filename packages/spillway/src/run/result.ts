/** The outcome of a command. */
import { inspect } from 'node:util';
import { ownProperties } from '../base/index.js';
import type { Diagnosis } from '../doctor/index.js';
import type { Leftover } from '../process/index.js';
import type { Output } from '../stream/index.js';
import { formatCommand } from './command-line.js';
import type { Encoding, StartOptions, SyncOutputOption } from './options/index.js';

/**
 * Why it ended: by itself (`'exit'`), by a signal of any sender (`'signal'`), or by a limit or an abort.
 * `'error'`: something on this side failed, such as the disk under a spill or a function that takes output.
 */
export type Reason = 'exit' | 'signal' | 'timeout' | 'idle' | 'abort' | 'output-limit' | 'error';

/** The facts of every result. */
export interface ResultFacts {
  /** The program as the caller named it, and its arguments. */
  readonly file: string;
  readonly args: readonly string[];
  /** The child's working directory. */
  readonly cwd: string;
  /** Undefined when an abort came before the start. */
  readonly pid: number | undefined;
  /** Whether nothing went wrong: exit code 0, and no limit, abort or failure on this side. */
  readonly ok: boolean;
  /** 0 to 255; undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  /** The signal that ended it. */
  readonly signal: NodeJS.Signals | undefined;
  readonly reason: Reason;
  readonly startedAt: Date;
  readonly durationMs: number;
  /**
   * Processor time of the command and of the descendants that it waited for. NaN when node:child_process has
   * started it.
   */
  readonly cpu: { readonly userMs: number; readonly systemMs: number };
  /** Processes that it left behind when it exited, as far as they could be found (Linux), and their fate. */
  readonly leftovers: readonly Leftover[];
  /**
   * After a timeout or an idle timeout: what its processes waited for, found out before any was ended.
   * `describe` of `spillway/doctor` puts it into words. Undefined otherwise, with `diagnose: false`, and
   * without /proc.
   */
  readonly diagnosis: Diagnosis | undefined;
}

/** The narrowest of the types that say nothing: each names all values that its option can have. */
interface Wide {
  readonly stdout: SyncOutputOption;
  readonly stderr: SyncOutputOption | 'stdout';
  readonly encoding: Encoding;
  readonly pty: Exclude<StartOptions['pty'], undefined>;
}
/**
 * The type of one option in the options `O`; all of its values when `O` is not known. Options in a variable
 * of the type RunOptions do not show what they choose: they count as left at their defaults.
 */
type Wish<O, Name extends keyof Wide> = unknown extends O
  ? StartOptions[Name]
  : Name extends keyof O
    ? Wide[Name] extends O[Name]
      ? undefined
      : O[Name]
    : undefined;
/** `'auto'` is kept unless the stream has been read, which no type can know. */
type Keeping<T> = T extends undefined | 'capture' | { readonly tail: number }
  ? 'kept'
  : T extends 'auto'
    ? 'maybe'
    : T extends readonly (infer Item)[]
      ? KeepingOfList<Extract<Item, 'capture' | { readonly tail: number }>, Extract<Item, 'auto'>>
      : 'not';
type KeepingOfList<Keeper, Auto> = [Keeper] extends [never]
  ? [Auto] extends [never]
    ? 'not'
    : 'maybe'
  : 'kept';
type IfKept<K, Value> = (K extends 'not' ? undefined : Value) | (K extends 'maybe' ? undefined : never);
type Decoded<E> = E extends 'buffer' ? Buffer : string;

/** Text, or bytes with `encoding: 'buffer'`; undefined where the stream was not kept. */
type TextField<O, Name extends 'stdout' | 'stderr'> = IfKept<
  Keeping<Wish<O, Name>>,
  Decoded<Wish<O, 'encoding'>>
>;

/** A terminal is one stream, and that is stdout. */
export type UnlessPty<O, Value> =
  Wish<O, 'pty'> extends infer P ? (P extends undefined | false ? Value : undefined) : never;

/** The result of a call with these options. */
export type ResultOf<O> = Result<TextField<O, 'stdout'>, UnlessPty<O, TextField<O, 'stderr'>>>;

/** The same for `start`, whose defaults differ from those of `run`. */
export type LiveResultOf<O> = ResultOf<
  unknown extends O
    ? O
    : Omit<O, 'stdout' | 'stderr'> & {
        readonly stdout: LiveWish<O, 'stdout'>;
        readonly stderr: LiveWish<O, 'stderr'>;
      }
>;

/** The same as `Wish` for an option whose default is `'auto'`. */
export type LiveWish<O, Name extends 'stdout' | 'stderr'> =
  Wish<O, Name> extends infer T ? (T extends undefined ? 'auto' : T) : never;

/** What `stdout` and `stderr` of a result can be. */
export type Captured = string | Buffer | undefined;
type BytesOf<T> = T extends undefined ? undefined : Output;

interface Kept {
  readonly stdout: Output | undefined;
  readonly stderr: Output | undefined;
}

/** An object whose properties are the facts. */
const Facts = class {
  constructor(facts: ResultFacts) {
    Object.assign(this, facts);
  }
} as unknown as new (
  facts: ResultFacts,
) => ResultFacts;

/**
 * The outcome of a command, and its output as far as it was kept.
 *
 * A copy has all of it, texts included: `{ ...result }`, `structuredClone(result)`, `JSON.stringify(result)`.
 * Of `output`, only the spread copy can still be read; the others have its sizes. JSON leaves out a text that
 * is longer than a string can be.
 */
export class Result<Stdout extends Captured = Captured, Stderr extends Captured = Captured> extends Facts {
  /**
   * The decoded text without its last newline, as a shell's `$(…)` gives it; with `encoding: 'buffer'` the
   * bytes as they are; undefined when stdout was not kept. The first access decodes it, and reads the spilled
   * part from disk. Errors: RangeError when it is longer than a string can be; read `output.stdout` then.
   */
  declare readonly stdout: Stdout;
  /** The same for stderr. */
  declare readonly stderr: Stderr;
  /** The exact bytes of each stream that was kept. */
  readonly output: { readonly stdout: BytesOf<Stdout>; readonly stderr: BytesOf<Stderr> };
  readonly #facts: ResultFacts;
  readonly #encoding: Encoding;
  #stdout: { readonly value: unknown } | undefined;
  #stderr: { readonly value: unknown } | undefined;

  constructor(facts: ResultFacts, encoding: Encoding, output: Kept) {
    super(facts);
    Object.defineProperties(this, Result.#texts);
    this.output = output as this['output'];
    this.#facts = facts;
    this.#encoding = encoding;
  }

  /** Properties of each result, since copies have no others; what they have in common is the code. */
  static readonly #texts: PropertyDescriptorMap = {
    stdout: ownProperties({
      enumerable: true,
      get(this: Result): unknown {
        this.#stdout ??= { value: textOf(this.output.stdout, this.#encoding) };
        return this.#stdout.value;
      },
    }),
    stderr: ownProperties({
      enumerable: true,
      get(this: Result): unknown {
        this.#stderr ??= { value: textOf(this.output.stderr, this.#encoding) };
        return this.#stderr.value;
      },
    }),
  };

  /** The same outcome with some facts changed. */
  with(changes: Partial<ResultFacts>): Result<Stdout, Stderr> {
    return new Result({ ...this.#facts, ...changes }, this.#encoding, this.output as Kept);
  }

  /** The same outcome as text, with these in place of outputs that were not kept. */
  asText(instead: { readonly stdout: Output; readonly stderr: Output }): Result<string, string> {
    const output = this.output as Kept;
    if (output.stdout && output.stderr && this.#encoding !== 'buffer')
      return this as Result as Result<string, string>;
    const { stdout = instead.stdout, stderr = instead.stderr } = output;
    return new Result(this.#facts, stdout.encoding, { stdout, stderr });
  }

  /** For `JSON.stringify`. */
  toJSON(): object {
    const { stdout, stderr } = Result.#texts;
    const text = (of: PropertyDescriptor | undefined) => readable(() => of?.get?.call(this));
    return { ...this.#facts, stdout: text(stdout), stderr: text(stderr), output: this.output };
  }

  /** Frees the disk space of spilled outputs. */
  [Symbol.dispose](): void {
    (this.output.stdout as Output | undefined)?.close();
    (this.output.stderr as Output | undefined)?.close();
  }

  [inspect.custom](_depth: number, options: object): string {
    const { ok, exitCode, signal, reason, durationMs, output, leftovers } = this;
    const shown = {
      command: formatCommand(this.file, this.args),
      ok,
      reason,
      exitCode,
      signal,
      durationMs,
      output,
      ...(leftovers.length > 0 ? { leftovers } : {}),
    };
    return `Result ${inspect(shown, { ...options, depth: 2 })}`;
  }
}

/** Undefined for text that is too long for a string, or was closed: an error must not hide behind another. */
export function readable<T>(text: () => T): T | undefined {
  try {
    return text();
  } catch {
    return undefined;
  }
}

function textOf(output: Output | undefined, encoding: Encoding): string | Buffer | undefined {
  if (!output) return undefined;
  if (encoding === 'buffer') return output.bytesSync();
  return withoutLastNewline(output.textSync());
}

export function withoutLastNewline(text: string): string {
  if (text.endsWith('\r\n')) return text.slice(0, -2);
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}
