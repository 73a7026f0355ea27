/** The step from a plan to a running process. */
import type { Stopwatch } from '../base/index.js';
import {
  type ChildPipe,
  type Guarded,
  guard,
  type JobControl,
  newMark,
  type Owned,
  type PassedPipe,
  requireLibrary,
  StartError,
  type StartedProcess,
  type Stdio,
  type Steps,
  tellOfEnd,
} from '../process/index.js';
import { ChildTerminal, Typist } from '../stream/index.js';
import { formatCommand } from './command-line.js';
import type { Files } from './files.js';
import type { CommandHost } from './host.js';
import { isRead, type StreamName } from './options/index.js';
import type { Plan } from './plan.js';

/** This side's ends of a process's streams. */
export interface Ends {
  readonly stdin: StartedProcess['stdin'];
  readonly stdout: StartedProcess['stdout'] | ChildTerminal;
  readonly stderr: StartedProcess['stderr'];
  /** The child's own, with the option pty: `stdout` reads it, and `stdin` types on it. */
  readonly terminal: ChildTerminal | undefined;
}

export interface Launched {
  readonly owned: Owned;
  readonly owner: StartedProcess['owner'];
  readonly ends: Ends;
  /** Of channels and of what was passed by number. */
  readonly pipes: readonly ChildPipe[];
}

/** What a command is started with. */
export interface CommandParts {
  readonly plan: Plan;
  readonly files: Files;
  readonly host: CommandHost;
  /** Since the call. */
  readonly clock: Stopwatch;
}

/** Starts what was planned. The caller closes the files. Throws StartError; then nothing runs. */
export function* launch(
  { plan, files, host, clock }: CommandParts,
  job: JobControl | undefined,
): Steps<Launched> {
  const { child, policy } = plan;
  // Before the guard, which would warn that it cannot be loaded.
  requireLibrary(child.file);
  const mark = newMark();
  const guarded = policy.guard ? guard.of(mark.name, policy.termination, policy.lease) : undefined;
  try {
    if (!child.detached) files.lend();
    const started = yield* host.start({
      child,
      stdin: stdinOf(plan, files),
      stdout: outputOf('stdout', plan, files),
      stderr: outputOf('stderr', plan, files),
      descriptors: plan.descriptors.map(({ number, from }) => ({ number, fd: files.forChild(from) })),
      mark,
      terminal: job?.terminal,
      ensureGuard: guarded && (() => ensureGuard(guarded, plan)),
    });
    const { pid, owner, passed, moment, gate } = started;
    if (gate) files.whenOver(() => gate.close());
    if (passed) {
      const command = formatCommand(child.file, child.args);
      files.whenOver((ending) => tellOfEnd(passed, command, ending));
    }
    guarded?.started(pid);
    const ends = endsOf(started);
    const { leftovers, termination } = policy;
    const { signal, leftoversGrace: grace = termination.grace } = termination;
    const leftoverTermination = { signal, grace, ask: undefined };
    const { terminal } = ends;
    return {
      owned: { pid, mark: mark.name, moment, leftovers, leftoverTermination, clock, guarded, terminal, gate },
      owner,
      ends,
      pipes: (passed ?? []).flatMap(pipesOf),
    };
  } catch (error) {
    files.over('abandoned');
    guarded?.release();
    job?.ended({ byItself: true, signal: undefined });
    throw error;
  }
}

/** A lease that nothing enforces would be a promise that is not kept. */
function* ensureGuard(guarded: Guarded, { child, policy }: Plan): Steps<void> {
  const obstacle = yield* guarded.ensure();
  if (obstacle === undefined || !policy.lease) return;
  throw new StartError(child, 'ENOTSUP', 'system', `a lease needs a guard, and ${obstacle}`);
}

function pipesOf({ at, inodes }: PassedPipe): ChildPipe[] {
  const name = typeof at === 'number' ? `descriptor ${at}` : `channel ${at}`;
  return inodes.map((inode) => ({ name, pipe: { inode, isHeld: false } }));
}

function endsOf({ stdin, stdout, stderr, pty }: StartedProcess): Ends {
  if (!pty) return { stdin, stdout, stderr, terminal: undefined };
  const terminal = new ChildTerminal(pty);
  return { stdin: new Typist(terminal), stdout: terminal, stderr, terminal };
}

function stdinOf({ child, stdin }: Plan, files: Files): Stdio {
  switch (stdin.kind) {
    case 'ignore':
      return { kind: child.pty ? 'pty' : 'null' };
    case 'inherit':
      return { kind: 'descriptor', fd: 0 };
    case 'file':
    case 'descriptor':
    case 'previous':
      if (files.namedPipe(stdin)) return { kind: 'pipe' };
      return { kind: 'descriptor', fd: files.forChild(stdin) };
    default:
      return { kind: child.pty ? 'pty' : 'pipe' };
  }
}

function outputOf(name: StreamName, plan: Plan, files: Files): Stdio {
  const targets = plan[name];
  const [only] = targets;
  const { pty } = plan.child;
  // An unread terminal would block the child, so its output is read even when it goes nowhere.
  if (!only || isRead(targets) || files.namedPipe(only) || (pty && name === 'stdout'))
    return { kind: pty ? 'pty' : 'pipe' };
  switch (only.kind) {
    case 'inherit':
      return { kind: 'descriptor', fd: name === 'stdout' ? 1 : 2 };
    case 'merge':
      return { kind: 'stdout' };
    case 'file':
    case 'descriptor':
    case 'next':
      return { kind: 'descriptor', fd: files.forChild(only) };
    default:
      return { kind: 'null' };
  }
}
