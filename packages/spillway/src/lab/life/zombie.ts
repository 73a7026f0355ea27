import { reap, signalName, signals } from '../../system/index.js';
import { exited, killWord, requireProc, startRaw, stateOf } from '../bench/index.js';
import type { Experiment } from '../experiment.js';

export const zombie: Experiment = {
  name: 'zombie',
  group: 'life',
  question: 'Is a child gone after SIGKILL?',
  steps: [
    'start sleep, and send it SIGKILL',
    'look at it, and ask kill(pid, 0)',
    'wait for it, and ask again',
  ],
  expected: 'No: it is a zombie until its parent waits for it, and kill(pid, 0) succeeds on it; then ESRCH.',
  source: 'wait(2), NOTES: "A child that terminates, but has not been waited for becomes a zombie"; kill(2)',
  relied: 'while a zombie is not reaped, its pid and group belong to no other process',
  follows: 'Killing is not reaping. kill(pid, 0) does not tell whether a child runs.',
  async perform(notes) {
    const pid = startRaw('nothing', 'sleep', '1000');
    notes.check('kill(pid, 0) while it runs', 'succeeds', killWord(pid));
    notes.check('kill(pid, SIGKILL)', 'succeeds', killWord(pid, signals.SIGKILL));
    await exited(pid);
    await notes.attempt('its state after SIGKILL', 'Z (zombie)', async () => {
      const state = await stateOf(pid, 'Z');
      notes.check('its state after SIGKILL', 'Z (zombie)', state === 'Z' ? 'Z (zombie)' : state);
    });
    notes.check('kill(pid, 0) on the zombie', 'succeeds', killWord(pid));
    notes.check('a further SIGKILL', 'succeeds', killWord(pid, signals.SIGKILL));
    const status = reap(pid)?.status;
    const how = status?.kind === 'signaled' ? signalName(status.signal) : status?.kind;
    notes.check('what waitpid says', 'SIGKILL', how ?? 'no child');
    notes.check('kill(pid, 0) afterwards', 'ESRCH', killWord(pid));
    await notes.attempt('its state after waitpid', 'gone', async () => {
      requireProc();
      notes.check('its state after waitpid', 'gone', await stateOf(pid, 'gone'));
    });
  },
};
