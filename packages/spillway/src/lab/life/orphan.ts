import { start } from '../../run/index.js';
import { kill, signals } from '../../system/index.js';
import { need, requireProc, stateOf } from '../bench/index.js';
import type { Experiment } from '../experiment.js';
import { CannotRun } from '../notes.js';

const SLEEPER = ['sh', '-c', 'echo $$; exec sleep 1000'];
const BY_NODE = `
const [file, ...args] = ${JSON.stringify(SLEEPER)};
require('child_process').spawn(file, args, { stdio: ['ignore', 'inherit', 'ignore'] });
`;

export const orphan: Experiment = {
  name: 'orphan',
  group: 'life',
  question: 'What becomes of the children of a program that dies of SIGKILL?',
  steps: [
    'have a program start sleep by node:child_process, send it SIGKILL, and look at sleep',
    'the same with `spillway run sleep`, whose guard stands by',
  ],
  expected: 'They live on; with the guard they are ended.',
  source: 'kill(2): SIGKILL cannot be caught; exit(3); prctl(2), PR_SET_PDEATHSIG for another way',
  relied: 'the guard ends what a program has started, however the program dies',
  follows: 'No handler of the program can clean up after SIGKILL or the OOM killer: another process must.',
  async perform(notes) {
    requireProc();
    need('sh', 'sleep');
    const plain = await afterKill([process.execPath, '-e', BY_NODE], 'S');
    notes.check('sleep, started by node:child_process', 'alive', plain);
    const self = process.argv[1];
    if (self === undefined) throw new CannotRun('the path of this command is not known');
    const guarded = await afterKill([process.execPath, self, 'run', '--', ...SLEEPER], 'gone', 'Z');
    notes.check('sleep, with the guard', 'gone', guarded);
  },
};

/** Waits for one of these states of what the command has started, once the command was killed. */
async function afterKill([file = '', ...args]: readonly string[], ...states: string[]): Promise<string> {
  const program = start(file, args, {
    stdout: 'stream',
    check: false,
    leftovers: 'leave',
    guard: false,
  });
  const lines = program.stdout.lines();
  const { value } = await lines.next();
  const pid = Number(value);
  if (!Number.isInteger(pid) || pid <= 1) throw new CannotRun('the program has not told what it started');
  try {
    await stateOf(pid, 'S');
    kill(program.pid, signals.SIGKILL);
    await stateOf(program.pid, 'gone', 'Z');
    const state = await stateOf(pid, ...states);
    return ['gone', 'Z'].includes(state) ? 'gone' : 'alive';
  } finally {
    kill(pid, signals.SIGKILL);
    await lines.return?.();
    await program.result;
  }
}
