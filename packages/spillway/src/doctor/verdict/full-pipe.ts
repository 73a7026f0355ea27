/**
 * Writers blocked on a full pipe whose reader can continue. The reader may read at any moment: that is
 * back-pressure, and intended. But a parent that polls for an exit, and has never read a byte, waits for an
 * exit that cannot come.
 */
import {
  argument,
  type Edge,
  type Holder,
  isEventDriven,
  isIdle,
  type Liveness,
  type Wait,
  type World,
} from '../graph/index.js';
import { type BlockedCall, type ProcessRecord, watchesOf } from '../snapshot/index.js';
import { certaintyOf, doubted, foundedOn, onlyPossible } from './confidence.js';
import type { Finding } from './finding.js';
import { CONFIRMING_MS, type Observation } from './observation.js';
import { edgeStory } from './story.js';

/** A reader that has woken this often without reading does not wake in order to read. */
const ENOUGH_SLEEPS = 2;
const FIRST_OWN_DESCRIPTOR = 3;
/** Up to this size a write is atomic (pipe(7)). */
const PIPE_BUF = 4096;
/** A shorter limit passes soon: then the process moves, or another look finds it without. */
const LONG_LIMIT_MS = 10_000;
/** A program sleeps up to this often while it starts: it waits for its files to be read from disk. */
const SLEEPS_OF_A_START = 8;

interface FullPipe {
  readonly writer: ProcessRecord;
  readonly edge: Edge;
  readonly stillMs: number;
}

export function fullPipes(observation: Observation): Finding[] {
  return frozenWriters(observation).map((full) => {
    const { world } = observation.last;
    const { stillMs, writer, edge } = full;
    const common = { waits: [edgeStory(world, edge)], stuck: [], others: [] } as const;
    const sleeper = sleepingReader(observation.last, full);
    if (sleeper !== undefined) {
      const certainty = certaintyOf(observation, [writer.pid], stillMs);
      return {
        kind: 'never-drains' as const,
        isHang: true,
        ...doubted(certainty, `a signal could make process ${sleeper} read`),
        ...common,
        isAsleep: true as const,
      };
    }
    const limited = limitedReader(observation, full);
    if (limited) {
      const certainty = onlyPossible(certaintyOf(observation, [writer.pid], stillMs));
      const seconds = Math.ceil(limited.ms / 1000);
      const doubt = `a time limit of up to ${seconds} s could make process ${limited.pid} read: look then`;
      return {
        kind: 'never-drains' as const,
        isHang: true,
        ...doubted(certainty, doubt),
        ...common,
        isUnheard: true as const,
      };
    }
    const reader = deafReader(observation, full);
    const count = reader ? vainSleeps(observation, reader, stillMs) : 0;
    if (reader && count >= ENOUGH_SLEEPS) {
      const certainty = foundedOn(
        certaintyOf(observation, [writer.pid], stillMs),
        `process ${reader.pid} slept and woke ${count} times without reading`,
        'everything ever written is still in the pipe',
      );
      return {
        kind: 'never-drains' as const,
        isHang: true,
        ...doubted(certainty, `process ${reader.pid} runs, and could begin to read`),
        ...common,
      };
    }
    return {
      kind: 'back-pressure' as const,
      isHang: false,
      ...certaintyOf(observation, [writer.pid], stillMs),
      ...common,
      ...(isUnheard(world, edge) && { isUnheard: true as const }),
    };
  });
}

/** The only reader, if it sleeps until a signal that would end it. */
function sleepingReader({ liveness }: Observation['last'], { writer, edge }: FullPipe): number | undefined {
  const pids = new Set(edge.alternative.targets.map(({ pid }) => pid).filter((pid) => pid !== writer.pid));
  const [pid] = pids;
  if (pid === undefined || pids.size > 1) return undefined;
  const waits = liveness.threads(pid).map(({ wait }) => wait);
  const isStuck = (wait: Wait) =>
    isIdle(wait) ||
    (wait.kind === 'blocked' &&
      wait.alternatives.every((one) => one.targets.every((other) => other.pid === pid)));
  const isAsleep = waits.some((wait) => wait.kind === 'live' && wait.because === 'asleep');
  return isAsleep && waits.every(isStuck) ? pid : undefined;
}

/**
 * The only reader, if its event loop does not listen to the pipe, and nothing but a long time limit ends its
 * wait. A limit is no way out until it has passed and something has moved: the event loop of Node 26 has
 * limits of its own, of 30 s, after which it does nothing for the program.
 */
function limitedReader(
  observation: Observation,
  { writer, edge }: FullPipe,
): { readonly pid: number; readonly ms: number } | undefined {
  const { world, liveness } = observation.last;
  const pids = new Set(edge.alternative.targets.map(({ pid }) => pid).filter((pid) => pid !== writer.pid));
  const [pid] = pids;
  if (pid === undefined || pids.size > 1 || !isUnheard(world, edge)) return undefined;
  const awake = liveness.threads(pid).filter(({ wait }) => wait.kind === 'live' && !isIdle(wait));
  const limits = awake.map(({ thread }) => limitMs(thread.call));
  const ms = Math.min(...limits);
  if (awake.length === 0 || ms < LONG_LIMIT_MS) return undefined;
  const tids = awake.map(({ thread }) => thread.tid);
  return observation.threadsStillMs(pid, tids) < CONFIRMING_MS ? undefined : { pid, ms: Math.max(...limits) };
}

/** 0 for a wait that is not for events, or has no limit. */
function limitMs(call: BlockedCall | undefined): number {
  if (!call?.hasTimeout || !/^epoll_p?wait$/.test(call.name)) return 0;
  return argument(call, 3);
}

/** Whether a longer observation could settle the kind. */
export function isUndecided(observation: Observation): boolean {
  return frozenWriters(observation).some((full) => {
    if (sleepingReader(observation.last, full) !== undefined) return false;
    const reader = deafReader(observation, full);
    return reader !== undefined && vainSleeps(observation, reader, full.stillMs) < ENOUGH_SLEEPS;
  });
}

/**
 * How often the reader slept and woke without reading: each of its threads that wakes by itself. Any of them
 * may be the one that reads, after a longer sleep than this observation.
 */
function vainSleeps(observation: Observation, reader: ProcessRecord, ms: number): number {
  const counts = observation.sleeps(reader.pid, ms);
  const awake = observation.last.liveness
    .threads(reader.pid)
    .filter(({ wait }) => wait.kind === 'live' && !isIdle(wait));
  // Without one, the process continues when what its threads wait for does.
  const threads = awake.length > 0 ? awake : observation.last.liveness.threads(reader.pid);
  return Math.min(...threads.map(({ thread }) => counts.get(thread.tid) ?? 0));
}

function frozenWriters(observation: Observation): FullPipe[] {
  const { world, liveness } = observation.last;
  return [...world.processes].flatMap((writer) => {
    // Deadlocks cover processes that cannot continue.
    if (!liveness.isLive(writer.pid)) return [];
    const edge = liveness
      .edges(writer.pid)
      .find(({ alternative, thread }) => alternative.action === 'write' && !isEventDriven(thread.call));
    if (!edge) return [];
    const stillMs = observation.threadsStillMs(writer.pid, [edge.thread.tid]);
    return stillMs < CONFIRMING_MS ? [] : [{ writer, edge, stillMs }];
  });
}

/**
 * The only reader, if it is an ancestor of the writer, does not wait on the pipe, and has never read from it.
 */
function deafReader(
  { last: { world, liveness } }: Observation,
  { writer, edge }: FullPipe,
): ProcessRecord | undefined {
  const readers = edge.alternative.targets.filter(({ pid }) => pid !== writer.pid);
  const [first] = readers;
  if (!first || readers.some(({ pid }) => pid !== first.pid)) return undefined;
  if (readers.some(({ fd }) => (fd ?? 0) < FIRST_OWN_DESCRIPTOR)) return undefined;
  if (!world.isAncestor(first.pid, writer.pid)) return undefined;
  const reader = world.process(first.pid);
  if (!reader || isAwake(liveness, reader) || listensTo(reader, readers)) return undefined;
  return nothingWasRead(world, writer, edge, first) ? reader : undefined;
}

/**
 * The kernel does not report whether a pipe was ever read, only the bytes written (an unfinished call counts
 * as zero) and the bytes in the pipe. Atomic writes are never unfinished, so for them the two figures settle
 * it. A write larger than the pipe blocks even if the pipe was empty, and each read of a full pipe would have
 * woken the writer: few sleeps mean no read. Sizes in between stay open: a reader that has buffered one page
 * and processes it looks the same.
 */
function nothingWasRead(world: World, writer: ProcessRecord, edge: Edge, reader: Edge['target']): boolean {
  const unread = unreadBytes(world, edge, reader);
  const { writtenBytes } = writer;
  if (unread === undefined || writtenBytes === undefined || writtenBytes > unread) return false;
  const size = sizeOf(edge);
  if (size === undefined) return false;
  if (size <= PIPE_BUF) return writtenBytes === unread;
  const capacity = world.pipe(edge.alternative.key ?? '')?.capacity ?? unread;
  return size > capacity && edge.thread.voluntarySwitches <= SLEEPS_OF_A_START;
}

/** The number of bytes the blocked call writes. */
function sizeOf({ thread: { call } }: Edge): number | undefined {
  return call && /^(?:write|sendto)$/.test(call.name) ? Number(call.args[2]) : undefined;
}

/**
 * A reader that waits for anything else waits for an outside event and may then do anything. `running`: it
 * has just woken.
 */
const SLEEPS = new Set(['timeout', 'unknown', 'running', 'housekeeping', 'asleep']);

function isAwake(liveness: Liveness, { pid }: ProcessRecord): boolean {
  return liveness.threads(pid).some(({ wait }) => wait.kind === 'live' && !SLEEPS.has(wait.because));
}

/** Only an event loop has a list of watched descriptors. */
function isUnheard(world: World, { alternative: { targets } }: Edge): boolean {
  const readers = targets.flatMap(({ pid }) => world.process(pid) ?? []);
  const hasEventLoop = (reader: ProcessRecord) =>
    reader.threads.some(({ call }) => call && watchesOf(call, reader) !== undefined);
  return readers.length > 0 && readers.every((one) => hasEventLoop(one) && !listensTo(one, targets));
}

function listensTo(reader: ProcessRecord, ends: readonly { readonly fd?: number }[]): boolean {
  const fds = new Set(ends.map(({ fd }) => fd));
  return reader.threads.some(({ call }) => call && watchesOf(call, reader)?.some(({ fd }) => fds.has(fd)));
}

function unreadBytes(world: World, { alternative }: Edge, reader: Edge['target']): number | undefined {
  const key = alternative.key ?? '';
  if (key.startsWith('pipe:')) return world.pipe(key)?.bytes;
  const holder: Holder['descriptor'] | undefined =
    reader.fd === undefined ? undefined : world.descriptor(reader.pid, reader.fd);
  return holder && world.socket(holder.target)?.unreadBytes;
}
