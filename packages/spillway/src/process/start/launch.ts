/** Starts children: from a description to a running process and the parent's ends of its pipes. */
import {
  type ChildDescriptor,
  closeDescriptor,
  openPseudoTerminal,
  type SpawnRequest,
} from '../../system/index.js';
import { atOnce, inCall, type Steps, TURN } from '../queue/index.js';
import { momentBefore, polledReaper, type Reaper, reaper, type StartedProcess } from '../wait/index.js';
import { backendFor, problemOfPipes } from './backend.js';
import type { Launch } from './child-spec.js';
import { type HeldProcess, spawnHeld } from './gate/index.js';
import { type EndPassage, furtherDescriptors, type Layout, layOut, passEnds } from './layout.js';
import { startByNode } from './node-backend.js';
import { atProgram } from './program.js';
import { openChildPipe, standardDescriptors, terminalDescriptors } from './standard-descriptors.js';
import { explainStart, StartError } from './start-error.js';
import { explainSize } from './too-large.js';

/**
 * Starts a process, which leads its own process group and, with `pty`, its own session. Throws StartError
 * after closing all that it opened.
 */
export function* startProcess(request: Launch): Steps<StartedProcess> {
  return yield* startWithEnds(request, (passages) => {
    if (backendFor(request.child) === 'posix') return startBySpawn(request, passages, reaper);
    if (reaper.adoptsOrphans) {
      const reason = "this process adopts orphans, so node:child_process would not learn of the child's exit";
      throw new StartError(request.child, 'ENOTSUP', 'system', reason);
    }
    // SPILLWAY_BACKEND=node also keeps pipes off the C library, so that a fault of koffi cannot matter.
    // What Node starts it starts in the call.
    if (request.ensureGuard) atOnce(request.ensureGuard());
    return inCall(() => startByNode(request, passages, problemOfPipes() === undefined));
  });
}

/** Like `startProcess`, for a thread that waits in poll(2). */
export function* startPolled(request: Launch): Steps<StartedProcess> {
  const problem = problemOfPipes();
  if (problem !== undefined) {
    const reason = `a synchronous call starts it by posix_spawn, but ${problem}; use run()`;
    throw new StartError(request.child, 'ENOTSUP', 'system', reason);
  }
  return yield* startWithEnds(request, (passages) => startBySpawn(request, passages, polledReaper));
}

function* startWithEnds(
  { child }: Launch,
  start: (passages: readonly EndPassage[]) => Steps<StartedProcess>,
): Steps<StartedProcess> {
  const moment = momentBefore();
  return { ...(yield* passEnds(child.ends, start)), moment };
}

/** For a thread where the C library can be called. */
function* startBySpawn(
  request: Launch,
  passages: readonly EndPassage[],
  owner: Reaper,
): Steps<StartedProcess> {
  owner.prepare();
  try {
    return yield* atProgram(request.child, (path) => launchAt(path, request, passages, owner));
  } catch (error) {
    owner.cancel();
    throw error;
  }
}

function* launchAt(
  path: string,
  request: Launch,
  passages: readonly EndPassage[],
  owner: Reaper,
): Steps<StartedProcess> {
  const { child } = request;
  const opened: number[] = [];
  const explain = (error: unknown) => {
    const tooLarge = () => explainSize(request);
    return explainStart(error, { file: child.file, path, cwd: child.cwd, tooLarge });
  };
  try {
    const layout = layOut(request, passages);
    yield TURN;
    if (request.ensureGuard) yield* request.ensureGuard();
    const pipes = [request.stdin, request.stdout, request.stderr].map((stdio, fd) =>
      stdio.kind === 'pipe' ? openChildPipe(fd, child.pipeCapacity, opened) : undefined,
    );
    const pty = child.pty && openPseudoTerminal(child.pty);
    if (pty) opened.push(pty.master, pty.output);
    const streams = pty ? terminalDescriptors(pty.path) : standardDescriptors(request, pipes, opened);
    const descriptors = [...streams, ...furtherDescriptors(layout, opened)];
    const { pid, gate } = yield* spawnChild(path, request, layout, descriptors, explain);
    const [stdin, stdout, stderr] = [pipes[0]?.write, pipes[1]?.read, pipes[2]?.read];
    for (const fd of opened)
      if (fd !== stdin && fd !== stdout && fd !== stderr && fd !== pty?.master && fd !== pty?.output)
        closeDescriptor(fd);
    return { pid, stdin, stdout, stderr, pty, owner, gate };
  } catch (error) {
    for (const fd of opened) closeDescriptor(fd);
    throw explain(error);
  }
}

function* spawnChild(
  path: string,
  { child, mark, terminal }: Launch,
  layout: Layout,
  descriptors: ChildDescriptor[],
  explain: (error: unknown) => unknown,
): Steps<HeldProcess> {
  const program: SpawnRequest = {
    path,
    argv: [child.argv0 ?? child.file, ...child.args],
    environment: layout.variables,
    variable: mark.variable,
    cwd: child.cwd,
    descriptors,
    leads: child.pty || child.detached ? 'session' : 'group',
    terminal,
  };
  const { gate } = layout;
  if (gate === undefined) return { pid: yield { is: 'spawn', request: program }, gate };
  const { file, constraints, suspended } = child;
  const held = { file, path, argv: program.argv, constraints, suspended, explain, gate };
  return yield* spawnHeld(program, held);
}
