/** The outcome of a pipeline: the result of every command, and which of them decides. */

import { constants } from 'node:os';
import { inspect } from 'node:util';
import { ownProperties } from '../../base/index.js';
import type { Diagnosis } from '../../doctor/index.js';
import { formatPipeline } from '../command-line.js';
import type { Explanation } from '../diagnosis/index.js';
import type { End } from '../end.js';
import {
  type Captured,
  type LiveResultOf,
  type Reason,
  type Result,
  type ResultOf,
  readable,
} from '../result.js';
import type { Command, LiveCommand } from './commands.js';

/** How a pipeline ended; made once, when all of it is over. */
export interface PipelineEnd {
  readonly stages: readonly {
    readonly end: End;
    /** Whether its failure is the pipeline's. */
    readonly isChecked: boolean;
    /** Whether the next command could no longer read from it when it had exited. */
    readonly nextHadEnough: boolean;
  }[];
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly explanation: Explanation | undefined;
}

/** The options of a single command: its own, over the pipeline's. */
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
 * It is ok when no command failed. A command with `check: false` never fails. A command has not failed either
 * when SIGPIPE ended it (or it exited with 141, as a shell does then) after the next one had closed its stdin
 * or exited: its reader had enough. A reason of the whole (a timeout, silence, an abort, a limit, a failure
 * on this side) decides before any exit code. Copies have the texts, as those of a `Result`.
 */
export class PipelineResult<
  Stdout extends Captured = Captured,
  Stages extends readonly Result[] = readonly Result[],
> {
  /** The result of each command, in order: with its stderr, and the last one's with its stdout. */
  readonly stages: Stages;
  /** The index of the deciding command: the first that failed, or the last one when none has. */
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
  /** As in a single command's `Result`, for all of them together. */
  readonly diagnosis: Diagnosis | undefined;
  /**
   * The last command's output as text without its last newline, or bytes, as `Result` has it; undefined when
   * it was not kept.
   */
  declare readonly stdout: Stdout;
  /** The exact bytes of the last command's stdout, when they were kept. */
  readonly output: { readonly stdout: Result<Stdout>['output']['stdout'] };

  constructor({ stages: ends, startedAt, durationMs, explanation }: PipelineEnd) {
    const stages = ends.map(({ end: { result }, nextHadEnough }) =>
      nextHadEnough && diedOfSigpipe(result) ? result.with({ ok: true }) : result,
    );
    Object.defineProperty(this, 'stdout', STDOUT);
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

  /** For `JSON.stringify`: as of a single `Result`. */
  toJSON(): object {
    const { stages, decidedBy, ok, exitCode, signal, reason, startedAt, durationMs, cpu, diagnosis } = this;
    const stdout = readable(() => this.stdout);
    const facts = { stages, decidedBy, ok, exitCode, signal, reason, startedAt, durationMs, cpu, diagnosis };
    return { ...facts, stdout, output: this.output };
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

/** A property of each, since copies have no others. */
const STDOUT: PropertyDescriptor = ownProperties({
  enumerable: true,
  get(this: PipelineResult): unknown {
    return this.stages.at(-1)?.stdout;
  },
});

/** A shell's exit status for an end by SIGPIPE. */
const SIGPIPE_STATUS = 128 + constants.signals.SIGPIPE;

/**
 * Whether SIGPIPE ended it. A pipe does that only without a reader; while the next command still had it open,
 * the signal came from elsewhere, such as a broken connection. When both have ended before the look, the
 * reader is believed to have been first.
 */
function diedOfSigpipe({ reason, signal, exitCode }: Result): boolean {
  return (reason === 'signal' && signal === 'SIGPIPE') || (reason === 'exit' && exitCode === SIGPIPE_STATUS);
}

/** pipefail, from the front: the first command that fails is mostly why the others do. */
function decidingFailure(stages: readonly Result[], checked: readonly boolean[]): number | undefined {
  const isOfTheWhole = ({ ok, reason }: Result) => !ok && reason !== 'exit' && reason !== 'signal';
  const ofTheWhole = stages.findIndex(isOfTheWhole);
  if (ofTheWhole !== -1) return ofTheWhole;
  const failed = stages.findIndex(({ ok }, index) => !ok && checked[index]);
  return failed === -1 ? undefined : failed;
}
