import { start } from '../../run/index.js';
import { kill, processStat, signals } from '../../system/index.js';
import { has, need, requireProc, stateOf } from '../bench/index.js';
import type { Experiment } from '../experiment.js';
import { CannotRun } from '../notes.js';

export const groups: Experiment = {
  name: 'process-group',
  group: 'life',
  question: 'Whom does a signal to a process group reach?',
  steps: [
    'start a shell as the leader of a group; it starts sleep, and sleep under setsid',
    'send SIGKILL to the group, and look at all three',
  ],
  expected: 'The leader and what it started, in whatever depth, but none that has left by setsid.',
  source: 'kill(2): "If pid is less than -1"; setpgid(2); setsid(2)',
  relied: 'ends go to the whole group; what has left it is looked for by other means',
  follows: 'kill(-pgid) is not enough for a program that becomes a daemon.',
  async perform(notes) {
    requireProc();
    need('sh', 'sleep');
    const escapes = has('setsid');
    const script = `sleep 1000 & echo $!; ${escapes ? "setsid sh -c 'echo $$; exec sleep 1000' & " : ''}wait`;
    const shell = start('sh', ['-c', script], {
      stdout: 'stream',
      check: false,
      leftovers: 'leave',
      guard: false,
    });
    const lines = shell.stdout.lines();
    const next = async () => {
      const { value } = await lines.next();
      return Number(value);
    };
    const pids = [await next()];
    if (escapes) pids.push(await next());
    const [member, escaped] = pids as [number, number | undefined];
    try {
      notes.check(
        'the group of sleep',
        'that of its parent',
        processStat(member)?.group === shell.pid ? 'that of its parent' : 'another',
      );
      kill(-shell.pid, signals.SIGKILL);
      // A zombie until its new parent reaps it.
      const isGone = ['gone', 'Z'].includes(await stateOf(member, 'gone', 'Z'));
      notes.check('sleep, after kill(-group, SIGKILL)', 'gone', isGone ? 'gone' : 'alive');
      const what = 'sleep under setsid';
      await notes.attempt(what, 'alive', () => {
        if (escaped === undefined) throw new CannotRun('setsid is not installed');
        const state = processStat(escaped)?.state;
        notes.check(what, 'alive', state === undefined || state === 'Z' ? 'gone' : 'alive');
      });
    } finally {
      if (escaped !== undefined) kill(escaped, signals.SIGKILL);
      await lines.return?.();
      await shell.result;
    }
  },
};
