/** What is left of a run after the death of its program is found by the run's mark, and ended. */
import { expect, it } from 'vitest';
import { endRemains, OptionError, start } from '../../../src/index.js';
import { OUTER_MARKS } from '../../../src/process/mark.js';
import { describeOnce } from '../../helpers/backend.js';
import { checkForLeaks, isAlive } from '../../helpers/leaks.js';
import { runNode } from '../../helpers/programs.js';

checkForLeaks();

/** One that ends at SIGTERM, two daemons, of which one ignores it, and a child that has no variables. */
const TREE =
  'setsid sleep 300 & echo $!; setsid sh -c "trap \\"\\" TERM; echo \\$\\$; while :; do sleep 0.1; done" & ' +
  'sh -c "env -i sleep 300 & echo \\$!; wait" & echo $!; exec sleep 300';

/** The mark of a run whose program has died, and the pids of its processes. */
async function deadProgram(script = TREE): Promise<{ mark: string; pids: number[] }> {
  const { stdout } = await runNode(`
    import { writeSync } from 'node:fs';
    const child = start('sh', ['-c', ${JSON.stringify(script)}], { guard: false });
    const lines = child.stdout.lines();
    const pids = [child.pid];
    for (let i = 0; i < 4; i++) pids.push((await lines.next()).value);
    writeSync(1, [child.mark, ...pids].join(' '));
    process.kill(process.pid, 'SIGKILL');
  `);
  const [mark = '', ...pids] = stdout.split(' ');
  return { mark, pids: pids.map(Number) };
}

describeOnce('endRemains()', () => {
  it('ends all of a run whose program has died, and says how', async () => {
    const { mark, pids } = await deadProgram();
    expect(pids.filter(isAlive)).toHaveLength(5);
    const ended = await endRemains(mark, { grace: 500 });
    expect(pids.filter(isAlive)).toEqual([]);
    expect(ended.map(({ pid }) => pid)).toEqual(expect.arrayContaining(pids));
    for (const { action } of ended) expect(action).toBe('killed');
    const stubborn = ended.find(({ command }) => command.includes('trap'));
    expect(stubborn?.signal).toBe('SIGKILL');
    expect(pids).toContain(stubborn?.pid);
    expect(ended.find(({ pid }) => pid === pids[0])).toMatchObject({ signal: 'SIGTERM' });
    expect(await endRemains(mark)).toEqual([]);
  });

  it('leaves other runs alone', async () => {
    await using other = start('sleep', ['300']);
    const { mark } = await deadProgram();
    await endRemains(mark, { signal: 'SIGKILL' });
    expect(other.running).toBe(true);
    expect(isAlive(other.pid)).toBe(true);
  });

  it('finds nothing of a run that has left nothing', async () => {
    expect(await endRemains('1-0.1;')).toEqual([]);
  });

  it('ends a run of this program, too', async () => {
    const child = start('sleep', ['300'], { check: false });
    expect(await endRemains(child.mark)).toMatchObject([{ pid: child.pid, signal: 'SIGTERM' }]);
    expect(await child.result).toMatchObject({ reason: 'signal', signal: 'SIGTERM' });
  });

  it.skipIf(OUTER_MARKS === '')('refuses the run that this program is in', async () => {
    const outer = OUTER_MARKS.slice(0, OUTER_MARKS.indexOf(';') + 1);
    await expect(endRemains(outer)).rejects.toThrow(OptionError);
  });

  it.each(['', 'SPILLWAY_RUN', '1-0.1', '1-0.1;2-0.2;', ';', '.*', 5, undefined])(
    'refuses %j',
    async (mark) => {
      await expect(endRemains(mark as string)).rejects.toThrow(OptionError);
    },
  );

  it('refuses a wrong way to end them', async () => {
    await expect((async () => endRemains('1-0.1;', { grace: 'soon' as never }))()).rejects.toThrow(
      OptionError,
    );
  });
});
