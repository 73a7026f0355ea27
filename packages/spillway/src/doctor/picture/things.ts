/** The things between processes: pipes, sockets, terminals and locks. */
import { clipped, formatCount, safe } from '../../base/index.js';
import type { Liveness, World } from '../graph/index.js';
import { terminalPath } from '../wording/index.js';
import { MOST_HOLDERS } from './cast.js';
import { commonKey, type Holding, pidsOf } from './holdings.js';
import type { Box, Line, Role } from './picture.js';

const LONGEST_PATH = 50;

export function thingBox(
  world: World,
  id: string,
  key: string,
  { role, isFull, path }: { role: Role; isFull: boolean; path: string | undefined },
): Box {
  const pipe = world.pipe(key);
  const lines: Line[] = [{ text: titleOf(key), look: 'name' }];
  if (path !== undefined) lines.push({ text: clipped(safe(path), LONGEST_PATH), look: 'plain' });
  const box = { id, kind: 'thing', role, lines } as const;
  if (!pipe) return { ...box, lines: [...lines, ...fillOfSockets(world, key, isFull)] };
  const { bytes, capacity } = pipe;
  const text = { text: fillOfPipe(bytes, capacity, isFull), look: 'plain' } as const;
  const fill = capacity ? { fill: Math.max(0, Math.min(1, bytes / capacity)) } : {};
  return { ...box, lines: [...lines, text], ...fill };
}

export function kindOf(key: string): string {
  if (key.startsWith('pipe:')) return 'pipe';
  if (key.startsWith('socket:')) return 'sockets';
  if (key.startsWith('terminal:') || key.startsWith('/dev/')) return 'terminal';
  if (key.startsWith('lock:')) return 'lock';
  if (key.startsWith('memory:') || key.startsWith('semaphore:')) return 'semaphore';
  return key.startsWith('fifo:') ? 'named pipe' : 'event';
}

function titleOf(key: string): string {
  const kind = kindOf(key);
  if (kind === 'terminal') return `terminal ${clipped(terminalPath(key), LONGEST_PATH)}`;
  return kind === 'sockets' ? 'pair of sockets' : kind === 'lock' ? 'lock on a file' : kind;
}

/**
 * A blocked writer proves that the pipe is full, whatever the figures: the kernel counts pages, not bytes
 * (pipe(7)).
 */
function fillOfPipe(bytes: number, capacity: number | undefined, isFull: boolean): string {
  if (capacity === undefined) return `${formatCount(bytes)} bytes${isFull ? ', full' : ''}`;
  const figures = `${formatCount(bytes)} of ${formatCount(capacity)} bytes`;
  if (bytes >= capacity) return `${figures}, full`;
  if (isFull) return `${figures}, full (by pages)`;
  return bytes === 0 ? `${figures}, empty` : figures;
}

function fillOfSockets(world: World, key: string, isFull: boolean): Line[] {
  const socket = world.socket(key);
  const peer = socket?.peer === undefined ? undefined : world.socket(`socket:[${socket.peer}]`);
  const unread = [socket, peer].flatMap((one) => one?.unreadBytes || []);
  const figures = unread.map((bytes) => `${formatCount(bytes)} bytes`).join(' and ');
  if (unread.length > 0) return [{ text: `${figures} unread${isFull ? ', full' : ''}`, look: 'plain' }];
  return isFull ? [{ text: 'full', look: 'plain' }] : [];
}

/** Keys of full things: a process is blocked writing to them. */
export function fullKeys(liveness: Liveness, pids: Iterable<number>): Set<string> {
  const found = new Set<string>();
  for (const pid of pids) {
    for (const { alternative } of liveness.edges(pid)) {
      const { action, key } = alternative;
      if (action === 'write' && key !== undefined) found.add(commonKey(liveness.world, key));
    }
  }
  return found;
}

export interface Shared {
  /** Keys of things that two or more of the shown processes hold. */
  readonly keys: readonly string[];
  /** Number of things that connect none of them: one process holds it alone, or all hold the same end. */
  readonly lonely: number;
  /** Number of things that nearly all of them hold. */
  readonly common: number;
  /** Number of things beyond `MOST_HOLDINGS`. */
  readonly further: number;
}

/** The layout time grows at least with the square of the arrows, and more arrows would be unreadable. */
const MOST_HOLDINGS = 120;

export function sharedThings(holders: ReadonlyMap<string, readonly Holding[]>): Shared {
  const keys: string[] = [];
  let [lonely, common, further, drawn] = [0, 0, 0, 0];
  for (const [key, holdings] of holders) {
    const { size } = pidsOf(holdings);
    if (key.startsWith('event:')) continue;
    // Sharing a terminal's slave side is no connection; a program on the master side makes it one.
    const isBackground = key.startsWith('terminal:') && !holdings.some(({ isMaster }) => isMaster);
    if (size < 2 || isOneEnd(holdings)) lonely++;
    else if (isBackground || size > MOST_HOLDERS) common++;
    else if (drawn + size > MOST_HOLDINGS) further++;
    else {
      keys.push(key);
      drawn += size;
    }
  }
  return { keys, lonely, common, further };
}

/** All hold the same end: they write to an inherited stderr, for example, and none of them reads it. */
function isOneEnd(holdings: readonly Holding[]): boolean {
  return new Set(holdings.map(({ flow }) => flow)).size === 1 && holdings[0]?.flow !== 'both';
}
