/** The error of a command that was started and did not end well. */
import { stripVTControlCharacters } from 'node:util';
import { errorText, formatDuration, isError, ownProperties, safeLines } from '../base/index.js';
import { Output } from '../stream/index.js';
import { formatCommand } from './command-line.js';
import { type Cause, type End, limitBehind } from './end.js';
import { type Reason, type Result, type ResultFacts, withoutLastNewline } from './result.js';

/**
 * A command that ended with an exit code other than 0, by a signal, or because of a limit. `result` is its
 * outcome, with all output received; `cause` is the error behind it, if there is one: the abort's reason, a
 * full disk, the error of one of your functions.
 */
export class RunError extends Error {
  override readonly name: string = 'RunError';
  /** `'ERR_RUN_'` and the reason: `'ERR_RUN_EXIT'`, `'ERR_RUN_TIMEOUT'`, `'ERR_RUN_OUTPUT_LIMIT'`, … */
  readonly code: `ERR_RUN_${Uppercase<ReasonWord>}`;
  /**
   * Its `stdout` and `stderr` are text, with `encoding: 'buffer'` too; `output` has the bytes. Of a stderr
   * that was not kept it has the end, at most 32 KiB, as far as it came past this program; of such a stdout
   * nothing (`''`), unless it is that of a terminal.
   */
  readonly result: Result<string, string>;

  constructor(end: End, message = describeEnd(end)) {
    const own = errorBehind(end.cause);
    super(safeLines(message), own === undefined ? undefined : { cause: own });
    this.result = end.result.asText({ stdout: end.stdoutTail ?? NOTHING, stderr: end.stderrTail ?? NOTHING });
    this.code = `ERR_RUN_${end.result.reason.toUpperCase().replace('-', '_')}` as this['code'];
    // Copies, such as `{ ...error }`, have enumerable properties only.
    Object.defineProperty(this, 'message', ownProperties({ enumerable: true }));
  }

  /** The end of `result.stderr`, at most 32 KiB. */
  get stderr(): string {
    const { stderr } = this.result.output;
    return withoutLastNewline(stderr.lastText(STDERR_BYTES));
  }

  /** For `JSON.stringify`. */
  toJSON(): object {
    const { name, message, code, result } = this;
    return { name, message, code, result };
  }
}

const STDERR_BYTES = 32 * 1024;
const NOTHING = new Output([], 'utf8');

type ReasonWord = Exclude<Reason, 'output-limit'> | 'output_limit';

/**
 * Returns the result, or throws its RunError: for a failure on this side always, for any other with `check`.
 */
export function resultOrThrow(end: End, policy: { readonly check: boolean }): Result {
  const error = failureOf(end, policy);
  if (error) throw error;
  return end.result;
}

/** What a loop over the output throws at its end: nothing when its child was ended with its scope. */
export function failureForReader(end: End, policy: { readonly check: boolean }): RunError | undefined {
  return endedWithItsScope(end) ? undefined : failureOf(end, policy);
}

export function endedWithItsScope({ cause }: End): boolean {
  return cause?.kind === 'requested' && cause.isScopeEnd === true;
}

/** Each end has one error, for the result and for all readers. */
const errors = new WeakMap<End, RunError>();

function failureOf(end: End, { check }: { readonly check: boolean }): RunError | undefined {
  const { result } = end;
  if (result.reason !== 'error' && (result.ok || !check)) return undefined;
  const error = errors.get(end) ?? new RunError(end);
  errors.set(end, error);
  return error;
}

function stderrOf({ result, stderrTail }: End): Output | undefined {
  return (result.output.stderr as Output | undefined) ?? stderrTail;
}

function errorBehind(cause: Cause | undefined): unknown {
  return cause?.kind === 'error' ? cause.error : cause?.kind === 'abort' ? cause.reason : undefined;
}

function describeEnd(end: End): string {
  const { result } = end;
  const command = formatCommand(result.file, result.args);
  return `${command} ${whatHappened(end)}${lastWords(end)}${whyItTookSoLong(end.explanation)}`;
}

export function whyItTookSoLong(explanation: string | undefined): string {
  return explanation === undefined ? '' : `\nwhat it was waiting for:\n${explanation}`;
}

export function whatHappened(end: End): string {
  const { cause, result } = end;
  const after = `after ${formatDuration(result.durationMs)}`;
  const ended = howItEnded(end);
  switch (cause?.kind) {
    case 'timeout':
      if (result.pid === undefined)
        return `was not started within ${formatDuration(cause.ms)} (timeout): other starts were before it`;
      return `timed out ${after} (timeout: ${formatDuration(cause.ms)})${ended}`;
    case 'idle':
      return `was silent for ${formatDuration(cause.ms)} (idleTimeout) and was ended ${after}${ended}`;
    case 'abort':
      if (result.pid === undefined)
        return `was not started: its AbortSignal was aborted before${reasonText(cause.reason)}`;
      return `was aborted ${after}${reasonText(cause.reason)}${ended}`;
    case 'output-limit':
      return `wrote more than ${cause.bytes} bytes ${limitName(cause.stream)} and was ended ${after}${ended}`;
    case 'error':
      return `was ended ${after}: ${errorText(cause.error)}`;
    case 'requested':
      if (result.pid === undefined) return 'was not started: it was terminated on request before';
      return `was terminated on request ${after}${ended}`;
    default:
      return `${plainEnd(result)} ${after}${becauseOf(limitBehind(result, end.limits))}`;
  }
}

function limitName(stream: string | undefined): string {
  return stream === undefined ? '(outputLimit)' : `to ${stream} (outputLimit.${stream})`;
}

function plainEnd({ signal, exitCode }: ResultFacts): string {
  return signal === undefined ? `exited with code ${exitCode ?? 'unknown'}` : `was killed by ${signal}`;
}

function becauseOf(limit: string | undefined): string {
  return limit === undefined ? '' : `: ${limit}`;
}

/** How the command answered the ladder. */
export function howItEnded({ result, sent, graceMs, isAbandoned }: End): string {
  const [first, second] = sent;
  const { pid, signal, exitCode } = result;
  if (isAbandoned) return `; not even SIGKILL ended it, so process ${pid} was left behind`;
  if (first === undefined) return '';
  if (second !== undefined)
    return `; it ignored ${first} for ${formatDuration(graceMs)} and ${plainEnd(result)}`;
  const outcome =
    signal === undefined ? `it exited with code ${exitCode ?? 'unknown'}` : `${signal} ended it`;
  return signal === first ? `; ${outcome}` : `; ${first} was sent, ${outcome}`;
}

function reasonText(reason: unknown): string {
  // Without a reason of the caller's, Node's would only repeat "This operation was aborted".
  if (isError(reason)) return reason.name === 'AbortError' ? '' : `: ${reason.message}`;
  return reason === undefined ? '' : `: ${errorText(reason)}`;
}

const LAST_LINES = 10;
const LAST_BYTES = 4096;

/** The end of stderr, or of stdout, where many programs complain. `whose` is added to the stream's name. */
export function lastWords(end: End, whose = ''): string {
  const stdout = (end.result.output.stdout as Output | undefined) ?? end.stdoutTail;
  const stderr = stderrOf(end);
  const [name, shown] =
    stderr && stderr.size > 0 ? (['stderr', stderr] as const) : (['stdout', stdout] as const);
  if (!shown || shown.size === 0) return '';
  const text = shown.lastText(LAST_BYTES);
  const lines = stripVTControlCharacters(text).trimEnd().split(/\r*\n/).map(asShown).slice(-LAST_LINES);
  const kept = lines.join('\n');
  if (kept === '') return '';
  const isWhole =
    shown.size <= LAST_BYTES && shown.omitted === 0 && text.trimEnd().split('\n').length <= LAST_LINES;
  const heading = isWhole
    ? `${name}${whose}:`
    : `the end of ${name}${whose} (${shown.size + shown.omitted} bytes):`;
  return `\n${heading}\n${kept.replace(/^/gm, '  ')}`;
}

/** What a terminal shows of a line that was written over, as progress is: the last version. */
function asShown(line: string): string {
  return line.slice(line.lastIndexOf('\r') + 1);
}
