import { compare } from '../compare.js';
import { script } from '../contender.js';
import { peers } from '../figure.js';
import { describeAll, noMoreThan } from '../targets.js';

const targets = [noMoreThan(30, 'ms')];

/** @type {import('../figure.js').Figure} */
export const importing = {
  name: 'import',
  title: 'the import, in a fresh process',
  target: describeAll(targets),
  how:
    '`performance.now()` around a dynamic import, its files in the page cache; child_process is part ' +
    'of Node and stands for the minimum. "First run" adds one `true`, from call to result, so that ' +
    'work postponed by the import counts too.',

  async run({ quick, progress }) {
    const contenders = ['spillway', ...peers].map((name) => script('import', name));
    const comparison = await compare(contenders, { rounds: quick ? 5 : 15, progress });
    return [
      { label: 'the import', unit: 'ms', contenders: comparison.row('imported'), targets },
      { label: 'import and first run', unit: 'ms', contenders: comparison.row('firstResult'), targets: [] },
    ];
  },
};
