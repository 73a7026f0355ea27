import { run } from '../../run/index.js';
import { peekChild, processStat, reap, signals } from '../../system/index.js';
import { exited, killWord, pause, requireProc, startRaw, stateOf } from '../bench/index.js';
import type { Experiment } from '../experiment.js';

const LIMIT_MS = 200;
const POLL_MS = 50;

export const timeouts: Experiment = {
  name: 'timeout',
  group: 'life',
  question: 'What does a time limit leave, by polling with WNOHANG and by the library?',
  steps: [
    `start sleep, ask every ${POLL_MS} ms with WNOHANG whether it has ended, kill it after ${LIMIT_MS} ms`,
    'look at it, and wait for it',
    'run sleep with the option timeout',
  ],
  expected: 'By polling a zombie, until waitpid is called once more; by the library nothing.',
  source: 'waitpid(2), WNOHANG; kill(2)',
  relied: 'a command that a timeout ends is reaped before its result is there',
  follows: 'After the kill comes another waitpid, or a zombie stays for as long as the program runs.',
  async perform(notes) {
    const pid = startRaw('nothing', 'sleep', '1000');
    let polls = 0;
    for (let waited = 0; waited < LIMIT_MS && peekChild(pid) === 'running'; waited += POLL_MS) {
      polls++;
      await pause(POLL_MS);
    }
    notes.check('polls with WNOHANG', LIMIT_MS / POLL_MS, polls);
    killWord(pid, signals.SIGKILL);
    await exited(pid);
    await notes.attempt('polling, after the kill', 'Z', async () => {
      notes.check('polling, after the kill', 'Z', await stateOf(pid, 'Z'));
    });
    notes.check('kill(pid, 0) then', 'succeeds', killWord(pid));
    reap(pid);
    notes.check('kill(pid, 0) after waitpid', 'ESRCH', killWord(pid));
    const result = await run('sleep', ['1000'], { timeout: LIMIT_MS, check: false, diagnose: false });
    notes.check('the library: the reason', 'timeout', result.reason);
    notes.check('the library: what ended it', 'SIGTERM', result.signal ?? 'none');
    const own = result.pid ?? 0;
    notes.check('the library: kill(pid, 0)', 'ESRCH', killWord(own));
    await notes.attempt('the library: its state', 'gone', () => {
      requireProc();
      notes.check('the library: its state', 'gone', processStat(own)?.state ?? 'gone');
    });
  },
};
