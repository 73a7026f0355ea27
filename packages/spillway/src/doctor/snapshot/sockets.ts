/** The UNIX sockets of the recorded processes, with their peers. */
import type { ProcFiles, UnixSocket } from '../../system/index.js';
import type { ProcessRecord, SocketRecord } from './snapshot.js';

/** `socket:[1234]`. */
export function socketInode(target: string): number | undefined {
  return target.startsWith('socket:[') ? Number(target.slice(8, -1)) : undefined;
}

/** SS_CONNECTED in include/uapi/linux/net.h. */
const CONNECTED = '03';
/** __SO_ACCEPTCON. */
const LISTENS = 0x10000;

/** Every UNIX socket by its inode; the kernel is asked once per snapshot. */
export function unixSocketTable(
  proc: ProcFiles,
  ask: () => UnixSocket[] | undefined,
): Map<number, SocketRecord> {
  const table = new Map<number, SocketRecord>();
  const told = ask();
  if (told) for (const one of told) table.set(one.inode, recordOf(one));
  else for (const one of guessed(proc.text('net/unix') ?? '')) table.set(one.inode, one);
  return table;
}

/**
 * Adds sockets of other network namespaces, with guessed peers: the kernel reports peers only inside the
 * namespace.
 */
export function addForeignSockets(
  table: Map<number, SocketRecord>,
  proc: ProcFiles,
  processes: readonly ProcessRecord[],
): void {
  const own = proc.link('self/ns/net');
  const seen = new Set([own, undefined]);
  for (const { pid, descriptors = [] } of processes) {
    const isUnknown = descriptors.some(({ target }) => {
      const inode = socketInode(target);
      return inode !== undefined && !table.has(inode);
    });
    if (!isUnknown) continue;
    const namespace = proc.link(`${pid}/ns/net`);
    if (seen.has(namespace)) continue;
    seen.add(namespace);
    for (const one of guessed(proc.text(`${pid}/net/unix`) ?? ''))
      if (!table.has(one.inode)) table.set(one.inode, one);
  }
}

function recordOf({ inode, peer, isListening, unreadBytes }: UnixSocket): SocketRecord {
  return {
    inode,
    ...(peer !== undefined && { peer }),
    ...(isListening && { isListening: true as const }),
    ...(unreadBytes !== undefined && !isListening && { unreadBytes }),
  };
}

/**
 * Guesses pairs of unnamed sockets by their inodes: the two of a pair are created together. A run of adjacent
 * inodes is a sequence of pairs; in a run of odd length one socket is missing, so none of its pairs is
 * certain.
 */
export function guessed(table: string): SocketRecord[] {
  const lines = table.split('\n').slice(1).filter(Boolean);
  const sockets = lines.map((line) => {
    const [, , , flags, , state, inode, path] = line.trim().split(/\s+/);
    return {
      inode: Number(inode),
      isListening: (Number.parseInt(flags as string, 16) & LISTENS) !== 0,
      mayBePaired: state === CONNECTED && path === undefined,
    };
  });
  const candidates = sockets
    .filter(({ mayBePaired }) => mayBePaired)
    .map(({ inode }) => inode)
    .sort((a, b) => a - b);
  const peers = new Map<number, number>();
  for (let from = 0; from < candidates.length; ) {
    let to = from + 1;
    while (to < candidates.length && candidates[to] === (candidates[to - 1] as number) + 1) to++;
    if ((to - from) % 2 === 0) {
      for (let at = from; at < to; at += 2) {
        const [one, other] = [candidates[at] as number, candidates[at + 1] as number];
        peers.set(one, other).set(other, one);
      }
    }
    from = to;
  }
  return sockets.map(({ inode, isListening }) => {
    const peer = peers.get(inode);
    return {
      inode,
      ...(isListening && { isListening: true as const }),
      ...(peer !== undefined && { peer, isGuess: true as const }),
    };
  });
}
