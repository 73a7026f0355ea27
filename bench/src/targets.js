import { format } from './statistics.js';

/** @typedef {import('./compare.js').Measured} Measured */

/**
 * A target for Spillway's figure: a multiple of a peer's figure from the same run or, without a peer, a value
 * in the figure's unit.
 *
 * @typedef {{ against?: string, op: '≤' | '≥', bound: number, unit?: string }} Target
 * @typedef {{ target: Target, other?: number, ratio?: number, met?: boolean }} Verdict
 */

/** @type {(bound: number, against: string) => Target} */
export const atMost = (bound, against) => ({ op: '≤', bound, against });

/** @type {(bound: number, against: string) => Target} */
export const atLeast = (bound, against) => ({ op: '≥', bound, against });

/** @type {(bound: number, unit: string) => Target} */
export const noMoreThan = (bound, unit) => ({ op: '≤', bound, unit });

/** @type {(bound: number, unit: string) => Target} */
export const noLessThan = (bound, unit) => ({ op: '≥', bound, unit });

/** @param {Target} target */
export function describe({ op, bound, against, unit }) {
  return against ? `${op} ${bound} × ${against}` : `${op} ${bound} ${unit}`;
}

/** @param {...readonly Target[]} lists */
export function describeAll(...lists) {
  return lists.flat().map(describe).join(', ');
}

/**
 * Neither met nor missed when one of the two figures is missing.
 *
 * @param {Target} target
 * @param {Record<string, Measured>} contenders
 * @returns {Verdict}
 */
export function judge(target, contenders) {
  const own = contenders.spillway?.summary?.median;
  const other = target.against ? contenders[target.against]?.summary?.median : 1;
  // A difference may be 0 or less; no ratio to that says anything.
  if (own === undefined || other === undefined || other <= 0) return { target };
  const ratio = own / other;
  return { target, other, ratio, met: target.op === '≤' ? ratio <= target.bound : ratio >= target.bound };
}

/** @param {Verdict} verdict */
export function describeRatio({ target, ratio }) {
  if (target.against === undefined) return '';
  return ratio === undefined ? '–' : `${format(ratio)} × ${target.against}`;
}

/** @param {Verdict} verdict */
export function describeOutcome({ met }) {
  if (met === undefined) return 'not measured';
  return met ? 'met' : 'missed';
}
