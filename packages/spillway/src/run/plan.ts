/** Everything that is decided before a child is started. */
import { OptionError } from '../base/index.js';
import type { Mode, RunOptions, StartOptions } from './options/index.js';
import {
  type InputPlan,
  isRead,
  parseOutput,
  planInput,
  type Settings,
  type StreamName,
  settle,
  sharedFiles,
} from './options/index.js';
import { abandon, closeAll, type OutputPlan, planOutput, type Readers } from './output-plan.js';
import { nodeSinks, type SinkMaker } from './sink-maker.js';

export interface Plan {
  readonly settings: Settings;
  readonly stdin: InputPlan;
  readonly stdout: OutputPlan;
  readonly stderr: OutputPlan;
  /** What live readers do; set by whoever carries the plan out. */
  readonly readers: Readers;
}

/**
 * Checks all options, then opens the files among them. Throws OptionError or StartError; nothing is left open then.
 * `filesOfAll`: of a part of something larger, the files that more than one stream of all parts goes to.
 */
export function plan(
  file: unknown,
  args: unknown,
  options: RunOptions | StartOptions,
  mode: Mode,
  filesOfAll?: ReadonlySet<string>,
  sinks: SinkMaker = nodeSinks,
): Plan {
  const settings = settle(file, args, options);
  const usual = mode === 'start' ? 'auto' : 'capture';
  const usualStderr = settings.pty ? 'stdout' : usual;
  const targets = {
    stdout: parseOutput('stdout', options.stdout === undefined ? usual : options.stdout, mode),
    stderr: parseOutput('stderr', options.stderr === undefined ? usualStderr : options.stderr, mode),
  };
  if (
    settings.idleTimeout !== Number.POSITIVE_INFINITY &&
    !settings.pty &&
    !isRead(targets.stdout) &&
    !isRead(targets.stderr)
  ) {
    throw new OptionError(
      'idleTimeout',
      options.idleTimeout,
      "only with stdout or stderr read here, since silence cannot be seen otherwise: 'capture', or ['inherit', { tail: 4096 }]",
    );
  }
  const shared = filesOfAll ?? sharedFiles(targets.stdout, targets.stderr);
  const readers: Readers = {};
  const output = (name: StreamName) =>
    planOutput({ name, targets: targets[name], settings, shared, make: sinks, readers });
  let stdin: InputPlan | undefined;
  let stdout: OutputPlan | undefined;
  try {
    stdin = planInput(
      settings.file,
      options.stdin === undefined ? 'ignore' : options.stdin,
      mode,
      settings.pty !== undefined,
    );
    stdout = output('stdout');
    return { settings, stdin, stdout, stderr: output('stderr'), readers };
  } catch (error) {
    if (stdin) discard(stdin);
    if (stdout) discard(stdout);
    throw error;
  }
}

/** Lets go of what a plan opened, after a start or instead of one. */
export function closeOpened({ stdin, stdout, stderr }: Plan): void {
  for (const { opened } of [stdin, stdout, stderr]) closeAll(opened);
}

/** The child was not started, so its sinks get nothing. */
export function discardSinks({ stdout, stderr }: Plan): void {
  for (const sink of [...stdout.sinks, ...stderr.sinks]) abandon(sink);
}

function discard(one: InputPlan | OutputPlan): void {
  closeAll(one.opened);
  if ('sinks' in one) for (const sink of one.sinks) abandon(sink);
}
