/** The step from a plan to a running process. */
import { type Launched, launch, type Mark, reaper } from '../process/index.js';
import type { JobControl } from './execution.js';
import { closeOpened, discardSinks, type Plan } from './plan.js';

/** Starts what was planned, and lets go of what was opened for it. Throws StartError; then nothing of the plan is left. */
export function launchPlan(plan: Plan, mark: Mark, job: JobControl | undefined): Launched {
  const { settings, stdin, stdout, stderr } = plan;
  reaper.prepare();
  try {
    return launch({
      file: settings.file,
      args: settings.args,
      cwd: settings.cwd,
      environment: settings.environment,
      mark,
      stdin: stdin.stdio,
      stdout: stdout.stdio,
      stderr: stderr.stdio,
      pipeCapacity: settings.pipeCapacity,
      terminal: job?.terminal,
    });
  } catch (error) {
    reaper.idle();
    discardSinks(plan);
    throw error;
  } finally {
    closeOpened(plan);
  }
}
