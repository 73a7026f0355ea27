/** Stopped processes, in the background of a terminal or by another signal, and readers of a keyboard. */
import { argument, resolved, stuckBehind, terminalIndex, type World } from '../graph/index.js';
import { type DescriptorRecord, type ProcessRecord, watchesOf } from '../snapshot/index.js';
import { certaintyOf, doubted, foundedOn } from './confidence.js';
import type { Finding, WaitStory } from './finding.js';
import { CONFIRMING_MS, type Observation } from './observation.js';
import { holderRefs, plainStory, processStory } from './story.js';

/**
 * Calls for which the kernel stops a background process: reads; changes of the terminal; writes with `stty
 * tostop`.
 */
const TOUCHES = /^(?:read|readv|write|writev|ioctl)$/;

export function stoppedProcesses(observation: Observation): Finding[] {
  const { world, liveness } = observation.last;
  return [...world.processes].flatMap((record) => {
    if (!isStopped(record)) return [];
    const stillMs = observation.stillMs([record.pid]);
    if (observation.count > 1 && stillMs < CONFIRMING_MS) return [];
    const stuck = stuckBehind([record.pid], liveness);
    const thread = record.threads[0];
    const byTerminal = isStoppedByTerminal(record);
    const touched = touchedTerminal(world, record);
    // A job stopped with Ctrl-Z, or by a debugger, is a hang only if another process waits for it.
    const isHang = byTerminal || stuck.length > 0;
    const certainty = foundedOn(
      certaintyOf(observation, [record.pid], stillMs),
      'it is in the state T',
      ...(byTerminal
        ? [`its process group ${record.group} is not the foreground group ${record.foregroundGroup}`]
        : []),
    );
    const isProven = !byTerminal || touched;
    const story: WaitStory = {
      ...plainStory(record, thread, 'none'),
      ...(touched && { on: `terminal:${terminalIndex(record.terminal)}`, fd: argument(touched, 0) }),
    };
    return [
      {
        kind: byTerminal ? ('stopped-on-terminal' as const) : ('stopped' as const),
        isHang,
        ...(isProven ? certainty : doubted(certainty, 'it is not in a call that touches the terminal')),
        waits: [story],
        stuck: stuck.flatMap((pid) => {
          const waiter = world.process(pid);
          return waiter ? [processStory(world, waiter, liveness.threads(pid))] : [];
        }),
        others: [],
      },
    ];
  });
}

function isStopped({ state, threads }: ProcessRecord): boolean {
  return state === 'T' && threads.every((thread) => thread.state === 'T');
}

function isStoppedByTerminal(record: ProcessRecord): boolean {
  const { terminal, group, foregroundGroup, threads } = record;
  if (terminal === 0 || group === foregroundGroup) return false;
  // Stopped outside such a call: by another signal.
  return threads.some(({ call }) => call === undefined || TOUCHES.test(call.name));
}

function touchedTerminal(world: World, record: ProcessRecord) {
  const call = record.threads.find((thread) => thread.call && TOUCHES.test(thread.call.name))?.call;
  const descriptor = call && world.descriptor(record.pid, argument(call, 0));
  return descriptor && isTerminal(descriptor) ? call : undefined;
}

export function terminalReaders(observation: Observation): Finding[] {
  const { world, liveness } = observation.last;
  return [...world.processes].flatMap((record) => {
    if (!liveness.isLive(record.pid)) return [];
    const story = keyboardStory(observation, record);
    if (!story) return [];
    const stillMs = observation.threadsStillMs(record.pid, [story.tid]);
    if (observation.count > 1 && stillMs < CONFIRMING_MS) return [];
    const certainty = certaintyOf(observation, [record.pid], stillMs);
    return [
      {
        kind: 'terminal-input' as const,
        isHang: false,
        ...certainty,
        waits: [story],
        stuck: [],
        others: [],
      },
    ];
  });
}

function keyboardStory({ last: { world } }: Observation, record: ProcessRecord): WaitStory | undefined {
  for (const thread of record.threads) {
    if (thread.state !== 'S' || !thread.call || thread.call.hasTimeout) continue;
    const isOnlyRead = thread.call.name === 'read';
    for (const watch of watchesOf(thread.call, record) ?? []) {
      if (watch.for !== 'reading' || (!isOnlyRead && watch.fd !== 0)) continue;
      const found = world.descriptor(record.pid, watch.fd);
      if (!found || !isTerminal(found)) continue;
      const { target } = resolved(record, found);
      const index = /^\/dev\/pts\/(\d+)$/.exec(target)?.[1];
      const masters =
        index === undefined
          ? []
          : world.holders(`terminal:${index}`).filter(({ descriptor }) => descriptor.masterOf !== undefined);
      const targets = masters.map(({ pid, descriptor }) => ({ pid, fd: descriptor.fd }));
      return {
        ...plainStory(record, thread, 'read'),
        fd: watch.fd,
        on: index === undefined ? target : `terminal:${index}`,
        awaited: holderRefs(world, targets),
      };
    }
  }
  return undefined;
}

function isTerminal({ target, masterOf }: DescriptorRecord): boolean {
  return masterOf === undefined && /^\/dev\/(?:pts\/\d+|tty\w*|console)$/.test(target);
}
