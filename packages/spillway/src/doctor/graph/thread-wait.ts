/** What a thread's blocked call waits for. An uncertain wait counts as ending by itself. */
import { type BlockedCall, type ProcessRecord, type ThreadRecord, watchesOf } from '../snapshot/index.js';
import { descriptorWait } from './descriptor-wait.js';
import { guessedWait } from './guessed-wait.js';
import { HANDLERS_OF_A_RUNTIME, housekeepers, isOffDuty } from './housekeeping.js';
import { hearsChildren, mayWake, SIGALRM, SIGCHLD } from './signals.js';
import { type Alternative, live, type Reason, type Wait } from './wait.js';
import { isZombie, type World } from './world.js';

/** F_SETLKW and F_OFD_SETLKW (fcntl(2)). */
const LOCKING = new Set([7, 38]);
/** A call of vfork(2), in state D until the child has executed its program or has ended. */
const STARTING = new Set(['vfork', 'clone', 'clone3']);
const P_ALL = 0;
const P_PID = 1;
const P_PGID = 2;
const P_PIDFD = 3;

export function threadWait(world: World, record: ProcessRecord, thread: ThreadRecord): Wait {
  const wait = ownWait(world, record, thread);
  const isService = wait.kind === 'live' && housekeepers(record).has(thread.tid) && isOffDuty(thread);
  return isService ? live('housekeeping') : wait;
}

function ownWait(world: World, record: ProcessRecord, thread: ThreadRecord): Wait {
  switch (thread.state) {
    case 'R':
      return live('running');
    case 'D':
      return thread.call && STARTING.has(thread.call.name)
        ? anyOf([startedChild(world, record)])
        : live('uninterruptible');
    case 'I':
      return live('uninterruptible');
    case 't':
      return live('traced');
    case 'T':
      return { kind: 'stopped' };
    case 'Z':
    case 'X':
      return { kind: 'over' };
  }
  // /proc does not show an interval timer, but the handler for its signal.
  if (record.caughtSignals.includes(SIGALRM) && record.caughtSignals.length < HANDLERS_OF_A_RUNTIME)
    return live('timeout');
  const { call } = thread;
  if (!call) return guessedWait(world, record, thread);
  if (call.name === 'running') return live('running');
  if (call.isEndless) return live('asleep');
  if (call.hasTimeout) return live('timeout');
  const watches = watchesOf(call, record);
  if (watches) {
    const found = watches.map((watch) => descriptorWait(world, record, watch));
    return anyOf([...found, ...childSignals(world, record, call, found)]);
  }
  switch (call.name) {
    case 'wait4':
    case 'waitid':
      return anyOf([childWait(world, record, call)]);
    case 'futex':
      return anyOf([futexWait(world, record, thread, call)]);
    case 'flock':
      return anyOf([lockWait(world, record)]);
    case 'fcntl':
      return LOCKING.has(argument(call, 1)) ? anyOf([lockWait(world, record)]) : live('unknown');
    case 'open':
    case 'openat':
    case 'openat2':
      return live('fifo');
    case 'pause':
    case 'rt_sigsuspend':
      return signalWait(world, record, record.caughtSignals);
    case 'rt_sigtimedwait':
      return call.signals ? signalWait(world, record, call.signals) : live('signals');
    default:
      return live('unknown');
  }
}

/** Blocked if every alternative needs a process of the snapshot. */
function anyOf(found: readonly (Alternative | Reason)[]): Wait {
  const alternatives: Alternative[] = [];
  for (const one of found) {
    if (typeof one === 'string') return live(one);
    alternatives.push(one);
  }
  // Without alternatives only a signal can end the wait.
  return alternatives.length === 0 ? live('signals') : { kind: 'blocked', alternatives };
}

/**
 * A handler for SIGCHLD interrupts the sleep of an event loop, and may write to a pipe that the program
 * itself reads, as that of .NET does.
 */
function childSignals(
  world: World,
  record: ProcessRecord,
  call: BlockedCall,
  found: readonly (Alternative | Reason)[],
): Alternative[] {
  if (!hearsChildren(record)) return [];
  const isOwn = (one: Alternative | Reason) =>
    typeof one !== 'string' && one.targets.every(({ pid }) => pid === record.pid);
  return /poll|select/.test(call.name) || found.every(isOwn) ? exits(world, record) : [];
}

/** An exit of any child. */
function exits(world: World, { pid }: ProcessRecord): Alternative[] {
  const targets = world.childrenOf(pid).map((child) => ({ pid: child.pid }));
  return targets.length === 0 ? [] : [{ action: 'exit', targets }];
}

/** A wait for one of these signals. */
function signalWait(world: World, record: ProcessRecord, signals: readonly number[]): Wait {
  if (mayWake(signals)) return live('signals');
  const found = signals.includes(SIGCHLD) ? exits(world, record) : [];
  return found.length === 0 ? live('asleep') : anyOf(found);
}

function childWait(world: World, record: ProcessRecord, call: BlockedCall): Alternative | Reason {
  const matches = call.name === 'wait4' ? byWait4(record, call) : byWaitid(world, record, call);
  const children = world.childrenOf(record.pid).filter(matches);
  if (children.some(isZombie)) return 'ready';
  // Outside the trees not all children are recorded, and a tracer waits for other processes' children.
  return children.length === 0
    ? 'outside'
    : { action: 'exit', targets: children.map(({ pid }) => ({ pid })) };
}

/** The child that a vfork made: the newest one. */
function startedChild(world: World, record: ProcessRecord): Alternative | Reason {
  const children = world.childrenOf(record.pid);
  const [first] = children;
  if (!first) return 'outside';
  const { pid } = children.reduce(
    (newest, one) => (Number(one.startTime) > Number(newest.startTime) ? one : newest),
    first,
  );
  return { action: 'exit', targets: [{ pid }] };
}

type Matches = (child: ProcessRecord) => boolean;

/** wait4's argument is a number of the waiter's pid namespace; the snapshot has pids of it, but no groups. */
function byWait4(record: ProcessRecord, call: BlockedCall): Matches {
  const which = argument(call, 0);
  if (which > 0) return (child) => (child.innerPid ?? child.pid) === which || child.pid === which;
  if (which === -1 || record.innerPid !== undefined) return () => true;
  const group = which === 0 ? record.group : -which;
  return (child) => child.group === group;
}

function byWaitid(world: World, record: ProcessRecord, call: BlockedCall): Matches {
  const [type, id] = [argument(call, 0), argument(call, 1)];
  if (type === P_PID) return (child) => (child.innerPid ?? child.pid) === id || child.pid === id;
  if (type === P_PIDFD) {
    const pid = world.descriptor(record.pid, id)?.processOf;
    return (child) => child.pid === pid;
  }
  if (type === P_PGID && record.innerPid === undefined) {
    const group = id === 0 ? record.group : id;
    return (child) => child.group === group;
  }
  return () => type === P_ALL || type === P_PGID;
}

function futexWait(
  world: World,
  record: ProcessRecord,
  thread: ThreadRecord,
  call: BlockedCall,
): Alternative | Reason {
  const owner = ownerThread(record, thread, call);
  if (owner !== undefined) return { action: 'thread', targets: [{ pid: record.pid, tid: owner }] };
  if (call.isShared) return semaphoreWait(world, thread);
  return { action: 'thread', targets: [{ pid: record.pid }] };
}

/** Any process that has the memory mapped may end the wait. */
function semaphoreWait(world: World, { tid }: ThreadRecord): Alternative | Reason {
  const { key, users = [] } = world.semaphore(tid) ?? {};
  const targets = users.filter((pid) => world.process(pid)).map((pid) => ({ pid }));
  return key === undefined || targets.length === 0 ? 'outside' : { action: 'semaphore', key, targets };
}

/** The thread of the same process that holds the mutex, or that is being joined. */
export function ownerThread(
  record: ProcessRecord,
  thread: ThreadRecord,
  call: BlockedCall | undefined,
): number | undefined {
  if (call?.owner === undefined) return undefined;
  const owner = record.threads.find(({ tid, innerTid }) => (innerTid ?? tid) === call.owner);
  return owner && owner.tid !== thread.tid ? owner.tid : undefined;
}

function lockWait(world: World, record: ProcessRecord): Alternative | Reason {
  const lock = world.snapshot.locks.find(({ waiter }) => waiter === record.pid);
  const owners = lock?.owners.filter((pid) => world.process(pid)) ?? [];
  if (owners.length === 0) return 'outside';
  return { action: 'lock', key: `lock:${lock?.file}`, targets: owners.map((pid) => ({ pid })) };
}

/** An argument of type int. */
export function argument(call: BlockedCall, index: number): number {
  return Number(BigInt.asIntN(32, BigInt(call.args[index] ?? 0)));
}
