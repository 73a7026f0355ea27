/** What a process waits for at a socket whose other end is not a process of the snapshot. */
import type { ThreadState, World } from '../graph/index.js';
import { type ConnectionRecord, type ProcessRecord, socketInode, watchesOf } from '../snapshot/index.js';
import type { WaitStory } from './finding.js';

type AtConnection = Pick<WaitStory, 'action' | 'fd' | 'on' | 'connection'>;

const ORDER = ['connected', 'connecting', 'listening', 'open'] as const;

/** The most telling of the connections that the thread waits for; undefined if there is none. */
export function atConnection(
  world: World,
  record: ProcessRecord,
  { thread, wait }: ThreadState,
): AtConnection | undefined {
  const { call } = thread;
  if (!call || wait.kind !== 'live') return undefined;
  const found = (watchesOf(call, record) ?? []).flatMap(({ fd, for: purpose }) => {
    const target = world.descriptor(record.pid, fd)?.target ?? '';
    const connection = connectionOf(world, target);
    if (!connection) return [];
    const action = purpose === 'writing' && connection.state === 'connected' ? 'write' : 'read';
    return [{ action, fd, on: target, connection } as const];
  });
  // A set may watch one connection for both.
  const rank = ({ connection, action }: (typeof found)[number]) =>
    2 * ORDER.indexOf(connection.state) + Number(action === 'write');
  return found.sort((one, other) => rank(one) - rank(other))[0];
}

export function connectionOf(world: World, target: string): ConnectionRecord | undefined {
  const inode = socketInode(target);
  return inode === undefined ? undefined : world.snapshot.connections?.find((one) => one.inode === inode);
}
