/**
 * Passes ends of channels on to a child: numbers their descriptors and names them in a variable.
 *
 * They follow the standard descriptors and, if there is one, the gate's. Not every shell can redirect a
 * descriptor above 9, so the gate keeps its number however many channels there are.
 */
import { channelsLine, type NamedPassage, type Passage, passOn } from '../../pipe/index.js';
import { type ChildDescriptor, duplicate } from '../../system/index.js';
import type { ChildSpec, NamedEnd } from './child-spec.js';
import { inheritedLines } from './environment.js';
import { GATE_DESCRIPTOR } from './gate.js';

/** Passes ends on to the child that `start` starts, and closes them here unless `start` throws. */
export function passChannels<T>(
  ends: readonly NamedEnd[],
  start: (passages: readonly NamedPassage[]) => T,
): T {
  if (ends.length === 0) return start([]);
  const passages: (NamedPassage & Passage)[] = [];
  let isStarted = false;
  try {
    for (const { name, end } of ends) passages.push({ name, ...end[passOn]() });
    const started = start(passages);
    isStarted = true;
    return started;
  } finally {
    for (const passage of passages) {
      if (isStarted) passage.done();
      else passage.failed();
    }
  }
}

/** The child's descriptor number for the first channel. */
function firstIn({ constraints }: ChildSpec): number {
  return constraints ? GATE_DESCRIPTOR + 1 : 3;
}

/** Descriptors of this process, in the order of the child's. */
export function channelSources(passages: readonly NamedPassage[]): number[] {
  return passages.flatMap(({ descriptors }) => descriptors.map(({ fd }) => fd));
}

/**
 * The child's descriptors after the standard ones and the gate's. posix_spawn copies in order, so a source
 * whose number is also a target would be overwritten before its turn. Such a source is duplicated above all
 * targets, and the duplicate is added to `opened`.
 */
export function channelDescriptors(
  child: ChildSpec,
  passages: readonly NamedPassage[],
  opened: number[],
): ChildDescriptor[] {
  const sources = channelSources(passages);
  const first = firstIn(child);
  const end = first + sources.length;
  return sources.map((fd, index) => {
    if (fd >= end || fd === first + index) return { kind: 'duplicate', of: fd };
    const copy = duplicate(fd, end, 'passing a channel on');
    opened.push(copy);
    return { kind: 'duplicate', of: copy };
  });
}

/** The child's variables as `NAME=value` lines; undefined for this process's own environment, unchanged. */
export function childVariables(
  child: ChildSpec,
  passages: readonly NamedPassage[],
): readonly string[] | undefined {
  const { lines } = child.environment;
  if (passages.length === 0) return lines;
  return [...(lines ?? inheritedLines()), channelsLine(passages, firstIn(child))];
}
