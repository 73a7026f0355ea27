import { columns } from './figure.js';
import { summarize } from './statistics.js';

/**
 * @typedef {import('./contender.js').Contender} Contender
 * @typedef {import('./contender.js').Sample} Sample
 * @typedef {import('./statistics.js').Summary} Summary
 * @typedef {{ samples: Sample[], error?: string, absent?: string }} Outcome
 * @typedef {{ summary?: Summary, error?: string, absent?: string }} Measured an absent one was not tried
 */

/** The samples of several contenders, taken in turn. */
export class Comparison {
  /** @type {Map<string, Outcome>} */
  #outcomes = new Map();

  /**
   * One row of the table: a value for each contender that has it.
   *
   * @param {string} key the sample's member
   * @param {Record<string, string>} [renamed] contender by column, where the names differ; by another
   *   name, a contender that only a target needs
   * @returns {Record<string, Measured>}
   */
  row(key, renamed = {}) {
    return this.cells([...new Set([...columns, ...Object.keys(renamed)])], key, renamed);
  }

  /**
   * @param {readonly string[]} names
   * @param {string} key
   * @param {Record<string, string>} [renamed]
   * @returns {Record<string, Measured>}
   */
  cells(names, key, renamed = {}) {
    const cells = names
      .map((column) => ({ column, name: renamed[column] ?? column }))
      .filter(({ name }) => this.#outcomes.has(name))
      .map(({ column, name }) => [column, this.#measured(name, key)]);
    return Object.fromEntries(cells);
  }

  /** @param {string} name */
  outcome(name) {
    const outcome = this.#outcomes.get(name) ?? { samples: [] };
    this.#outcomes.set(name, outcome);
    return outcome;
  }

  /**
   * @param {string} name
   * @param {string} key
   * @returns {Measured}
   */
  #measured(name, key) {
    const { samples, error, absent } = this.outcome(name);
    if (absent !== undefined) return { absent };
    if (error !== undefined) return { error };
    const values = samples.flatMap((sample) => sample[key] ?? []);
    return values.length > 0 ? { summary: summarize(values) } : {};
  }
}

/**
 * Runs the contenders in turn, A B C A B C, so that a noisy minute falls on all of them. A contender that
 * fails is left out from then on and has no figure: half a measurement is none.
 *
 * @param {readonly Contender[]} contenders
 * @param {{ rounds: number, progress: (text: string) => void }} options
 */
export async function compare(contenders, { rounds, progress }) {
  const comparison = new Comparison();
  for (let round = 1; round <= rounds; round++) {
    for (const { name, absent, measure } of contenders) {
      const outcome = comparison.outcome(name);
      if (absent !== undefined) outcome.absent = absent;
      if (outcome.error !== undefined || absent !== undefined) continue;
      try {
        const sample = await measure();
        outcome.samples.push(sample);
        progress(`${round}/${rounds} ${name} ${JSON.stringify(sample)}`);
      } catch (error) {
        outcome.error = error instanceof Error ? error.message : String(error);
        progress(`${round}/${rounds} ${name} failed: ${outcome.error}`);
      }
    }
  }
  return comparison;
}
