/** From snapshots to a diagnosis. */
import { GUARD_NAME, withCode } from '../../base/index.js';
import type { ProcessRecord, Snapshot } from '../snapshot/index.js';
import { deadlocks, mutexDeadlocks } from './deadlock.js';
import { heldEndsOfFile } from './end-of-file.js';
import { lockWaits, lonelyFifos } from './file-wait.js';
import { type Diagnosis, type Finding, type Limit, processRef, type WaitStory } from './finding.js';
import { fullPipes, isUndecided } from './full-pipe.js';
import { CONFIRMING_MS, Observation } from './observation.js';
import { semaphoreWaits } from './semaphore-wait.js';
import { processStory } from './story.js';
import { stoppedProcesses, terminalReaders } from './terminal-wait.js';
import { hasYoungZombie, zombies } from './zombie.js';

/**
 * Judges snapshots of the same processes, in the order they were taken. It reads nothing else, so it works on
 * any machine, at any time. From a single snapshot a hang is at most `'possible'`.
 */
export function judge(snapshots: readonly Snapshot[]): Diagnosis {
  if (snapshots.length === 0) {
    throw withCode(new RangeError('judge needs at least one snapshot'), 'ERR_INVALID_ARG_VALUE');
  }
  return diagnosisOf(new Observation(snapshots));
}

/**
 * Whether a verdict needs more snapshots: `'enough'`, one more to `'confirm'`, or a `'longer'` observation.
 */
export function needs(snapshots: readonly Snapshot[]): 'enough' | 'confirm' | 'longer' {
  const observation = new Observation(snapshots);
  const findings = findMost(observation);
  const isYoung = hasYoungZombie(observation, explainedBy(findings));
  if (snapshots.length > 1) return isYoung || isUndecided(observation) ? 'longer' : 'enough';
  const { world, knots } = observation.last;
  // A process is in a write: only a second snapshot shows whether it makes progress.
  const isWriting = [...world.processes].some(({ writtenBytes }) => writtenBytes !== undefined);
  const isBlind = world.snapshot.roots !== undefined && limitsOf(observation).length > 0;
  return isYoung || isWriting || isBlind || knots.length > 0 || findings.length > 0 ? 'confirm' : 'enough';
}

function diagnosisOf(observation: Observation): Diagnosis {
  const { world } = observation.last;
  const { snapshot } = world;
  const findings = findAll(observation);
  const limits = limitsOf(observation);
  const roots = snapshot.roots?.filter((pid) => observation.isStillThere(pid));
  return {
    state: stateOf(findings, limits, snapshot.roots),
    findings,
    limits,
    roots: roots?.map((pid) => processRef(world.process(pid) as ProcessRecord)),
    activities: snapshot.roots ? activitiesOf(observation) : [],
    ended: snapshot.roots?.filter((pid) => !roots?.includes(pid)) ?? [],
    scans: observation.count,
    spanMs: Math.round(observation.spanMs),
    processCount: snapshot.processes.filter(({ isInTree }) => isInTree).length,
    observer: snapshot.host.observer,
    ptraceScope: snapshot.host.ptraceScope,
  };
}

function activitiesOf({ last: { world, liveness } }: Observation): WaitStory[] {
  return [...world.processes]
    .filter((record) => record.isInTree && !isGuard(record))
    .map((record) => processStory(world, record, liveness.threads(record.pid)));
}

/** The guard of a program's children is `sh -c SCRIPT NAME`: it waits for that program's end. */
function isGuard({ command }: ProcessRecord): boolean {
  return command[1] === '-c' && command[3] === GUARD_NAME;
}

const RANK = { certain: 0, likely: 1, possible: 2 } as const;

function findAll(observation: Observation): Finding[] {
  const found = findMost(observation);
  return [...found, ...zombies(observation, explainedBy(found))]
    .filter(isAboutTree)
    .sort((a, b) => Number(b.isHang) - Number(a.isHang) || RANK[a.confidence] - RANK[b.confidence]);
}

/** All findings but zombies. */
function findMost(observation: Observation): Finding[] {
  return [
    ...deadlocks(observation),
    ...mutexDeadlocks(observation),
    ...heldEndsOfFile(observation),
    ...fullPipes(observation),
    ...stoppedProcesses(observation),
    ...lonelyFifos(observation),
    ...lockWaits(observation),
    ...semaphoreWaits(observation),
    ...terminalReaders(observation),
  ];
}

function explainedBy(findings: readonly Finding[]): Set<number> {
  return new Set(
    findings
      .filter(({ isHang }) => isHang)
      .flatMap(({ waits, stuck, ended }) => [
        ...[...waits, ...stuck].map(({ process }) => process.pid),
        ...(ended ? [ended.pid] : []),
      ]),
  );
}

function isAboutTree({ waits, stuck, others }: Finding): boolean {
  return (
    [...waits, ...stuck].some(({ process }) => process.isInTree) ||
    (others.length > 0 && others.every(({ process }) => process.isInTree))
  );
}

/** A process that is about to end cannot be read either, so a limit must hold for some time. */
function limitsOf(observation: Observation): Limit[] {
  const isHidden = ({ unreadable }: ProcessRecord) => unreadable.length > 0;
  return [...observation.last.world.processes]
    .filter((record) => record.isInTree && isHidden(record))
    .filter(({ pid }) => observation.count === 1 || observation.sinceMs(pid, isHidden) >= CONFIRMING_MS)
    .map((record) => ({
      process: processRef(record),
      uid: record.uid,
      what: record.unreadable.map(({ what }) => what),
      reason: (record.unreadable[0] as ProcessRecord['unreadable'][number]).reason,
    }));
}

/**
 * Without requested pids, other users' processes do not matter. In a requested tree, an unreadable process
 * may be the cause.
 */
function stateOf(
  findings: readonly Finding[],
  limits: readonly Limit[],
  roots: readonly number[] | undefined,
): Diagnosis['state'] {
  const hangs = findings.filter(({ isHang }) => isHang);
  if (hangs.some(({ confidence }) => confidence !== 'possible')) return 'hung';
  return hangs.length > 0 || (roots && limits.length > 0) ? 'unclear' : 'healthy';
}
