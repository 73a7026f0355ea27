/** Keys for things that processes share and wait on: descriptors with the same key lead to the same thing. */
import type { DescriptorRecord } from './snapshot.js';
import { socketInode } from './sockets.js';

/**
 * `pipe:[1234]`, `socket:[1234]`, `event:7`, `terminal:3`; undefined for a target without another end in a
 * process.
 */
export function resourceKey({ target, eventId, masterOf }: DescriptorRecord): string | undefined {
  if (target.startsWith('pipe:') || target.startsWith('socket:')) return target;
  if (eventId !== undefined) return `event:${eventId}`;
  if (masterOf !== undefined) return `terminal:${masterOf}`;
  if (target.startsWith('/dev/pts/')) return terminalKey(target);
  return undefined;
}

/** The keys of the other end. */
export function otherKeys(key: string, peerOf: (inode: number) => number | undefined): string[] {
  const inode = socketInode(key);
  if (inode === undefined) return [key];
  const peer = peerOf(inode);
  return peer === undefined ? [] : [`socket:[${peer}]`];
}

export function pipeInode(target: string): number | undefined {
  return target.startsWith('pipe:[') ? Number(target.slice(6, -1)) : undefined;
}

function terminalKey(target: string): string | undefined {
  const index = target.slice('/dev/pts/'.length);
  return /^\d+$/.test(index) ? `terminal:${index}` : undefined;
}
