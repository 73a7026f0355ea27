/** Which process holds which end of a thing; both ends of a pair of sockets have one key. */
import { resolved, type World } from '../graph/index.js';
import { type ProcessRecord, resourceKey } from '../snapshot/index.js';

export interface Holding {
  readonly pid: number;
  readonly key: string;
  readonly fd: number;
  /** From the process's side: `in` is read, `out` is written. */
  readonly flow: 'in' | 'out' | 'both';
  /** The master side of a terminal, as tmux has it. */
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

/** One key for both sockets of a pair: they are one thing in the picture. */
export function commonKey(world: World, key: string): string {
  const socket = world.socket(key);
  return socket?.peer === undefined ? key : `socket:[${Math.min(socket.inode, socket.peer)}]`;
}

/** Groups holdings by key. */
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
