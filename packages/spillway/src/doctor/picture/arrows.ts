/** The arrows of the picture: waits and open descriptors. */
import type { WaitStory } from '../verdict/index.js';
import { stream } from '../wording/index.js';
import type { Holding } from './holdings.js';
import type { Arrow, Role } from './picture.js';
import type { Told } from './roles.js';

const MOST_DESCRIPTORS = 4;

/** Ids and roles in the picture. */
export interface Ids {
  readonly process: (pid: number) => string | undefined;
  readonly thing: (key: string) => string | undefined;
  readonly role: (pid: number) => Role;
}

/** The arrows of one wait: directly to a process, or through the pipe or other thing between them. */
export function waitArrows({ story, finding, role }: Told, key: string | undefined, ids: Ids): Arrow[] {
  const from = ids.process(story.process.pid);
  if (from === undefined) return [];
  const common = { kind: 'wait', role } as const;
  if (story.action === 'thread') return [{ ...common, from, to: from, label: threadWords(story) }];
  const at = key === undefined ? undefined : ids.thing(key);
  const toAwaited = story.awaited.flatMap(({ process, fds }) => {
    const to = ids.process(process.pid);
    return to === undefined ? [] : [{ to, fds, role: roleOfAwaited(role, ids.role(process.pid)) }];
  });
  if (at === undefined) {
    const label = story.action === 'exit' ? exitWords(story) : 'waits for it';
    return toAwaited.map((one) => ({ kind: 'wait', from, to: one.to, role: one.role, label }));
  }
  return [
    { ...common, from, to: at, label: waitWords(story) },
    ...toAwaited.map(({ to, fds, role: its }) => ({
      kind: 'wait' as const,
      from: at,
      to,
      role: its,
      label: awaitedWords(story, fds, finding.kind),
    })),
  ];
}

/** Only one of several processes that could end the wait may be part of the hang. */
function roleOfAwaited(role: Role, its: Role): Role {
  return role === 'hang' && its !== 'hang' ? 'plain' : role;
}

function exitWords({ awaited }: WaitStory): string {
  return awaited.length > 1 ? 'waits for this or another exit' : 'waits for its exit';
}

function threadWords({ tid, call }: WaitStory): string {
  return call?.owner === undefined
    ? 'waits for another of its threads'
    : `thread ${tid} waits for ${call.owner}`;
}

function waitWords({ action, fd }: WaitStory): string {
  const place = fd === undefined ? '' : `${stream(fd)}: `;
  switch (action) {
    case 'write':
      return `${place}cannot write, full`;
    case 'read':
      return `${place}waits for input`;
    case 'end':
      return `${place}waits for its end`;
    case 'lock':
      return 'waits for the lock';
    case 'semaphore':
      return 'waits for the semaphore';
    case 'event':
      return `${place}waits for an event`;
    case 'open':
      return 'waits for a partner';
    default:
      return place === '' ? 'is stopped at it' : `${place}is stopped at it`;
  }
}

function awaitedWords({ action }: WaitStory, fds: readonly number[], kind: Told['finding']['kind']): string {
  if (action === 'lock') return 'held by';
  const place = descriptors(fds);
  if (kind === 'back-pressure' || kind === 'terminal-input') return place;
  const isHeld = kind === 'held-open' || kind === 'leaked-write-end';
  const words = isHeld ? 'still open' : action === 'write' ? 'does not read' : 'does not write';
  return place === '' ? words : `${place}: ${words}`;
}

/** The data flow between processes and things, for descriptors without a wait arrow. */
export function flowArrows(holdings: readonly Holding[], ids: Ids): Arrow[] {
  const groups = new Map<string, Holding[]>();
  for (const one of holdings) {
    const id = `${one.pid} ${one.flow} ${one.isMaster} ${one.key}`;
    groups.set(id, [...(groups.get(id) ?? []), one]);
  }
  return [...groups.values()].flatMap((group) => {
    const [{ pid, key, flow, isMaster }] = group as [Holding];
    const [process, thing] = [ids.process(pid), ids.thing(key)];
    if (process === undefined || thing === undefined) return [];
    const words = descriptors(group.map(({ fd }) => fd));
    const label = isMaster ? `${words}: its other side` : words;
    const [from, to] = flow === 'in' ? [thing, process] : [process, thing];
    return [
      { from, to, kind: 'flow', role: 'plain', label, ...(flow === 'both' && { isTwoWay: true as const }) },
    ];
  });
}

function descriptors(fds: readonly number[]): string {
  const sorted = [...new Set(fds)].sort((one, other) => one - other);
  const words = sorted.slice(0, MOST_DESCRIPTORS).map(stream).join(', ');
  return sorted.length > MOST_DESCRIPTORS ? `${words}, …` : words;
}
