import { reap, signals } from '../../system/index.js';
import { becomeOverflowUser, exited, killWord, startRaw } from '../bench/index.js';
import type { Experiment } from '../experiment.js';
import { CannotRun } from '../notes.js';

export const killErrors: Experiment = {
  name: 'kill-errors',
  group: 'life',
  question: 'What does kill say of a process that is gone, and of another user’s?',
  steps: ['start true, wait for it, and signal its pid', 'without privileges, signal pid 1'],
  expected: 'ESRCH when there is no such process; EPERM when there is one that may not be signalled.',
  source: 'kill(2), ERRORS',
  relied: 'a process that is gone is told from one that may not be signalled',
  follows: 'EPERM means that it exists. ESRCH may mean that another process gets this pid next.',
  async perform(notes) {
    const pid = startRaw('nothing', 'true');
    await exited(pid);
    reap(pid);
    notes.check('signal 0 to a process that was reaped', 'ESRCH', killWord(pid));
    notes.check('SIGTERM to its group', 'ESRCH', killWord(-pid, signals.SIGTERM));
    const what = 'signal 0 to pid 1, without privileges';
    await notes.attempt(what, 'EPERM', () => {
      // The real user counts as well, so giving up the effective one is not enough.
      if (process.geteuid?.() === 0) becomeOverflowUser('pid 1 is its own');
      const seen = killWord(1);
      if (seen === 'succeeds') throw new CannotRun('pid 1 is a process of this user here');
      notes.check(what, 'EPERM', seen);
    });
  },
};
