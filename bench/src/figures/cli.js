import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compare } from '../compare.js';
import { program } from '../contender.js';
import { runtimesFromNpm, thisNode } from '../peers/runtimes.js';
import { atMost, describe } from '../targets.js';

/**
 * @typedef {import('../contender.js').Contender} Contender
 * @typedef {import('../figure.js').Context} Context
 * @typedef {import('../figure.js').Measurement} Measurement
 */

const spillway = fileURLToPath(new URL('../../../packages/spillway/bin/spillway.cjs', import.meta.url));
const node = 'node -e 0';

/** Node keeps compiled code since 22. */
const bounds = { 20: { run: 1.5, timeout: 1.3 }, 24: { run: 1.3, timeout: 1.3 } };

/** @type {import('../figure.js').Figure} */
export const cli = {
  name: 'cli',
  title: 'processor time of the command line',
  target: Object.entries(bounds).map(describeBounds).join('; '),
  how:
    'User and system time of the whole tree of processes, the shell at its beginning and the guard at its ' +
    'end included, as the kernel counts them: the median of 30 runs in each round, after 10 to warm up ' +
    "(which also fill Node's compile cache, where there is one). `node -e 0` is what Node itself takes.",
  missed: "V8's compilation of the library is half of it.",

  async run(context) {
    const { node24 } = await runtimesFromNpm(context.progress);
    const rows = await measure(context, thisNode);
    if (!isNode24()) rows.push(...(await measure(context, node24)));
    return rows;
  },
};

/** @param {[string, { run: number, timeout: number }]} bounds */
function describeBounds([version, { run, timeout }]) {
  const [first, second] = [describe(atMost(run, node)), describe(atMost(timeout, node))];
  return `Node ${version}: run ${first}, timeout ${second}`;
}

const isNode24 = () => Number.parseInt(process.versions.node, 10) === 24;

/**
 * @param {Context} context
 * @param {import('../peers/runtimes.js').Runtime} runtime
 * @returns {Promise<Measurement[]>}
 */
async function measure({ quick, programs, progress }, runtime) {
  if ('absent' in runtime) return [];
  const [file = ''] = runtime.command;
  const commands = {
    [node]: [file, '-e', '0'],
    run: [spillway, 'run', '--', 'true'],
    timeout: [spillway, 'timeout', '5', 'true'],
  };
  const major = Number.parseInt(runtime.version, 10);
  const bound = bounds[major < 22 ? 20 : 24];
  // The command line takes the first `node` of PATH.
  const place = `PATH=${path.dirname(file)}:${process.env.PATH}`;
  const begin = ['/usr/bin/env', place, programs.cputime, String(quick ? 3 : 30)];
  const comparison = await compare(
    Object.entries(commands).map(([name, command]) => program(name, [...begin, ...command])),
    { rounds: quick ? 2 : 7, progress: (text) => progress(`Node ${major}: ${text}`) },
  );
  /** @type {(label: string, name: string, targets: import('../targets.js').Target[]) => Measurement} */
  const row = (label, name, targets) => ({
    label: `\`${label}\`, Node ${major}`,
    unit: 'ms',
    contenders: comparison.row('cpuMs', { spillway: name, [node]: node }),
    targets,
  });
  return [
    row('spillway run -- true', 'run', [atMost(bound.run, node)]),
    row('spillway timeout 5 true', 'timeout', [atMost(bound.timeout, node)]),
  ];
}
