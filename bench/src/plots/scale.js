/**
 * A linear scale from 0, its steps 1, 2 or 5 times a power of ten.
 *
 * @typedef {{ end: number, ticks: number[] }} Scale
 */

const mostSteps = 5;

/**
 * @param {readonly number[]} values
 * @returns {Scale} it ends at the greatest of them or a little after
 */
export function scaleFor(values) {
  const greatest = Math.max(0, ...values);
  if (greatest === 0) return { end: 1, ticks: [0, 1] };
  const rough = greatest / mostSteps;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough * (1 - 1e-9)) ?? 10) * power;
  const steps = Math.ceil((greatest / step) * (1 - 1e-9));
  // 3 * 0.1 is not 0.3: a tick is read by people.
  const ticks = Array.from({ length: steps + 1 }, (_, i) => Number((i * step).toPrecision(12)));
  return { end: ticks.at(-1) ?? 1, ticks };
}
