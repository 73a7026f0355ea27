import { start } from '../../run/index.js';
import { kill, processStat, signals } from '../../system/index.js';
import { eventually, need, requireProc, stateOf } from '../bench/index.js';
import type { Experiment } from '../experiment.js';
import { CannotRun } from '../notes.js';

const CHILDREN = 5;

/** Counts SIGCHLD, and the children that are reaped. */
const PARENT = `
const { spawn } = require('child_process');
let signals = 0, ended = 0;
process.on('SIGCHLD', () => signals++);
const stdio = ['pipe', 'ignore', 'ignore'];
const children = Array.from({ length: ${CHILDREN} }, () => spawn('cat', { stdio }));
for (const child of children) child.on('exit', () => ended++);
console.log(JSON.stringify(children.map(({ pid }) => pid)));
process.stdin.on('end', () => console.log(JSON.stringify({ signals, ended }))).resume();
`;

export const sigchld: Experiment = {
  name: 'sigchld',
  group: 'life',
  question: 'Does SIGCHLD come once for each child?',
  steps: [
    `have a program start ${CHILDREN} children and count SIGCHLD`,
    'stop the program, end the children, and look: all are zombies',
    'let it go on, and ask how many signals came',
  ],
  expected: 'No: signals that are pending already are not queued; one stands for all of them.',
  source: 'signal(7), "Queueing and delivery semantics for standard signals"; POSIX sigaction()',
  relied: 'after each SIGCHLD all children that have exited are looked for',
  follows: 'A handler calls waitpid in a loop until none is left; one call for each signal leaves zombies.',
  async perform(notes) {
    requireProc();
    need('cat');
    const parent = start(process.execPath, ['-e', PARENT], {
      stdin: 'pipe',
      stdout: 'stream',
      check: false,
      leftovers: 'kill-all',
    });
    const lines = parent.stdout.lines();
    try {
      const first = await lines.next();
      if (first.done) throw new CannotRun('node:child_process cannot start children here');
      const pids = JSON.parse(String(first.value)) as number[];
      for (const pid of pids) await stateOf(pid, 'S');
      // To this process alone: the children are in its group.
      kill(parent.pid, signals.SIGSTOP);
      notes.check(
        'the program',
        'T (stopped)',
        (await stateOf(parent.pid, 'T')) === 'T' ? 'T (stopped)' : 'runs',
      );
      for (const pid of pids) kill(pid, signals.SIGKILL);
      const zombies = async () => {
        const isDone = () => pids.every((pid) => processStat(pid)?.state === 'Z');
        await eventually(() => (isDone() ? true : undefined));
        return pids.filter((pid) => processStat(pid)?.state === 'Z').length;
      };
      notes.check('zombies meanwhile', CHILDREN, await zombies());
      kill(parent.pid, signals.SIGCONT);
      for (const pid of pids) await stateOf(pid, 'gone');
      parent.stdin.end();
      const second = await lines.next();
      const counted = JSON.parse(String(second.value)) as { signals: number; ended: number };
      notes.check(`SIGCHLD for ${CHILDREN} children`, 1, counted.signals);
      notes.check('children reaped by a loop', CHILDREN, counted.ended);
    } finally {
      kill(parent.pid, signals.SIGCONT);
      parent.stdin.end();
      await parent.terminate({ signal: 'SIGKILL' });
    }
  },
};
