/** Readers that wait for end-of-file while an idle process keeps the write end open. */
import { type Holder, isZombie, type ThreadState, type World } from '../graph/index.js';
import type { ProcessRecord } from '../snapshot/index.js';
import { certaintyOf, doubted, foundedOn } from './confidence.js';
import { type Finding, processRef } from './finding.js';
import { CONFIRMING_MS, type Observation } from './observation.js';
import { alternativeStory, holderRefs } from './story.js';

/**
 * In 1/100 s, the unit of start times in /proc (USER_HZ). Processes that start together, as in a pipeline,
 * are no leftovers.
 */
const STARTED_LATER_TICKS = 3;
const FIRST_OWN_DESCRIPTOR = 3;

/** A thread that reads a pipe or socket, and the processes that could write to it. */
interface Reader {
  readonly record: ProcessRecord;
  readonly state: ThreadState;
  readonly key: string;
  readonly fd: number;
  readonly writers: readonly Holder[];
  readonly isDirect: boolean;
}

export function heldEndsOfFile(observation: Observation): Finding[] {
  const found: Finding[] = [];
  const seen = new Set<string>();
  for (const reader of readers(observation)) {
    const finding = heldOpen(observation, reader) ?? leaked(observation, reader);
    const id = `${reader.record.pid} ${reader.key}`;
    if (!finding || seen.has(id)) continue;
    seen.add(id);
    found.push(finding);
  }
  return found;
}

function* readers({ last: { world, liveness } }: Observation): Iterable<Reader> {
  for (const record of world.processes) {
    // Deadlocks cover processes that cannot continue.
    if (!liveness.isLive(record.pid)) continue;
    for (const state of liveness.threads(record.pid)) {
      if (state.wait.kind !== 'blocked') continue;
      for (const { action, fd, key } of state.wait.alternatives) {
        if (fd === undefined || key === undefined || action !== 'read') continue;
        const descriptor = world.descriptor(record.pid, fd);
        if (!descriptor || descriptor.access === 'write') continue;
        const writers = key.startsWith('pipe:') ? world.writers(key) : peers(world, key);
        yield { record, state, key, fd, writers, isDirect: state.wait.alternatives.length === 1 };
      }
    }
  }
}

function peers(world: World, key: string): readonly Holder[] {
  const peer = key.startsWith('socket:') ? world.socket(key)?.peer : undefined;
  return peer === undefined ? [] : world.holders(`socket:[${peer}]`);
}

/** The command has ended, and a leftover process has its output open. */
function heldOpen(observation: Observation, reader: Reader): Finding | undefined {
  const { world } = observation.last;
  const { record, writers } = reader;
  if (writers.length === 0 || !writers.every(({ pid }) => isLeftover(world, reader, pid))) return undefined;
  if (!reader.isDirect && !waitsForNothingElse(reader)) return undefined;
  const stillMs = stillReaderMs(observation, reader);
  if (observation.count > 1 && stillMs < CONFIRMING_MS) return undefined;
  const ended = world.childrenOf(record.pid).find(isZombie);
  const certainty = certaintyOf(observation, [record.pid, ...writers.map(({ pid }) => pid)], stillMs);
  return {
    kind: 'held-open',
    isHang: true,
    ...(ended
      ? foundedOn(certainty, `the command ${ended.pid} has ended, and is a zombie`)
      : doubted(
          certainty,
          'it is taken for a leftover because its parent is not a descendant of the reader',
        )),
    ...common(world, reader, ended),
    ...(ended && { ended: processRef(ended) }),
  };
}

function isLeftover(world: World, { record: reader, fd }: Reader, pid: number): boolean {
  if (pid === reader.pid || world.isAncestor(pid, reader.pid)) return false;
  // Climbs to the adopted process: a daemon may have children of its own.
  let top = world.process(pid);
  const seen = new Set<number>();
  while (top && !isAdopter(world, top.parent, reader)) {
    if (top.parent === reader.pid || seen.has(top.pid)) return false;
    seen.add(top.pid);
    top = world.process(top.parent);
  }
  if (!top) return false;
  const readsStdin = fd < FIRST_OWN_DESCRIPTOR;
  // Members of a pipeline whose shell has ended are orphans too, and no leftovers.
  if (top.parent <= 1) return !readsStdin || reader.parent > 1;
  // Adopted by a subreaper, or started by the same shell as the reader; /proc does not tell which. A process
  // that starts clearly later than the reader is taken for a leftover.
  const later = Number(top.startTime) - Number(reader.startTime);
  return !readsStdin && later >= STARTED_LATER_TICKS;
}

function isAdopter(world: World, pid: number, reader: ProcessRecord): boolean {
  return pid <= 1 || world.isAncestor(pid, reader.pid);
}

/** An event loop whose other descriptors lead to itself or to the writers. */
function waitsForNothingElse({ record, state, writers }: Reader): boolean {
  if (state.wait.kind !== 'blocked') return false;
  const known = new Set([record.pid, ...writers.map(({ pid }) => pid)]);
  return state.wait.alternatives.every(({ targets }) => targets.every(({ pid }) => known.has(pid)));
}

/** A sibling has inherited the write end by accident. */
function leaked(observation: Observation, reader: Reader): Finding | undefined {
  const { world } = observation.last;
  const { record, writers, key, fd, isDirect } = reader;
  if (!isDirect || fd !== 0 || writers.length === 0 || !key.startsWith('pipe:')) return undefined;
  const isStray = ({ pid, descriptor }: Holder) =>
    descriptor.fd >= FIRST_OWN_DESCRIPTOR &&
    pid !== record.pid &&
    !world.isAncestor(pid, record.pid) &&
    !world.isAncestor(record.pid, pid);
  if (!writers.every((writer) => isStray(writer) && hasSettled(observation, writer))) return undefined;
  const stillMs = stillReaderMs(observation, reader);
  if (observation.count > 1 && stillMs < CONFIRMING_MS) return undefined;
  const certainty = certaintyOf(observation, [record.pid, ...writers.map(({ pid }) => pid)], stillMs);
  return {
    kind: 'leaked-write-end',
    isHang: true,
    ...doubted(
      certainty,
      'its write end is taken for accidental, since it is a sibling with a descriptor above 2',
    ),
    ...common(world, reader, undefined),
  };
}

/**
 * A shell's new child holds both ends of its pipeline until it has moved them into place, which takes long on
 * a busy machine. So the holder must stand still too, or already sleep in a program of its own.
 */
function hasSettled(observation: Observation, { pid }: Holder): boolean {
  if (observation.count > 1 && observation.stillMs([pid]) >= CONFIRMING_MS) return true;
  const { world } = observation.last;
  const holder = world.process(pid);
  const parent = holder && world.process(holder.parent);
  const isItself = holder?.command.join('\0') !== parent?.command.join('\0');
  return holder?.state === 'S' && isItself;
}

function stillReaderMs(observation: Observation, { record, state }: Reader): number {
  return observation.threadsStillMs(record.pid, [state.thread.tid]);
}

function common(world: World, { record, state, key, fd, writers }: Reader, ended: ProcessRecord | undefined) {
  const targets = writers.map(({ pid, descriptor }) => ({ pid, fd: descriptor.fd }));
  const story = alternativeStory(world, record, state.thread, { action: 'read', fd, key, targets });
  return {
    waits: [story],
    stuck: [],
    others: holderRefs(world, targets).filter(({ process }) => process.pid !== ended?.pid),
  };
}
