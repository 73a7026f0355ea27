/** What became of a pipeline: the result of every command, and which of them decides. */

import { constants } from 'node:os';
import { inspect } from 'node:util';
import type { Diagnosis } from '../../doctor/index.js';
import { formatPipeline } from '../command-line.js';
import type { End } from '../end.js';
import type { Captured, LiveResultOf, Reason, Result, ResultOf } from '../result.js';
import type { Explanation } from '../timeout-diagnosis.js';
import type { Command, LiveCommand } from './commands.js';

/** How a pipeline ended; made once, when all of it is over. */
export interface PipelineEnd {
  readonly stages: readonly {
    readonly end: End;
    /** Whether its failure is the pipeline's. */
    readonly isChecked: boolean;
    /** Whether, when it had exited, the next command could read from it no more. */
    readonly nextHadEnough: boolean;
  }[];
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly explanation: Explanation | undefined;
}

/** The options that one command of a pipeline has: its own, over the pipeline's. */
export type StageOptionsOf<C, O> = 'stderr' extends keyof C
  ? Omit<O, 'stderr'> & { readonly stderr: C['stderr'] }
  : O;

/** Results of the commands `C`, a tuple when they are known as one. */
type StageResults<C extends readonly unknown[], O> = {
  readonly [I in keyof C]: Result<Captured, ResultOf<StageOptionsOf<C[I], O>>['stderr']>;
};
type LiveStageResults<C extends readonly unknown[], O> = {
  readonly [I in keyof C]: Result<Captured, LiveResultOf<StageOptionsOf<C[I], O>>['stderr']>;
};

/** The result of a pipeline of these commands with these options. */
export type PipelineResultOf<C extends readonly Command[], O> = PipelineResult<
  ResultOf<O>['stdout'],
  StageResults<C, O>
>;
/** The same for `startPipeline`, whose defaults differ. */
export type LivePipelineResultOf<C extends readonly LiveCommand[], O> = PipelineResult<
  LiveResultOf<O>['stdout'],
  LiveStageResults<C, O>
>;

/**
 * The outcome of a pipeline.
 *
 * It is ok when no command failed. A command that SIGPIPE ended (or that exited with 141, as a shell in its
 * place does) when the next one had closed its stdin or exited has not failed: its reader had enough. Nor has
 * one with `check: false`. What ended the pipeline as a whole (a timeout, silence, an abort, a limit, a
 * failure on this side) decides before any exit code; of these, the first command's.
 */
export class PipelineResult<
  Stdout extends Captured = Captured,
  Stages extends readonly Result[] = readonly Result[],
> {
  /**
   * The result of each command, in order. Only the last one's stdout may have been kept; every stderr is
   * here.
   */
  readonly stages: Stages;
  /**
   * The index of the command whose outcome is the pipeline's: the first that failed, the last one when none
   * has.
   */
  readonly decidedBy: number;
  readonly ok: boolean;
  /** Of the deciding command: 0 to 255; undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly reason: Reason;
  readonly startedAt: Date;
  /** From the start of the first command to the end of the last one to end. */
  readonly durationMs: number;
  /** Processor time of all commands together. */
  readonly cpu: { readonly userMs: number; readonly systemMs: number };
  /** As of a single command's `Result`, for all of them together. */
  readonly diagnosis: Diagnosis | undefined;
  /** The exact bytes of the last command's stdout, when they were kept. */
  readonly output: { readonly stdout: Result<Stdout>['output']['stdout'] };

  constructor({ stages: ends, startedAt, durationMs, explanation }: PipelineEnd) {
    const stages = ends.map(({ end: { result }, nextHadEnough }) =>
      nextHadEnough && diedOfSigpipe(result) ? result.with({ ok: true }) : result,
    );
    const failed = decidingFailure(
      stages,
      ends.map(({ isChecked }) => isChecked),
    );
    const last = stages.length - 1;
    const { exitCode, signal, reason } = stages[failed ?? last] as Result;
    this.stages = stages as readonly Result[] as Stages;
    this.decidedBy = failed ?? last;
    this.ok = failed === undefined;
    this.exitCode = exitCode;
    this.signal = signal;
    this.reason = reason;
    this.startedAt = startedAt;
    this.durationMs = durationMs;
    this.diagnosis = explanation?.diagnosis;
    this.cpu = {
      userMs: stages.reduce((total, { cpu }) => total + cpu.userMs, 0),
      systemMs: stages.reduce((total, { cpu }) => total + cpu.systemMs, 0),
    };
    this.output = { stdout: (stages[last] as Result).output.stdout as Result<Stdout>['output']['stdout'] };
  }

  /**
   * The last command's output as text without its last newline, or bytes, as `Result` has it; undefined when
   * it was not kept.
   */
  get stdout(): Stdout {
    return this.stages.at(-1)?.stdout as Stdout;
  }

  /** Gives back what spilled outputs hold on disk. */
  [Symbol.dispose](): void {
    for (const stage of this.stages) stage[Symbol.dispose]();
  }

  [inspect.custom](_depth: number, options: object): string {
    const { ok, reason, exitCode, signal, decidedBy, durationMs, stages } = this;
    const shown = {
      pipeline: formatPipeline(stages),
      ok,
      reason,
      exitCode,
      signal,
      decidedBy,
      durationMs,
      stages,
    };
    return `PipelineResult ${inspect(shown, { ...options, depth: 2 })}`;
  }
}

/** What a shell makes of the end by SIGPIPE. */
const SIGPIPE_STATUS = 128 + constants.signals.SIGPIPE;

/**
 * Whether SIGPIPE ended it. Only a pipe without a reader does that; while the next command still had it open,
 * the signal came from somewhere else, such as a broken connection. When both have ended before we look, the
 * reader is believed to have been first.
 */
function diedOfSigpipe({ reason, signal, exitCode }: Result): boolean {
  return (reason === 'signal' && signal === 'SIGPIPE') || (reason === 'exit' && exitCode === SIGPIPE_STATUS);
}

/** pipefail, from the front: what fails first in the order of the commands is mostly why the others do. */
function decidingFailure(stages: readonly Result[], checked: readonly boolean[]): number | undefined {
  const isOfTheWhole = ({ ok, reason }: Result) => !ok && reason !== 'exit' && reason !== 'signal';
  const ofTheWhole = stages.findIndex(isOfTheWhole);
  if (ofTheWhole !== -1) return ofTheWhole;
  const failed = stages.findIndex(({ ok }, index) => !ok && checked[index]);
  return failed === -1 ? undefined : failed;
}
