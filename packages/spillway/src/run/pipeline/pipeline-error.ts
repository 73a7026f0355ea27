/** The error of a pipeline that was started and did not end well. */
import { formatCommand, formatPipeline } from '../command-line.js';
import type { Result } from '../result.js';
import {
  howItEnded,
  lastWords,
  RunError,
  reasonsOf,
  type TerminationStory,
  whatHappened,
} from '../run-error.js';
import type { Settled } from '../settled.js';
import type { PipelineResult } from './pipeline-result.js';

/** How a command ended, and what ended it. */
export type StageEnd = Pick<Settled, 'result' | 'cause' | 'story'>;

/**
 * A pipeline in which a command failed, or that was ended by a limit. `result` is that of the command that decides, so whoever handles
 * a RunError finds there what failed; `pipeline` has all of them.
 */
export class PipelineError extends RunError {
  override readonly name: string = 'PipelineError';
  readonly pipeline: PipelineResult;

  constructor(pipeline: PipelineResult, ends: readonly StageEnd[], explanation?: string) {
    const { decidedBy } = pipeline;
    const result = pipeline.stages[decidedBy] as Result;
    const { cause, story } = ends[decidedBy] as StageEnd;
    super(result, cause, story, describe(pipeline, ends, explanation));
    this.pipeline = pipeline;
  }
}

function describe(
  { stages, decidedBy, durationMs }: PipelineResult,
  ends: readonly StageEnd[],
  explanation: string | undefined,
): string {
  const { result, cause, story } = ends[decidedBy] as StageEnd;
  const own = `${commandOf(result)} ${whatHappened(result, cause, story)}`;
  const reasons = reasonsOf({ ...NO_STORY, explanation });
  if (stages.length === 1) return own + lastWords(result) + reasons;
  const all = formatPipeline(stages);
  if (cause === undefined || cause.kind === 'enough') return `${all} failed: ${own}${lastWords(result)}`;
  // It was the whole that took too long, or was aborted. What each did then, and who complained, is where the reason shows.
  const whole = `${all} ${whatHappened({ ...result, durationMs }, cause, NO_STORY)}`;
  if (result.pid === undefined) return whole;
  const each = ends.map((end) => `\n  ${commandOf(end.result)}: ${stateOf(end)}`).join('');
  const speaker = stages.find(({ output }) => (output.stderr?.size ?? 0) > 0) ?? (stages.at(-1) as Result);
  return `${whole}${each}${lastWords(speaker, ` of ${commandOf(speaker)}`)}${reasons}`;
}

const NO_STORY: TerminationStory = { sent: [], graceMs: 0, abandoned: false };

/** What became of a command when the whole was ended. */
function stateOf({ result, cause, story }: StageEnd): string {
  const ended = cause && howItEnded(result, story).replace(/^; /, '');
  return ended || whatHappened(result, undefined, story);
}

function commandOf({ file, args }: Result): string {
  return formatCommand(file, args);
}
