/** A running pipeline, as `startPipeline` gives it. */
import type { Child } from '../child.js';
import type { Execution } from '../execution.js';
import {
  requireSignal,
  requireTermination,
  type SignalName,
  type TerminateOptions,
} from '../options/index.js';
import type { LiveCommand } from './commands.js';
import { pipelineResultOrThrow } from './pipeline-error.js';
import type { PipelineExecution } from './pipeline-execution.js';
import type { PipelinePlan, StagePlan } from './pipeline-plan.js';
import type { LivePipelineResultOf, StageOptionsOf } from './pipeline-result.js';

/** One command of a running pipeline. */
export class PipelineStage<Stderr = Child['stderr']> {
  /** The process id, which is its process group's too. */
  readonly pid: number;
  readonly file: string;
  readonly args: readonly string[];
  /**
   * With `'auto'` and `'stream'`, its stderr as it comes, for one reader. Leaving its loop early ends the
   * pipeline.
   */
  readonly stderr: Stderr;
  readonly #execution: Execution;

  constructor(execution: Execution, { child }: StagePlan['plan']) {
    this.#execution = execution;
    this.pid = execution.pid;
    this.file = child.file;
    this.args = child.args;
    this.stderr = execution.streams.live('stderr') as Stderr;
  }

  /** Whether the process runs, as far as is known by now. */
  get running(): boolean {
    return this.#execution.running;
  }

  /**
   * Sends a signal to this command's process group alone; false when it is over. Default: SIGTERM. Errors:
   * EPERM.
   */
  kill(signal: SignalName = 'SIGTERM'): boolean {
    return this.#execution.signal(requireSignal(signal, 'signal'));
  }
}

type Stages<C extends readonly LiveCommand[], O> = {
  readonly [I in keyof C]: PipelineStage<Child<StageOptionsOf<C[I], O>>['stderr']>;
};

/** Running commands with pipes between them. `await using` ends them with the scope. */
export class Pipeline<C extends readonly LiveCommand[] = readonly LiveCommand[], O = unknown>
  implements AsyncDisposable
{
  /** The commands, in order. */
  readonly stages: Stages<C, O>;
  /** With `stdin: 'pipe'`, what the first command reads; end it after the last byte. */
  readonly stdin: Child<O>['stdin'];
  /**
   * With `'auto'` and `'stream'`, the last command's output as it comes, for one reader. Leaving its loop
   * early ends all commands.
   */
  readonly stdout: Child<O>['stdout'];
  readonly #execution: PipelineExecution;
  readonly #check: boolean;
  #result: Promise<LivePipelineResultOf<C, O>> | undefined;

  constructor(execution: PipelineExecution, { stages, check }: PipelinePlan) {
    this.#execution = execution;
    this.#check = check;
    const { executions } = execution;
    const running = executions.map((one, index) => new PipelineStage(one, (stages[index] as StagePlan).plan));
    this.stages = running as readonly PipelineStage[] as Stages<C, O>;
    this.stdin = executions[0]?.streams.stdin as Child<O>['stdin'];
    this.stdout = executions.at(-1)?.streams.live('stdout') as Child<O>['stdout'];
  }

  /**
   * Settles when all commands have ended, their output is where it belongs and nothing of them is left.
   * Rejects with PipelineError as `check` says. The promise is made at the first access, so a failure is
   * never an unhandled rejection of a promise that the caller does not use.
   */
  get result(): Promise<LivePipelineResultOf<C, O>> {
    this.#result ??= this.#execution.ended.then(
      (end) => pipelineResultOrThrow(end, { check: this.#check }) as LivePipelineResultOf<C, O>,
    );
    return this.#result;
  }

  /** Whether any of the commands runs, as far as is known by now. */
  get running(): boolean {
    return this.#execution.running;
  }

  /**
   * Sends a signal to the process group of every command; false when all are over. Default: SIGTERM. For the
   * whole ladder see `terminate`. Errors: EPERM when one runs as another user.
   */
  kill(signal: SignalName = 'SIGTERM'): boolean {
    return this.#execution.signal(requireSignal(signal, 'signal'));
  }

  /**
   * Ends all commands, the last first: signal, grace period, SIGKILL. Settles when they are gone. Default:
   * the option `terminate`.
   */
  async terminate(options?: TerminateOptions): Promise<void> {
    this.#execution.end({ kind: 'requested' }, options && requireTermination(options, 'terminate'));
    await this.#execution.ended;
  }

  /** The end of an `await using` scope: terminates what still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#execution.end({ kind: 'requested', isScopeEnd: true });
    await this.#execution.ended;
  }
}
