/** The step from a plan to a running process. */
import {
  type Guarded,
  guard,
  type Mark,
  newMark,
  type StartedProcess,
  startProcess,
} from '../process/index.js';
import { closeOpened, discardSinks, type Plan } from './plan.js';

/** What the command line asks for beyond the options: the child as a job in the foreground of a terminal. */
export interface JobControl {
  /** The descriptor (0 to 2) of the terminal whose foreground group the child's becomes. */
  readonly terminal?: number | undefined;
  /** The child was stopped by this signal, as by Ctrl-Z. */
  stopped(signal: number): void;
}

export interface LaunchedPlan extends StartedProcess {
  readonly mark: Mark;
  readonly guarded: Guarded | undefined;
}

/** Starts what was planned, and lets go of what was opened for it. Throws StartError; then nothing of the plan is left. */
export function launchPlan(plan: Plan, job: JobControl | undefined): LaunchedPlan {
  const { settings, stdin, stdout, stderr } = plan;
  const mark = newMark();
  const guarded = settings.guard ? guard.enlist(mark.name, settings.termination) : undefined;
  try {
    const launched = startProcess({
      file: settings.file,
      args: settings.args,
      cwd: settings.cwd,
      environment: settings.environment,
      mark,
      stdin: stdin.stdio,
      stdout: stdout.stdio,
      stderr: stderr.stdio,
      pipeCapacity: settings.pipeCapacity,
      constraints: settings.constraints,
      uid: settings.uid,
      gid: settings.gid,
      terminal: job?.terminal,
    });
    guarded?.started(launched.pid);
    return { ...launched, mark, guarded };
  } catch (error) {
    guarded?.release();
    discardSinks(plan);
    throw error;
  } finally {
    closeOpened(plan);
  }
}
