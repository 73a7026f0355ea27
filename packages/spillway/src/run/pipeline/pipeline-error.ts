/** The error of a pipeline that was started and did not end well. */
import type { Output } from '../../stream/index.js';
import { formatCommand, formatPipeline } from '../command-line.js';
import type { End } from '../end.js';
import type { Result } from '../result.js';
import {
  endedWithItsScope,
  howItEnded,
  lastWords,
  RunError,
  whatHappened,
  whyItTookSoLong,
} from '../run-error.js';
import { type PipelineEnd, PipelineResult } from './pipeline-result.js';

/**
 * A pipeline in which a command failed, or that a limit ended. `result` is that of the deciding command, so a
 * handler of RunError finds there what failed; `pipeline` has all of them.
 */
export class PipelineError extends RunError {
  override readonly name: string = 'PipelineError';
  readonly pipeline: PipelineResult;

  constructor(end: PipelineEnd, pipeline = new PipelineResult(end)) {
    const ends = end.stages.map((stage, index) => ({
      ...stage.end,
      result: pipeline.stages[index] as Result,
    }));
    super(ends[pipeline.decidedBy] as End, describePipeline(pipeline, ends, end.explanation?.text));
    this.pipeline = pipeline;
  }

  override toJSON(): object {
    return { ...super.toJSON(), pipeline: this.pipeline };
  }
}

/** Returns the result, or throws its error: for a failure on this side always, for any other with `check`. */
export function pipelineResultOrThrow(
  end: PipelineEnd,
  { check }: { readonly check: boolean },
): PipelineResult {
  const { result, error } = outcomeOf(end);
  if (result.reason === 'error' || (!result.ok && check)) throw error();
  return result;
}

/** What a loop over the output throws at its end: nothing when the commands were ended with their scope. */
export function pipelineFailureForReader(
  end: PipelineEnd,
  { check }: { readonly check: boolean },
): PipelineError | undefined {
  if (end.stages.some((stage) => endedWithItsScope(stage.end))) return undefined;
  const { result, error } = outcomeOf(end);
  return result.reason === 'error' || (!result.ok && check) ? error() : undefined;
}

interface Outcome {
  readonly result: PipelineResult;
  error(): PipelineError;
}

/** Each end has one result and one error, for all who want them. */
const outcomes = new WeakMap<PipelineEnd, Outcome>();

function outcomeOf(end: PipelineEnd): Outcome {
  const known = outcomes.get(end);
  if (known) return known;
  const result = new PipelineResult(end);
  let error: PipelineError | undefined;
  const outcome = { result, error: () => (error ??= new PipelineError(end, result)) };
  outcomes.set(end, outcome);
  return outcome;
}

function describePipeline(
  { stages, decidedBy, durationMs }: PipelineResult,
  ends: readonly End[],
  explanation: string | undefined,
): string {
  const decides = ends[decidedBy] as End;
  const { cause, result } = decides;
  const own = `${commandOf(result)} ${whatHappened(decides)}`;
  const why = whyItTookSoLong(explanation);
  if (stages.length === 1) return own + lastWords(decides) + why;
  const all = formatPipeline(stages);
  if (cause === undefined || cause.kind === 'enough') return `${all} failed: ${own}${lastWords(decides)}`;
  // The whole took too long, or was aborted. The reason shows in what each command did, and in its
  // complaints.
  const ofAll = { ...decides, result: result.with({ durationMs }), sent: [], isAbandoned: false };
  const whole = `${all} ${whatHappened(ofAll)}`;
  if (result.pid === undefined) return whole;
  const each = ends.map((end) => `\n  ${commandOf(end.result)}: ${stateOf(end)}`).join('');
  const speaker = ends.find(complained) ?? (ends.at(-1) as End);
  return `${whole}${each}${lastWords(speaker, ` of ${commandOf(speaker.result)}`)}${why}`;
}

function complained({ result, stderrTail }: End): boolean {
  return (((result.output.stderr as Output | undefined) ?? stderrTail)?.size ?? 0) > 0;
}

/** What became of a command when the whole was ended. */
function stateOf(end: End): string {
  const ended = end.cause && howItEnded(end).replace(/^; /, '');
  return ended || whatHappened({ ...end, cause: undefined });
}

function commandOf({ file, args }: Result): string {
  return formatCommand(file, args);
}
