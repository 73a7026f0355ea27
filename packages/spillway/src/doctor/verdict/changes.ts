/** What differs between two diagnoses of the same processes, some time apart. */
import type { Diagnosis, Finding, WaitStory } from './finding.js';

export interface Changes {
  /** Found now and not before, or only possible before, or no hang before. */
  readonly appeared: readonly Finding[];
  /** Found before and not any more. */
  readonly gone: readonly Finding[];
}

/**
 * Compares two diagnoses. A finding is the same when its kind is, and who waits, and on which descriptor. Back-pressure is left out: where
 * much is written, it comes and goes from one look to the next.
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

/** In any order: where the story of a circle begins may change. */
function identity({ kind, waits }: Finding): string {
  return [kind, ...waits.map(place).sort()].join('\n');
}

function place({ process, tid, action, fd, on, path }: WaitStory): string {
  return JSON.stringify([process.pid, tid, action, fd, on, path]);
}
