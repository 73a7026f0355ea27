/** The pipes, sockets, terminals and locks between the processes of the picture. */
import type { Liveness, World } from '../graph/index.js';
import { clipped, figure, safe, terminalPath } from '../wording/index.js';
import { MOST_HOLDERS } from './cast.js';
import { commonKey, type Holding, pidsOf } from './holdings.js';
import type { Box, Line, Role } from './picture.js';

const LONGEST_PATH = 50;

/** How a kind of thing is called, and what its box says of it. */
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
  return key.startsWith('fifo:') ? 'named pipe' : 'event';
}

function titleOf(key: string): string {
  const kind = kindOf(key);
  if (kind === 'terminal') return `terminal ${clipped(terminalPath(key), LONGEST_PATH)}`;
  return kind === 'sockets' ? 'pair of sockets' : kind === 'lock' ? 'lock on a file' : kind;
}

/** A blocked writer proves that there is no room, whatever the figures: the kernel counts pages, not bytes (pipe(7)). */
function fillOfPipe(bytes: number, capacity: number | undefined, isFull: boolean): string {
  if (capacity === undefined) return `${figure(bytes)} bytes${isFull ? ', full' : ''}`;
  const figures = `${figure(bytes)} of ${figure(capacity)} bytes`;
  if (bytes >= capacity) return `${figures}, full`;
  if (isFull) return `${figures}, full (by pages)`;
  return bytes === 0 ? `${figures}, empty` : figures;
}

function fillOfSockets(world: World, key: string, isFull: boolean): Line[] {
  const socket = world.socket(key);
  const peer = socket?.peer === undefined ? undefined : world.socket(`socket:[${socket.peer}]`);
  const unread = [socket, peer].flatMap((one) => one?.unreadBytes || []);
  const figures = unread.map((bytes) => `${figure(bytes)} bytes`).join(' and ');
  if (unread.length > 0) return [{ text: `${figures} unread${isFull ? ', full' : ''}`, look: 'plain' }];
  return isFull ? [{ text: 'full', look: 'plain' }] : [];
}

/** Those into which somebody cannot write any more. */
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
  /** Keys of what two or more of the shown processes have. */
  readonly keys: readonly string[];
  /** What connects none of them: one has it alone, or all of them have the same end. */
  readonly lonely: number;
  /** What nearly all of them have. */
  readonly common: number;
  /** What would make a tangle of it. */
  readonly further: number;
}

/** The time that a layout takes grows with the square of the arrows and faster, and nobody follows so many. */
const MOST_HOLDINGS = 120;

export function sharedThings(holders: ReadonlyMap<string, readonly Holding[]>): Shared {
  const keys: string[] = [];
  let [lonely, common, further, drawn] = [0, 0, 0, 0];
  for (const [key, holdings] of holders) {
    const { size } = pidsOf(holdings);
    if (key.startsWith('event:')) continue;
    // That all of them write to one screen connects nobody; a program that is the other side of it does.
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

/** A pipe into which all of them write, such as an inherited stderr, and whose reader is none of them. */
function isOneEnd(holdings: readonly Holding[]): boolean {
  return new Set(holdings.map(({ flow }) => flow)).size === 1 && holdings[0]?.flow !== 'both';
}
