/** Carries a plan out: in the call, or off the event loop. */
import { isAbsolute } from 'node:path';
import { Stopwatch, setImmediate } from '../base/index.js';
import {
  atCaller,
  atOnce,
  type Interruptible,
  inTurn,
  isBelowMake,
  LeftQueue,
  mayStartByPosix,
  Ticket,
} from '../process/index.js';
import { type Bounded, Bounds } from './bounds.js';
import { type Cause, type End, notStarted } from './end.js';
import { Execution } from './execution.js';
import { Files } from './files.js';
import { type CommandHost, nodeHost } from './host.js';
import type { Plan } from './plan.js';
import { RunError } from './run-error.js';

/** In the call. Throws StartError, or RunError when its AbortSignal was aborted already. */
export function execute(plan: Plan, host: CommandHost = nodeHost): Execution {
  requireNotAborted(plan);
  const files = filesOf(plan, execute);
  try {
    const bounds = new Bounds(plan.bounds, host);
    const execution = atOnce(Execution.begin({ plan, files, host, clock: new Stopwatch() }, bounds));
    bounds.hold(execution);
    if (plan.child.detached) execution.unref();
    return execution;
  } catch (error) {
    throw atCaller(error, execute);
  } finally {
    files.close();
  }
}

/**
 * Off the event loop, when it is its turn. Gives how the command ended. Rejects with StartError, or with
 * RunError when its AbortSignal was aborted already.
 */
export async function executeInTurn(plan: Plan): Promise<End> {
  requireNotAborted(plan);
  const host = nodeHost;
  const files = filesOf(plan, executeInTurn);
  const bounds = new Bounds(plan.bounds, host);
  const pending = new PendingStart();
  try {
    if (mayStartByPosix()) files.keep(plan.child.file);
    bounds.hold(pending);
    host.begun?.(pending, plan);
    const begin = () => Execution.begin({ plan, files, host, clock: pending.clock }, bounds);
    const execution = await inTurn(begin, pending.ticket, mayBeginLater(plan, files));
    // Held on, a copy of a pipe's end would keep its other end waiting.
    files.close();
    bounds.handOver(execution);
    host.over(pending, () => {});
    if (pending.cause) execution.end(pending.cause);
    else if (plan.child.detached) execution.unref();
    // The caller's streams begin to flow in this turn.
    setImmediate(() => execution.lookForExit());
    return await execution.ended;
  } catch (error) {
    bounds.stop();
    await new Promise<void>((give) => host.over(pending, give));
    if (error instanceof LeftQueue && pending.cause) return notStarted(plan, pending.cause, pending.clock);
    throw atCaller(error, executeInTurn);
  } finally {
    files.close();
  }
}

/** Whether its start takes nothing from the caller before its turn, and needs nothing that may change. */
function mayBeginLater({ child, descriptors }: Plan, files: Files): boolean {
  const { file, cwd, ends, environment } = child;
  if (ends.length > 0 || descriptors.length > 0 || files.areBorrowed) return false;
  if (environment.lines === undefined && isBelowMake()) return false;
  return (!file.includes('/') || isAbsolute(file)) && (cwd === undefined || isAbsolute(cwd));
}

function filesOf(plan: Plan, callee: (plan: Plan) => unknown): Files {
  try {
    return Files.open(plan);
  } catch (error) {
    throw atCaller(error, callee);
  }
}

function requireNotAborted(plan: Plan): void {
  const { abort } = plan.bounds;
  if (abort?.aborted) throw new RunError(notStarted(plan, { kind: 'abort', reason: abort.reason }));
}

/** A command whose start waits for its turn, or is under way. */
export class PendingStart implements Bounded, Interruptible {
  readonly ticket = new Ticket();
  readonly clock = new Stopwatch();
  readonly pids = [];
  readonly excusesSilence = true;
  /** Why it is ended as soon as it has been started, if it is. */
  cause: Cause | undefined;

  end(cause: Cause): void {
    this.cause ??= cause;
    this.ticket.leave();
  }

  interrupt(): void {
    this.end({ kind: 'requested' });
  }

  /** There is nothing to see yet. */
  announce(): boolean {
    return false;
  }

  ownContribution(): readonly string[] {
    return [];
  }
}
