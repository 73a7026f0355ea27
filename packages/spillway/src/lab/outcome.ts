/** What came of an experiment, and its verdict. */
import type { Description } from './experiment.js';
import type { Check, Findings, Verdict } from './notes.js';

export interface Outcome extends Description, Findings {
  readonly verdict: Verdict;
  /** Why it, or the first check that was not, could not be run. */
  readonly why?: string;
  readonly durationMs: number;
}

/**
 * One check that differs decides. What could not be run never counts as a difference; an experiment none of
 * whose checks was run could not be run.
 */
export function verdictOf(checks: readonly Check[]): Verdict {
  if (checks.some(({ verdict }) => verdict === 'differs')) return 'differs';
  return checks.some(({ verdict }) => verdict === 'agrees') ? 'agrees' : 'could not be run';
}

/** `refusal`: why it ended early. What it had found by then counts, when it shows a difference. */
export function outcomeOf(
  description: Description,
  findings: Findings,
  durationMs: number,
  refusal?: string,
): Outcome {
  const { name, group, question, steps, expected, source, relied, follows } = description;
  const { checks, figures, words, pictures } = findings;
  const found = verdictOf(checks);
  const verdict = refusal === undefined || found === 'differs' ? found : 'could not be run';
  const why = refusal ?? checks.find((check) => check.why !== undefined)?.why;
  return {
    ...{ name, group, question, steps, expected, source },
    ...(relied !== undefined && { relied }),
    follows,
    ...{ checks, figures, words, pictures },
    ...{ verdict, durationMs: Math.round(durationMs) },
    ...(why !== undefined && { why }),
  };
}

/** The checks that the library relies on, and that differ here. */
export function broken({ relied, checks }: Outcome): readonly Check[] {
  return relied === undefined
    ? []
    : checks.filter(({ verdict, isAside }) => verdict === 'differs' && !isAside);
}
