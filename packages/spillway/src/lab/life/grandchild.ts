import { start } from '../../run/index.js';
import { kill, processStat, reap, setChildSubreaper, signals } from '../../system/index.js';
import { eventually, exited, need, requireProc, stateOf } from '../bench/index.js';
import type { Experiment } from '../experiment.js';
import { CannotRun } from '../notes.js';

/** A shell that starts another program, tells its pid, and waits. */
const FAMILY = 'sleep 1000 & echo $!; wait';

export const grandchild: Experiment = {
  name: 'grandchild',
  group: 'life',
  question: 'What becomes of a grandchild whose parent is killed?',
  steps: [
    'start a shell that starts sleep, and kill the shell alone',
    'look whose child sleep is now',
    'again, while this process is a subreaper',
  ],
  expected: 'It lives on, as a child of pid 1 or of the nearest subreaper.',
  source: 'wait(2), NOTES: "the orphaned children are adopted by init"; PR_SET_CHILD_SUBREAPER(2const)',
  relied: 'leftovers are looked for among orphans; `adoptOrphans` gets them as a subreaper',
  follows: 'A timeout that kills the shell leaves what the shell has started. SIGKILL does not go down.',
  async perform(notes) {
    requireProc();
    need('sh', 'sleep');
    await orphaned(async (pid) => {
      const parent = processStat(pid)?.parent;
      notes.check('sleep, after its shell was killed', 'S (alive)', `${await stateOf(pid, 'S')} (alive)`);
      notes.judge(
        'its parent',
        'pid 1, or a subreaper above',
        parent === 1 ? 'pid 1' : `process ${parent}`,
        parent !== undefined && parent !== process.pid,
      );
    });
    try {
      setChildSubreaper(true);
    } catch (error) {
      throw new CannotRun(`this process cannot become a subreaper: ${(error as Error).message}`);
    }
    try {
      await orphaned(async (pid) => {
        const parent = processStat(pid)?.parent;
        notes.check(
          'its parent, under a subreaper',
          'the subreaper',
          parent === process.pid ? 'the subreaper' : `${parent}`,
        );
        kill(pid, signals.SIGKILL);
        await exited(pid);
        const status = reap(pid)?.status;
        notes.check('the subreaper waits for it', 'signaled', status?.kind ?? 'no child of it');
      });
    } finally {
      setChildSubreaper(false);
    }
  },
};

/** Gives the pid of a grandchild whose parent is gone, and ends it afterwards. */
async function orphaned(look: (pid: number) => Promise<void>): Promise<void> {
  const shell = start('sh', ['-c', FAMILY], {
    stdout: 'stream',
    check: false,
    leftovers: 'leave',
    guard: false,
  });
  const lines = shell.stdout.lines();
  const first = await lines.next();
  const pid = Number(first.value);
  if (!Number.isInteger(pid) || pid <= 1) throw new CannotRun('the shell has not told what it started');
  try {
    kill(shell.pid, signals.SIGKILL);
    await eventually(() => (processStat(pid)?.parent === shell.pid ? undefined : true));
    await look(pid);
  } finally {
    kill(pid, signals.SIGKILL);
    await lines.return?.();
    await shell.result;
  }
}
