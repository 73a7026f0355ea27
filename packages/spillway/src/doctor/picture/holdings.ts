/** Who holds which end of what, by one key for the two ends of a pair of sockets. */
import { resolved, type World } from '../graph/index.js';
import { type ProcessRecord, resourceKey } from '../snapshot/index.js';

export interface Holding {
  readonly pid: number;
  readonly key: string;
  readonly fd: number;
  /** As the process sees it. */
  readonly flow: 'in' | 'out' | 'both';
  /** The side of a terminal that a program such as tmux has. */
  readonly isMaster: boolean;
}

export function holdingsOf(world: World, record: ProcessRecord): Holding[] {
  return (record.descriptors ?? []).flatMap((found) => {
    const descriptor = resolved(record, found);
    const key = resourceKey(descriptor);
    if (key === undefined) return [];
    const { fd, access, masterOf } = descriptor;
    const isPipe = key.startsWith('pipe:');
    const flow = isPipe && access === 'read' ? 'in' : isPipe && access === 'write' ? 'out' : 'both';
    return [{ pid: record.pid, key: commonKey(world, key), fd, flow, isMaster: masterOf !== undefined }];
  });
}

/** Both sockets of a pair are one thing in the picture. */
export function commonKey(world: World, key: string): string {
  const socket = world.socket(key);
  return socket?.peer === undefined ? key : `socket:[${Math.min(socket.inode, socket.peer)}]`;
}

/** The holders of each. */
export function byKey(holdings: Iterable<Holding>): Map<string, Holding[]> {
  const found = new Map<string, Holding[]>();
  for (const one of holdings) {
    const others = found.get(one.key);
    if (others) others.push(one);
    else found.set(one.key, [one]);
  }
  return found;
}

export function pidsOf(holdings: readonly Holding[]): Set<number> {
  return new Set(holdings.map(({ pid }) => pid));
}
