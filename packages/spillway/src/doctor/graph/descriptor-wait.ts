/** Which processes can end a wait on one descriptor. */
import type { DescriptorRecord, ProcessRecord, WatchRecord } from '../snapshot/index.js';
import { resourceKey } from '../snapshot/index.js';
import { SIGCHLD } from './signals.js';
import type { Alternative, Reason, Target } from './wait.js';
import { type Holder, resolved, type World } from './world.js';

/** What would end the wait, or the reason why it may end without any process of the snapshot. */
export function descriptorWait(
  world: World,
  record: ProcessRecord,
  watch: WatchRecord,
): Alternative | Reason {
  const found = world.descriptor(record.pid, watch.fd);
  // Closed meanwhile, for instance by another thread.
  if (!found) return 'unknown';
  const descriptor = resolved(record, found);
  if (descriptor.isFifo) return 'fifo';
  const { target } = descriptor;
  const wait = { fd: watch.fd, action: actionOf(watch) } as const;
  if (target.startsWith('pipe:')) return among(world, wait, target, otherEnd(world, descriptor, watch));
  if (target.startsWith('socket:')) return socketWait(world, wait, target);
  if (target.startsWith('/dev/pts/')) return terminalWait(world, wait, descriptor, 'master');
  if (descriptor.masterOf !== undefined) return terminalWait(world, wait, descriptor, 'slave');
  if (descriptor.eventId !== undefined)
    return among(world, { ...wait, action: 'event' }, `event:${descriptor.eventId}`);
  if (descriptor.processOf !== undefined) return processWait(world, wait.fd, descriptor.processOf);
  if (descriptor.signals !== undefined) return signalWait(world, record, wait.fd, descriptor.signals);
  // Node's event loop has an io_uring for file operations: its events answer the process's own requests.
  if (target.includes('io_uring')) return { ...wait, action: 'event', targets: [{ pid: record.pid }] };
  return 'device';
}

type Beginning = Pick<Alternative, 'action'> & { readonly fd: number };

function actionOf(watch: WatchRecord): 'read' | 'write' | 'end' {
  if (watch.for === 'end') return 'end';
  return watch.for === 'writing' ? 'write' : 'read';
}

function otherEnd(world: World, descriptor: DescriptorRecord, watch: WatchRecord): readonly Holder[] {
  const { target, access } = descriptor;
  if (watch.for === 'both' || access === 'both' || access === undefined) return world.holders(target);
  // Hang-ups and errors come from the other side, too.
  return access === 'read' ? world.writers(target) : world.readers(target);
}

function among(
  world: World,
  wait: Beginning,
  key: string,
  holders: readonly Holder[] = world.holders(key),
): Alternative | Reason {
  const targets = holders.map(({ pid, descriptor }) => ({ pid, fd: descriptor.fd }));
  // The holder is invisible: another user's process, or it has just closed the descriptor.
  return targets.length === 0 ? 'outside' : { ...wait, key, targets };
}

function socketWait(world: World, wait: Beginning, target: string): Alternative | Reason {
  const socket = world.socket(target);
  if (!socket || socket.isListening) return 'network';
  if (socket.peer === undefined) return 'outside';
  const found = among(world, wait, `socket:[${socket.peer}]`);
  return typeof found === 'string' ? found : { ...found, key: target };
}

function terminalWait(
  world: World,
  wait: Beginning,
  descriptor: DescriptorRecord,
  other: 'master' | 'slave',
): Alternative | Reason {
  const key = resourceKey(descriptor) as string;
  const isMaster = (holder: Holder) => holder.descriptor.masterOf !== undefined;
  return among(
    world,
    wait,
    key,
    world.holders(key).filter((holder) => isMaster(holder) === (other === 'master')),
  );
}

function processWait(world: World, fd: number, pid: number): Alternative | Reason {
  if (pid <= 0) return 'ready';
  return world.process(pid) ? { action: 'exit', fd, targets: [{ pid }] } : 'outside';
}

/** SIGCHLD comes from a child; any other signal may come from any process. */
function signalWait(
  world: World,
  { pid }: ProcessRecord,
  fd: number,
  signals: readonly number[],
): Alternative | Reason {
  if (signals.length !== 1 || signals[0] !== SIGCHLD) return 'signals';
  const targets: Target[] = world.childrenOf(pid).map((child) => ({ pid: child.pid }));
  return targets.length === 0 ? 'signals' : { action: 'exit', fd, targets };
}
