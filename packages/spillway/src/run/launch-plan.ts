/** The step from a plan to a running process. */
import {
  type Guarded,
  guard,
  type Mark,
  newMark,
  type OutputEnd,
  type StartedProcess,
} from '../process/index.js';
import { type StdinEnd, Terminal, Typist } from '../stream/index.js';
import type { PseudoTerminal } from '../system/index.js';
import type { Host } from './host.js';
import type { JobControl } from './job-control.js';
import { passChannels } from './options/index.js';
import { closeOpened, discardSinks, type Plan } from './plan.js';

/** This side's ends of a process's streams. */
interface Connected {
  readonly stdin: StdinEnd | undefined;
  readonly stdout: OutputEnd | Terminal | undefined;
  readonly stderr: OutputEnd | undefined;
  /** The child's own, with the option pty: also what `stdout` is, and what `stdin` types on. */
  readonly terminal: Terminal | undefined;
}

export interface LaunchedPlan extends Connected {
  readonly pid: number;
  readonly owner: StartedProcess['owner'];
  readonly mark: Mark;
  readonly guarded: Guarded | undefined;
}

/** Starts what was planned, and lets go of what was opened for it. Throws StartError; then nothing of the plan is left. */
export function launchPlan(plan: Plan, job: JobControl | undefined, host: Host): LaunchedPlan {
  const { settings, stdin, stdout, stderr } = plan;
  const mark = newMark();
  const guarded = settings.guard ? guard.enlist(mark.name, settings.termination) : undefined;
  try {
    const launched = passChannels(settings.channels, (channels) =>
      host.start({
        file: settings.file,
        args: settings.args,
        cwd: settings.cwd,
        environment: settings.environment,
        mark,
        stdin: stdin.stdio,
        stdout: stdout.stdio,
        stderr: stderr.stdio,
        pipeCapacity: settings.pipeCapacity,
        channels,
        constraints: settings.constraints,
        uid: settings.uid,
        gid: settings.gid,
        terminal: job?.terminal,
        pty: settings.pty,
      }),
    );
    guarded?.started(launched.pid);
    const { pid, owner, pty } = launched;
    if (pty) return { pid, owner, ...onTerminal(pty, launched.stderr), mark, guarded };
    const terminal = undefined;
    return {
      pid,
      owner,
      stdin: launched.stdin,
      stdout: launched.stdout,
      stderr: launched.stderr,
      terminal,
      mark,
      guarded,
    };
  } catch (error) {
    guarded?.release();
    discardSinks(plan);
    throw error;
  } finally {
    closeOpened(plan);
  }
}

function onTerminal(pty: PseudoTerminal, stderr: OutputEnd | undefined): Connected {
  const terminal = new Terminal(pty);
  return { stdin: new Typist(terminal), stdout: terminal, stderr, terminal };
}
