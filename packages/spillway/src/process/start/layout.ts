/**
 * The child's descriptors above the standard ones: those that the caller numbered, the gate's, and those of
 * named channels, which take the lowest numbers that are left.
 */
import { readFileSync } from 'node:fs';
import { channelsLine, inheritedEntries, type Passage, passOn } from '../../pipe/index.js';
import { type ChildDescriptor, duplicate, fstatSync } from '../../system/index.js';
import type { Steps } from '../queue/index.js';
import type { StartedProcess } from '../wait/index.js';
import { type ChildSpec, isHeld, type Launch, type PassedEnd } from './child-spec.js';
import { inheritedLines } from './environment.js';
import { isBelowMake, jobserverOf, withoutJobserver } from './jobserver.js';
import { StartError } from './start-error.js';

/** An end on its way to the child, on the number or under the name `at`. */
export interface EndPassage extends Passage {
  readonly at: PassedEnd['at'];
}

/** Passes ends on to the child that `start` starts, and closes them here unless `start` throws. */
export function* passEnds(
  ends: readonly PassedEnd[],
  start: (passages: readonly EndPassage[]) => Steps<StartedProcess>,
): Steps<StartedProcess> {
  if (ends.length === 0) return yield* start([]);
  const passages: EndPassage[] = [];
  let isStarted = false;
  try {
    for (const { at, end } of ends) passages.push({ at, ...end[passOn]() });
    const started = yield* start(passages);
    const passed = passages.map(({ at, descriptors, childEnded }) => ({
      at,
      inodes: descriptors.map(({ fd }) => fstatSync(fd).ino),
      childEnded,
    }));
    isStarted = true;
    return { ...started, passed };
  } finally {
    for (const passage of passages) {
      if (isStarted) passage.done();
      else passage.failed();
    }
  }
}

export const FIRST_FURTHER = 3;

export interface Layout {
  /** Our descriptor for each of the child's from 3 on; the child's is closed where it is undefined. */
  readonly sources: readonly (number | undefined)[];
  /** The child's number for the gate that holds it back, if any; the next is free, too. */
  readonly gate: number | undefined;
  /** The child's variables, as `NAME=value` lines; undefined for this process's own, unchanged. */
  readonly variables: readonly string[] | undefined;
}

/** Throws StartError for a number beyond the limit. */
export function layOut({ child, descriptors }: Launch, passages: readonly EndPassage[]): Layout {
  const sources: (number | undefined)[] = [];
  for (const { number, fd } of descriptors) sources[number - FIRST_FURTHER] = fd;
  for (const { at, descriptors: ours } of passages)
    if (typeof at === 'number') sources[at - FIRST_FURTHER] = ours[0]?.fd;
  requireWithinLimit(child, FIRST_FURTHER + sources.length);
  const lines = withoutLostJobserver(child, (number) => sources[number - FIRST_FURTHER] !== undefined);
  const named = passages.filter((one): one is EndPassage & { at: string } => typeof one.at === 'string');
  const kept = inheritedEntries((fd) => sources[fd - FIRST_FURTHER] === fd);
  const gate = () => (isHeld(child) ? gateAmong(sources) : undefined);
  if (named.length === 0 && kept.length === 0) return { sources, gate: gate(), variables: lines };
  const numbers: number[] = [];
  let next = FIRST_FURTHER;
  for (const { fd } of named.flatMap(({ descriptors: ours }) => ours)) {
    while (sources[next - FIRST_FURTHER] !== undefined) next++;
    numbers.push(next);
    sources[next - FIRST_FURTHER] = fd;
  }
  const entries = named.map(({ at, ...passage }) => ({ name: at, ...passage }));
  const variables = [...(lines ?? inheritedLines()), channelsLine(entries, numbers, kept)];
  return { sources, gate: gate(), variables };
}

/** Below every system's limit of open files. */
const ALWAYS_ALLOWED = 64;

/** dup2(2) refuses a number from the limit on with EBADF, which names no limit. */
function requireWithinLimit(child: ChildSpec, limit: number): void {
  if (limit <= ALWAYS_ALLOWED || process.platform !== 'linux') return;
  const own = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
  if (own === undefined || limit <= Number(own)) return;
  const reason = `it would have descriptor ${limit - 1}, and the last number here is ${Number(own) - 1}`;
  throw new StartError(child, 'EBADF', 'system', `${reason}; raise its limit of open files (ulimit -n)`);
}

/** The first of two numbers that the child does not have. */
function gateAmong(sources: readonly unknown[]): number {
  let index = 0;
  while (sources[index] !== undefined || sources[index + 1] !== undefined) index++;
  return FIRST_FURTHER + index;
}

/** A make that finds these numbers closed complains; one that finds other files there reads them. */
function withoutLostJobserver(
  { environment: { lines } }: ChildSpec,
  isHandedOn: (number: number) => boolean,
): readonly string[] | undefined {
  if (lines === undefined && !isBelowMake()) return lines;
  const isLost = (line: string) => jobserverOf(line)?.some((number) => !isHandedOn(number)) ?? false;
  const own = lines ?? inheritedLines();
  return own.some(isLost) ? own.map((line) => (isLost(line) ? withoutJobserver(line) : line)) : lines;
}

/**
 * For posix_spawn, which applies them in order: a source whose number is a lower target would be overwritten
 * before its turn. Such a source is duplicated above all targets, and the duplicate is added to `opened`.
 */
export function furtherDescriptors({ sources }: Layout, opened: number[]): ChildDescriptor[] {
  if (sources.length === 0) return [];
  const end = FIRST_FURTHER + sources.length;
  return Array.from(sources, (fd, index): ChildDescriptor => {
    if (fd === undefined) return { kind: 'closed' };
    if (fd >= FIRST_FURTHER + index) return { kind: 'duplicate', of: fd };
    const copy = duplicate(fd, end, `passing descriptor ${fd} on`);
    opened.push(copy);
    return { kind: 'duplicate', of: copy };
  });
}
