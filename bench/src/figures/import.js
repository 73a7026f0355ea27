import { compare } from '../compare.js';
import { script } from '../contender.js';
import { peers } from '../figure.js';
import { onNode24, runtimesFromNpm } from '../peers/runtimes.js';
import { describeAll, noMoreThan } from '../targets.js';

const imported = [noMoreThan(20, 'ms')];
const firstRun = [noMoreThan(35, 'ms')];

/** @type {import('../figure.js').Plot} */
const plot = { file: 'import', title: 'Import and first run, in a fresh process', better: 'less' };

/** @type {import('../figure.js').Figure} */
export const importing = {
  name: 'import',
  title: 'the import, in a fresh process',
  target: `${describeAll(imported)}; with the first run ${describeAll(firstRun)}`,
  how:
    '`performance.now()` around a dynamic import, its files in the page cache; child_process is part ' +
    'of Node and stands for the minimum. "First run" adds one `true`, from call to result, so that ' +
    'work postponed by the import counts too. On Node 24 the column of execa is execa 10.',
  missed: "V8's compilation of the library is half of it.",

  async run({ quick, progress }) {
    const newer = onNode24((await runtimesFromNpm(progress)).node24);
    const contenders = [
      ...['spillway', ...peers].map((name) => script('import', name)),
      ...newer.contenders('import', {}),
    ];
    const comparison = await compare(contenders, { rounds: quick ? 5 : 15, progress });
    return [
      { suffix: '', names: {} },
      { suffix: ', Node 24', names: newer.columns },
    ].flatMap(({ suffix, names }) => [
      {
        label: `the import${suffix}`,
        unit: 'ms',
        contenders: comparison.row('imported', names),
        targets: imported,
      },
      {
        label: `import and first run${suffix}`,
        unit: 'ms',
        contenders: comparison.row('firstResult', names),
        targets: firstRun,
        ...(suffix === '' ? { plot } : {}),
      },
    ]);
  },
};
