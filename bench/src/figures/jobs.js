/** The figures of spillway-jobs. */
import { postgresObstacle } from '../../../packages/spillway-jobs/test/helpers/postgres.js';
import { compare } from '../compare.js';
import { script } from '../contender.js';
import { Skipped } from '../figure.js';
import { atLeast, atMost, describeAll, noMoreThan } from '../targets.js';

/**
 * @typedef {import('../figure.js').Context} Context
 * @typedef {import('../figure.js').Figure} Figure
 * @typedef {import('../contender.js').Contender} Contender
 */

const soon = [noMoreThan(2, 's')];
/** The lease, and 5 s. */
const later = [noMoreThan(20, 's')];
const most = [atLeast(0.8, 'without a queue')];
const flat = [noMoreThan(1.2, '×')];
const quickly = [noMoreThan(100, 'ms')];
const atItsPace = [atMost(1.05, '/dev/null')];
const bounded = [noMoreThan(150, 'MB')];
const small = [noMoreThan(90, 'MB')];
const quiet = [noMoreThan(0.5, '%')];

/** @type {readonly Figure[]} */
export const jobs = [
  {
    name: 'jobs-take-over',
    title: "from a worker's death by SIGKILL to the next attempt of its job",
    target: `on the same host ${describeAll(soon)}, on another ${describeAll(later)}`,
    how:
      'Two workers on one PostgreSQL; the lease is the default of 15 s. Another host is another pid ' +
      'namespace here, whose processes the second worker does not see.',
    async run({ quick, progress }) {
      return await withPostgres(async (database) => {
        const names = ['same host', 'another host'];
        const contenders = names.map((name) => inDatabase(database, 'take-over', name, {}));
        const comparison = await compare(contenders, { rounds: quick ? 1 : 5, progress });
        return names.map((name, index) => ({
          label: name,
          unit: 's',
          contenders: comparison.row('seconds', { spillway: name }),
          targets: index === 0 ? soon : later,
        }));
      });
    },
  },
  {
    name: 'jobs-rate',
    title: '`true` as a job, two workers',
    target: describeAll(most),
    how:
      'Each of the two workers has 32 slots. "Without a queue" is `run("true")`, 32 at a time in each of ' +
      'two programs. The rate is that between the first and the last tenth of 12,000 jobs.',
    missed:
      'a job costs some 1.9 ms of processor time, a `run` 1.0: the worker takes 0.95, the processes 0.7 (a ' +
      'second program waits for the fence in the place of the job), PostgreSQL, on the same cores, 0.3',
    async run({ quick, progress }) {
      return await withPostgres(async (database) => {
        const options = { count: quick ? 1000 : 12_000, slots: 32 };
        const names = ['PGlite', 'without a queue'];
        const contenders = [
          inDatabase(database, 'rate', 'PostgreSQL', options),
          ...names.map((name) => script('jobs/rate', name, options)),
        ];
        const comparison = await compare(contenders, { rounds: quick ? 1 : 3, progress });
        const row = (/** @type {string} */ spillway) =>
          comparison.row('perSecond', { spillway, 'without a queue': 'without a queue' });
        return [
          { label: 'on PostgreSQL', unit: '1/s', contenders: row('PostgreSQL'), targets: most },
          { label: 'on PGlite', unit: '1/s', contenders: row('PGlite'), targets: most },
        ];
      });
    },
  },
  {
    name: 'jobs-queued',
    title: 'adding and listing with 10,000 queued',
    target: `adding ${describeAll(flat)} what it takes with none, listing ${describeAll(quickly)}`,
    how: 'On PostgreSQL; medians of 100 calls of `add`, and of 10 of `list`, which gives the latest 1,000.',
    async run({ quick, progress }) {
      return await withPostgres(async (database) => {
        const options = { count: quick ? 2000 : 10_000 };
        const contenders = [inDatabase(database, 'queued', 'spillway', options)];
        const comparison = await compare(contenders, { rounds: quick ? 1 : 3, progress });
        const row = (/** @type {string} */ label, /** @type {string} */ unit, /** @type {string} */ key) => ({
          label,
          unit,
          contenders: comparison.row(key),
        });
        return [
          { ...row('add, none queued', 'ms', 'addFewMs'), targets: [] },
          { ...row('add, 10,000 queued', 'ms', 'addManyMs'), targets: [] },
          { ...row('the one beside the other', '×', 'addRatio'), targets: flat },
          { ...row('list the latest 1,000', 'ms', 'listMs'), targets: quickly },
          { ...row('list all', 'ms', 'listAllMs'), targets: [] },
        ];
      });
    },
  },
  {
    name: 'jobs-lines',
    title: 'a job that writes 1,000,000 lines a second',
    target: `${describeAll(atItsPace)}; the worker's memory ${describeAll(bounded)}`,
    how:
      'A C program writes lines of 40 bytes and measures itself: as a job, into /dev/null and into a file. ' +
      'Memory is the largest PSS of the worker, looked at ten times a second.',
    async run({ quick, progress, programs }) {
      return await withPostgres(async (database) => {
        const pace = 1_000_000;
        const options = { writer: programs.pacedlines, pace, lines: pace * (quick ? 2 : 20) };
        const names = ['/dev/null', 'a file'];
        const contenders = [
          inDatabase(database, 'lines', 'spillway', options),
          ...names.map((name) => script('jobs/lines', name, options)),
        ];
        const comparison = await compare(contenders, { rounds: quick ? 1 : 3, progress });
        const others = Object.fromEntries(names.map((name) => [name, name]));
        return [
          {
            label: `${options.lines / 1e6} million lines`,
            unit: 's',
            contenders: comparison.row('seconds', others),
            targets: atItsPace,
          },
          {
            label: "the worker's memory",
            unit: 'MB',
            contenders: comparison.row('megabytes'),
            targets: bounded,
          },
          {
            label: "the worker's resident memory",
            unit: 'MB',
            contenders: comparison.row('resident'),
            targets: [],
          },
        ];
      });
    },
  },
  {
    name: 'jobs-idle',
    title: 'a worker that has nothing to do, on PostgreSQL',
    target: `${describeAll(small)}, ${describeAll(quiet)} of a core`,
    how:
      'PSS, which has a share of what other programs of Node have as well; RSS; and processor time ' +
      'over 30 s.',
    async run({ quick, progress }) {
      return await withPostgres(async (database) => {
        const contenders = [inDatabase(database, 'idle', 'spillway', { seconds: quick ? 5 : 30 })];
        const comparison = await compare(contenders, { rounds: quick ? 1 : 3, progress });
        return [
          { label: 'memory', unit: 'MB', contenders: comparison.row('megabytes'), targets: small },
          { label: 'resident', unit: 'MB', contenders: comparison.row('resident'), targets: [] },
          { label: 'processor', unit: '%', contenders: comparison.row('percent'), targets: quiet },
        ];
      });
    },
  },
];

/**
 * @template T
 * @param {(newDatabase: () => Promise<string>) => Promise<T>} measure
 */
async function withPostgres(measure) {
  if (postgresObstacle) throw new Skipped(postgresObstacle);
  const { Postgres } = await import('../../../packages/spillway-jobs/test/helpers/postgres.js');
  const server = await Postgres.start({ fsync: 'on', synchronous_commit: 'on' });
  let count = 0;
  try {
    return await measure(() => server.create(`bench_${++count}`));
  } finally {
    await server.end();
  }
}

/**
 * A contender that gets a new database for each sample.
 *
 * @param {() => Promise<string>} newDatabase
 * @param {string} what
 * @param {string} name
 * @param {Record<string, unknown>} options
 * @returns {Contender}
 */
function inDatabase(newDatabase, what, name, options) {
  return {
    name,
    measure: async () => script(`jobs/${what}`, name, { ...options, url: await newDatabase() }).measure(),
  };
}
