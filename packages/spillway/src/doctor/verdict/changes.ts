/** The differences between two diagnoses of the same processes. */
import type { Diagnosis, Finding, WaitStory } from './finding.js';

export interface Changes {
  /** New findings, and those that were only possible, or not a hang, before. */
  readonly appeared: readonly Finding[];
  /** Findings that are over. */
  readonly gone: readonly Finding[];
}

/**
 * Compares two diagnoses. Two findings are the same if their kind, the waiting processes and the descriptors
 * are. Back-pressure is left out: under heavy writing it comes and goes between two scans.
 */
export function changesBetween(before: Diagnosis, after: Diagnosis): Changes {
  const known = new Map(before.findings.map((finding) => [identity(finding), finding]));
  const found = new Set(after.findings.map(identity));
  const isNews = (finding: Finding) => {
    const earlier = known.get(identity(finding));
    if (!earlier) return true;
    return (isVague(earlier) && !isVague(finding)) || (!earlier.isHang && finding.isHang);
  };
  return {
    appeared: after.findings.filter(isLasting).filter(isNews),
    gone: before.findings.filter(isLasting).filter((finding) => !found.has(identity(finding))),
  };
}

function isLasting({ kind }: Finding): boolean {
  return kind !== 'back-pressure';
}

function isVague({ confidence }: Finding): boolean {
  return confidence === 'possible';
}

/** Independent of the order: a cycle may start at another process the next time. */
function identity({ kind, waits }: Finding): string {
  return [kind, ...waits.map(place).sort()].join('\n');
}

function place({ process, tid, action, fd, on, path }: WaitStory): string {
  return JSON.stringify([process.pid, tid, action, fd, on, path]);
}
