import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { Skipped } from './figure.js';
import { figures } from './figures/index.js';
import { currentLoad, describeMachine } from './machine.js';
import { drawPlots } from './plots/index.js';
import { compilePrograms } from './programs.js';
import { toMarkdown, toTable } from './report/index.js';
import { keep, lastKept, toJson, toStored } from './results.js';

/**
 * @typedef {import('./figure.js').Context} Context
 * @typedef {import('./figure.js').Figure} Figure
 * @typedef {import('./report/index.js').Report} Report
 * @typedef {import('./report/index.js').Result} Result
 */

const usage = `npm run bench -- [figure ...] [options]

  --list    the figures and their targets
  --quick   smaller sizes and fewer rounds: does everything work?
  --json    results as JSON, with every sample
  --write   keep the results of a whole run in bench/RESULTS.md and bench/results.json
  --plot    draw them as SVG into bench/plots; alone, the results that were kept last
`;

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    plot: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (options.help) process.stdout.write(usage);
else if (options.list) process.stdout.write(list());
else if (options.plot && isAlone()) await plotKept();
else await measure(chosen(names));

function list() {
  return figures
    .map(({ name, title, target }) => `${name.padEnd(8)}  ${title}\n${' '.repeat(10)}${target}\n`)
    .join('');
}

function isAlone() {
  return names.length === 0 && !options.quick && !options.write && !options.json;
}

async function plotKept() {
  const kept = await lastKept();
  if (kept === undefined) refuse('there is no bench/results.json yet; --write keeps a whole run');
  await plot(kept);
}

/** @param {import('./results.js').Stored} stored */
async function plot(stored) {
  for (const file of await drawPlots(stored)) progress(`drawn: bench/plots/${file}`);
}

/** @param {string[]} names */
function chosen(names) {
  const unknown = names.filter((name) => !figures.some((figure) => figure.name === name));
  if (unknown.length > 0) refuse(`no such figure: ${unknown.join(', ')}; --list names them`);
  if (options.write && (options.quick || names.length > 0))
    refuse('--write keeps a whole run only: no --quick, no names');
  return names.length === 0 ? figures : figures.filter(({ name }) => names.includes(name));
}

/** @param {readonly Figure[]} figures */
async function measure(figures) {
  const before = currentLoad();
  const programs = await compilePrograms();
  /** @type {Result[]} */
  const results = [];
  for (const figure of figures) {
    progress(`${figure.name}: ${figure.title}`);
    results.push(
      await resultOf(figure, { quick: options.quick, programs, progress: (text) => progress(`  ${text}`) }),
    );
  }
  const machine = { ...describeMachine(), load: { before, after: currentLoad() } };
  await publish({ machine, results, quick: options.quick });
  if (results.some(hasFailed)) process.exitCode = 1;
}

/**
 * @param {Figure} figure
 * @param {Context} context
 * @returns {Promise<Result>}
 */
async function resultOf(figure, context) {
  try {
    return { figure, measurements: await figure.run(context) };
  } catch (error) {
    if (!(error instanceof Skipped)) throw error;
    return { figure, measurements: [], skipped: error.message };
  }
}

/**
 * A missed target is a result; no result is a failure.
 *
 * @param {Result} result
 */
function hasFailed({ measurements }) {
  return measurements.some(({ contenders }) => contenders.spillway?.error !== undefined);
}

/** @param {Report} report */
async function publish(report) {
  const stored = toStored(report);
  process.stdout.write(options.json ? toJson(stored) : toTable(report));
  if (options.write) {
    await writeFile(new URL('../RESULTS.md', import.meta.url), toMarkdown(report));
    await keep(stored);
  }
  if (options.plot) await plot(stored);
}

/** @param {string} text */
function progress(text) {
  process.stderr.write(`${text}\n`);
}

/** @param {string} message @returns {never} */
function refuse(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
