/** The figures on the life of children: which end, when, and the cost of watching them. */
import { compare } from '../compare.js';
import { script } from '../contender.js';
import { atMost, describeAll, noMoreThan } from '../targets.js';

/** @typedef {import('../figure.js').Figure} Figure */

const none = [noMoreThan(0, 'left')];
const graceMs = 1000;

/** @type {Figure} */
export const orphans = {
  name: 'orphans',
  title: 'the parent killed by SIGKILL, with 200 children',
  target: describeAll(none),
  how:
    'A quarter of the children are in sessions of their own, a quarter ignore SIGTERM. The grace ' +
    'period is one second; one second after its end the live children are counted. "Until the last ' +
    'was gone" counts from the death of the parent. The worst of all rounds decides.',
  async run({ quick, progress }) {
    const options = { children: quick ? 40 : 200, graceMs };
    const comparison = await compare([script('orphans', 'spillway', options)], {
      rounds: quick ? 2 : 20,
      progress,
    });
    return [
      {
        label: 'left one second after the grace period',
        unit: 'left',
        contenders: comparison.row('left'),
        targets: none,
      },
      { label: 'until the last was gone', unit: 'ms', contenders: comparison.row('goneMs'), targets: [] },
    ];
  },
};

const cheap = [noMoreThan(3, '%')];

/** @type {Figure} */
export const guard = {
  name: 'guard',
  title: 'what the guard adds to 1,000 starts',
  target: describeAll(cheap),
  how: '`run("true")` with and without `guard`, in turn within one process; the medians are compared.',
  async run({ quick, progress }) {
    const contenders = [script('guard', 'spillway', { count: quick ? 400 : 2000 })];
    const comparison = await compare(contenders, { rounds: quick ? 2 : 5, progress });
    return [
      { label: 'more than without', unit: '%', contenders: comparison.row('costPercent'), targets: cheap },
    ];
  },
};

/** @type {Figure} */
export const crowd = {
  name: 'crowd',
  title: 'one more run beside many live children',
  target: 'every child gives all it wrote; the cost of an exit does not grow',
  how:
    '4,500 shells, all captured, wait at once (three descriptors each, of the 20,000 that are allowed ' +
    'here). `run("true")` is timed without them and beside them: the medians of 300. The start is the ' +
    'call of `run`; the child is made off the event loop after it. That takes longer beside them, because ' +
    'the kernel copies and closes the descriptors of all (fork(2), close_range(2)), in C as well; it and ' +
    'the exit are in the time to the result. Then ' +
    'all end; each must have given its whole output and its exit code.',
  async run({ quick, progress }) {
    const options = { children: quick ? 500 : 4500, runs: quick ? 50 : 300 };
    const comparison = await compare([script('crowd', 'spillway', options)], {
      rounds: quick ? 1 : 3,
      progress,
    });
    const row = (/** @type {string} */ label, /** @type {string} */ unit, /** @type {string} */ key) => ({
      label,
      unit,
      contenders: comparison.row(key),
      targets: [],
    });
    return [
      row('a start alone', 'ms', 'startAloneMs'),
      row('a start beside them', 'ms', 'startBesideMs'),
      row('from there to its result, alone', 'ms', 'restAloneMs'),
      row('from there to its result, beside them', 'ms', 'restBesideMs'),
      row('the end of one of them', 'ms', 'endMs'),
    ];
  },
};

const flat = [noMoreThan(0, 'more')];
const little = [atMost(1.2, 'child_process')];

/** @type {Figure} */
export const steady = {
  name: 'steady',
  title: '10,000 starts in a row',
  target:
    `descriptors and threads ${describeAll(flat)} than after the first 1,000, ` +
    `memory kept since then ${describeAll(little)}`,
  how:
    '`echo hi`, captured, ten at a time. The resources that the program holds after the first tenth ' +
    "are compared with those at the end. Resident memory includes V8's room for new objects, most of " +
    'it empty, which V8 enlarges once or twice in the life of a program, up to some 32 MB; kept ' +
    'memory is the rest. What is held at the end includes the program itself, and the library.',
  async run({ quick, progress }) {
    const options = { count: quick ? 1000 : 10_000 };
    const contenders = ['spillway', 'child_process'].map((name) => script('steady', name, options));
    const comparison = await compare(contenders, {
      rounds: quick ? 1 : 5,
      progress,
    });
    return [
      { label: 'descriptors', unit: 'more', contenders: comparison.row('descriptors'), targets: flat },
      { label: 'threads', unit: 'more', contenders: comparison.row('threads'), targets: flat },
      { label: 'resident memory', unit: 'MB', contenders: comparison.row('growthMB'), targets: [] },
      { label: 'memory that is kept', unit: 'MB', contenders: comparison.row('keptMB'), targets: little },
      { label: 'memory held at the end', unit: 'MB', contenders: comparison.row('heldMB'), targets: [] },
    ];
  },
};
