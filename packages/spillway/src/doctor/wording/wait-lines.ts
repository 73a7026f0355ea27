/**
 * One wait as table rows: process, reason, system call, fill of the pipe; below, the processes that could end
 * it.
 */
import { columnsOf, safe } from '../../base/index.js';
import type { ConnectionRecord } from '../snapshot/index.js';
import type { WaitStory } from '../verdict/index.js';
import { callText, holder, list, medium, ofItself, stream, who, whoInFull } from './names.js';

export interface Row {
  readonly cells: readonly string[];
  /** A line below the second column. */
  readonly below?: string;
}

export function row(story: WaitStory, path = story.path): Row {
  const below = othersOf(story);
  return {
    cells: [whoInFull(story.process), sentence(story, path), callText(story.call), fill(story)],
    ...(below !== undefined && { below }),
  };
}

/** `cannot write its stdout: the pipe is full`. */
export function sentence(story: WaitStory, path = story.path): string {
  const { action, fd, awaited, process, on } = story;
  const file = path === undefined ? 'a file' : safe(path);
  if (story.connection && awaited.length === 0) return atConnection(story, story.connection);
  switch (action) {
    case 'exit': {
      const pids = list(awaited.map((child) => String(child.process.pid)));
      return awaited.length === 1
        ? `waits for its child ${pids} to exit`
        : `waits for one of its children (${pids}) to exit`;
    }
    case 'write':
      return `cannot write ${ofItself(fd)}: the ${mediumTo(story)} is full`;
    case 'read':
      return fd === 0
        ? `waits for input on its stdin: the ${mediumTo(story)} is empty`
        : `waits for something to read on ${ofItself(fd)}: the ${mediumTo(story)} is empty`;
    case 'end':
      return `waits for the other side of ${ofItself(fd)} to close`;
    case 'lock':
      return `waits for the lock on ${file}`;
    case 'semaphore':
      return on?.startsWith('memory:')
        ? 'waits for a semaphore or lock in shared memory'
        : 'waits for a semaphore';
    case 'thread': {
      const owner = story.call?.owner;
      if (owner === undefined) return 'waits for another of its threads';
      return `its thread ${story.tid} waits for thread ${owner}`;
    }
    case 'event':
      return 'waits for an event from a process with the same eventfd';
    case 'open':
      return `opens the named pipe ${file}`;
    case 'none':
      return doing(process.state, story);
  }
}

/** `waits for its connection to 192.0.2.7:22 (fd 3)`. */
function atConnection(
  { action, fd }: WaitStory,
  { state, protocol, local, remote }: ConnectionRecord,
): string {
  const place = `(${stream(fd ?? -1)})`;
  const [here, there] = [safe(local ?? 'an unnamed socket'), safe(remote ?? local ?? 'an unnamed socket')];
  switch (state) {
    case 'connected':
      return action === 'write'
        ? `cannot send on its connection to ${there} ${place}: the other side does not read`
        : `waits for its connection to ${there} ${place}`;
    case 'connecting':
      return `connects to ${there} ${place}`;
    case 'listening':
      return `waits for connections at ${here} ${place}`;
    case 'open':
      return protocol === 'udp' ? `waits for datagrams at ${here} ${place}` : `waits at ${here} ${place}`;
  }
}

/** `pipe`, or `socket /run/server` with the path of its server. */
function mediumTo({ on, connection }: WaitStory): string {
  const path = connection?.remote ?? connection?.local;
  return path === undefined ? medium(on) : `${medium(on)} ${safe(path)}`;
}

function doing(state: string, { call }: WaitStory): string {
  if (state === 'Z') return 'has ended';
  if (state === 'T') return 'is stopped';
  if (call?.name.includes('nanosleep')) return 'sleeps';
  return call && call.name !== 'running' && call.name !== 'unknown' ? `is in ${call.name}` : 'is at work';
}

function fill({ bytes, capacity }: WaitStory): string {
  if (bytes === undefined) return '';
  return capacity === undefined ? `${bytes} bytes` : `${bytes} of ${capacity} bytes`;
}

/** The processes that could end the wait, unless the sentence names them. */
function othersOf({ action, awaited, process, on }: WaitStory): string | undefined {
  if ((action !== 'read' && action !== 'write') || on === undefined || awaited.length === 0) return undefined;
  const role = on.startsWith('pipe:') ? (action === 'read' ? 'writer' : 'reader') : 'other end';
  if (awaited.length > 1) return `${role}s: ${list(awaited.map(holder))}`;
  const [only] = awaited;
  if (!only) return undefined;
  if (only.process.pid === process.pid)
    return `only ${role}: ${who(process)} itself, fd ${only.fds.join(', ')}`;
  const idle = action === 'read' ? 'writing' : 'reading';
  return `only ${role}: ${holder(only)}, which is not ${idle}`;
}

/** Pads each column to its widest cell. */
export function table(rows: readonly Row[], indent = '  '): string[] {
  const widths: number[] = [];
  for (const { cells } of rows)
    for (const [index, cell] of cells.entries())
      widths[index] = Math.max(widths[index] ?? 0, columnsOf(cell));
  return rows.flatMap(({ cells, below }) => {
    const line = cells
      .map((cell, index) => cell + ' '.repeat((widths[index] as number) - columnsOf(cell)))
      .join('   ');
    const first = `${indent}${line}`.trimEnd();
    return below === undefined
      ? [first]
      : [first, `${indent}${' '.repeat((widths[0] as number) + 3)}${below}`];
  });
}
