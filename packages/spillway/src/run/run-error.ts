/** The error of a command that was started and did not end well. */
import { stripVTControlCharacters } from 'node:util';
import { formatDuration } from '../base/index.js';
import type { Constraints } from '../process/index.js';
import type { Output } from '../stream/index.js';
import type { Cause } from './cause.js';
import { formatCommand } from './command-line.js';
import { limitBehind } from './options/index.js';
import type { Result, ResultFacts } from './result.js';

/** What a termination took, for the message. */
export interface TerminationStory {
  /** Names of the signals that the ladder sent to the running group, in order. */
  readonly sent: readonly string[];
  /** Between the two. */
  readonly graceMs: number;
  readonly abandoned: boolean;
  /** What the command was limited to. */
  readonly limits?: Constraints['limits'] | undefined;
  /** What was found out about a command that had no more time. */
  readonly explanation?: string | undefined;
}

/**
 * A command that ended with another exit code than 0, by a signal, or because of a limit. `result` is what there is of its outcome,
 * output included; `cause` is the error behind it where one is: the abort's reason, a full disk, what a function of yours threw.
 */
export class RunError extends Error {
  override readonly name: string = 'RunError';
  readonly result: Result;

  constructor(
    result: Result,
    cause: Cause | undefined,
    story: TerminationStory,
    message = describe(result, cause, story),
  ) {
    const own = cause?.kind === 'error' ? cause.error : cause?.kind === 'abort' ? cause.reason : undefined;
    super(message, own === undefined ? undefined : { cause: own });
    this.result = result;
  }
}

function describe(result: Result, cause: Cause | undefined, story: TerminationStory): string {
  const command = formatCommand(result.file, result.args);
  return `${command} ${whatHappened(result, cause, story)}${lastWords(result)}${reasonsOf(story)}`;
}

/** Why it took so long. */
export function reasonsOf({ explanation }: TerminationStory): string {
  return explanation === undefined ? '' : `\nwhat it was waiting for:\n${explanation}`;
}

export function whatHappened(facts: ResultFacts, cause: Cause | undefined, story: TerminationStory): string {
  const after = `after ${formatDuration(facts.durationMs)}`;
  switch (cause?.kind) {
    case 'timeout':
      return `timed out ${after} (timeout: ${formatDuration(cause.ms)})${howItEnded(facts, story)}`;
    case 'idle':
      return `was silent for ${formatDuration(cause.ms)} (idleTimeout) and was ended ${after}${howItEnded(facts, story)}`;
    case 'abort':
      if (facts.pid === undefined)
        return `was not started: its AbortSignal was aborted before${reasonText(cause.reason)}`;
      return `was aborted ${after}${reasonText(cause.reason)}${howItEnded(facts, story)}`;
    case 'output-limit':
      return `wrote more than ${cause.bytes} bytes (outputLimit) and was ended ${after}${howItEnded(facts, story)}`;
    case 'error':
      return `was ended ${after}: ${messageOf(cause.error)}`;
    case 'requested':
      return `was terminated on request ${after}${howItEnded(facts, story)}`;
    default:
      return `${plainEnd(facts)} ${after}${becauseOf(limitBehind(facts, story.limits))}`;
  }
}

function plainEnd({ signal, exitCode }: ResultFacts): string {
  return signal === undefined ? `exited with code ${exitCode ?? 'unknown'}` : `was killed by ${signal}`;
}

function becauseOf(limit: string | undefined): string {
  return limit === undefined ? '' : `: ${limit}`;
}

export function howItEnded(facts: ResultFacts, { sent, graceMs, abandoned }: TerminationStory): string {
  const [first, second] = sent;
  if (abandoned) return `; not even SIGKILL ended it, so process ${facts.pid} was left behind`;
  if (first === undefined) return '';
  const outcome =
    facts.signal === undefined
      ? `it exited with code ${facts.exitCode ?? 'unknown'}`
      : `${facts.signal} ended it`;
  if (second !== undefined)
    return `; it took no notice of ${first} for ${formatDuration(graceMs)}, ${outcome}`;
  return facts.signal === first ? `; ${outcome}` : `; ${first} was sent, ${outcome}`;
}

function reasonText(reason: unknown): string {
  // Without a reason of the caller's, Node's says "This operation was aborted", which is said already.
  if (reason instanceof Error) return reason.name === 'AbortError' ? '' : `: ${reason.message}`;
  return reason === undefined ? '' : `: ${String(reason)}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const LAST_LINES = 10;
const LAST_BYTES = 4096;

/** The end of stderr; of stdout when there is none, since many programs complain there. `whose`: added to the stream's name. */
export function lastWords({ output }: Result, whose = ''): string {
  const stdout = output.stdout as Output | undefined;
  const stderr = output.stderr as Output | undefined;
  const [name, shown] =
    stderr && stderr.size > 0 ? (['stderr', stderr] as const) : (['stdout', stdout] as const);
  if (!shown || shown.size === 0) return '';
  const bytes = shown.lastBytes(LAST_BYTES);
  const lines = stripVTControlCharacters(bytes.toString(shown.encoding))
    .trimEnd()
    .split(/\r*\n/)
    .slice(-LAST_LINES);
  const kept = lines.join('\n');
  if (kept === '') return '';
  const isWhole =
    bytes.length === shown.size && bytes.toString(shown.encoding).trimEnd().split('\n').length <= LAST_LINES;
  const heading = isWhole ? `${name}${whose}:` : `the end of ${name}${whose} (${shown.size} bytes):`;
  return `\n${heading}\n${kept.replace(/^/gm, '  ')}`;
}
