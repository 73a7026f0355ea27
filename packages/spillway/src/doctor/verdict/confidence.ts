/** The confidence of a verdict, its basis and its doubts. */
import { HANDLERS_OF_A_RUNTIME, HARMLESS, isIdle, type Liveness, type World } from '../graph/index.js';
import type { ProcessRecord } from '../snapshot/index.js';
import type { Confidence } from './finding.js';
import { CONFIRMING_MS, type Observation } from './observation.js';

export interface Certainty {
  readonly confidence: Confidence;
  readonly basis: readonly string[];
  readonly doubts: readonly string[];
}

/** For a verdict that holds as long as these processes do not move. */
export function certaintyOf(observation: Observation, pids: readonly number[], stillMs: number): Certainty {
  const { world, liveness } = observation.last;
  const records = pids.flatMap((pid) => world.process(pid) ?? []);
  const basis = [
    stillMs >= CONFIRMING_MS
      ? `${observation.count} scans, ${Math.round(stillMs)} ms apart, in which nothing moved`
      : 'a single scan, unconfirmed',
  ];
  const blind = records.filter(({ unreadable }) => unreadable.length > 0);
  const doubts = [
    ...blind.map(({ pid }) => `process ${pid} cannot be read`),
    ...reservations(world, records),
    ...records.flatMap((record) => idleThreads(liveness, record) ?? []),
  ];
  if (stillMs < CONFIRMING_MS || blind.length > 0) return { confidence: 'possible', basis, doubts };
  if (doubts.length > 0) return { confidence: 'likely', basis, doubts };
  return {
    confidence: 'certain',
    basis: [...basis, 'every process that could change it is visible'],
    doubts,
  };
}

/** Adds a doubt, which rules out `'certain'`. */
export function doubted(certainty: Certainty, doubt: string): Certainty {
  const confidence = certainty.confidence === 'certain' ? 'likely' : certainty.confidence;
  return { ...certainty, confidence, doubts: [...certainty.doubts, doubt] };
}

/** For a verdict about what the kernel does not tell. */
export function onlyPossible(certainty: Certainty): Certainty {
  return { ...certainty, confidence: 'possible' };
}

/** Adds facts to the basis. */
export function foundedOn(certainty: Certainty, ...facts: readonly string[]): Certainty {
  return { ...certainty, basis: [...certainty.basis, ...facts] };
}

function reservations(world: World, records: readonly ProcessRecord[]): string[] {
  const found: string[] = [];
  for (const { pid, caughtSignals } of records) {
    const acting = caughtSignals.filter((signal) => !HARMLESS.has(signal));
    if (acting.length > 0 && caughtSignals.length < HANDLERS_OF_A_RUNTIME)
      found.push(
        `process ${pid} has a handler for signal ${acting.join(', ')}, which could make it continue`,
      );
  }
  const related = relatedStranger(world, records);
  if (related !== undefined) found.push(`process ${related} cannot be read, and could hold an end`);
  const guesses = new Set(
    world.snapshot.sockets.filter(({ isGuess }) => isGuess).map(({ inode }) => `socket:[${inode}]`),
  );
  if (records.some(({ descriptors = [] }) => descriptors.some(({ target }) => guesses.has(target))))
    found.push('connected sockets were inferred from their numbers');
  return found;
}

/** Threads that the verdict left out because they do nothing for the program. */
function idleThreads(liveness: Liveness, { pid, threads }: ProcessRecord): string | undefined {
  if (threads.length < 2 || liveness.isLive(pid)) return undefined;
  const idle = liveness.threads(pid).filter(({ wait }) => isIdle(wait));
  const [first] = idle;
  if (!first) return undefined;
  const isRuntime = idle.every(({ wait }) => wait.kind === 'live' && wait.because === 'housekeeping');
  const rest = idle.length - 1;
  const others = rest === 0 ? '' : ` and ${rest} more`;
  return isRuntime
    ? `the threads of process ${pid} that wake by themselves are taken for those of its language's runtime`
    : `thread ${first.thread.tid}${others} of process ${pid} sleeps on, and could read after that`;
}

/** A relative that cannot be read. Pipes are inherited, so an unrelated process hardly ever holds one. */
function relatedStranger(world: World, records: readonly ProcessRecord[]): number | undefined {
  for (const one of world.processes) {
    if (one.descriptors || one.isKernelThread || one.pid === 1) continue;
    const isRelated = records.some(
      ({ pid, session }) =>
        one.session === session || world.isAncestor(one.pid, pid) || world.isAncestor(pid, one.pid),
    );
    if (isRelated) return one.pid;
  }
  return undefined;
}
