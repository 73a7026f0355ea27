/** Children end with the program, however it ends. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { start } from '../../../src/index.js';
import { guard } from '../../../src/process/index.js';
import { describeOnce } from '../../helpers/backend.js';
import { checkForLeaks, isAlive, scratchDirectory, until } from '../../helpers/leaks.js';
import { childProgram, runNode } from '../../helpers/programs.js';
import { sideBySide } from '../../helpers/side-by-side.js';

checkForLeaks();

const together = sideBySide(4);

/**
 * Four kinds: one that ends at once, one in a session of its own, one that ignores SIGTERM, one that does
 * both.
 */
const KINDS = [
  'echo $$; exec sleep 300',
  'setsid sh -c "echo \\$\\$; exec sleep 300" & wait',
  'trap "" TERM; echo $$; while :; do sleep 0.1; done',
  'setsid sh -c \'trap "" TERM; echo $$; while :; do sleep 0.1; done\' & wait',
];

/** Starts one child of each kind, prints their pids, then ends in its own way. */
function program(end: string, options = '{ terminate: { grace: 500 } }'): string {
  return `
    const pids = [];
    for (const kind of ${JSON.stringify(KINDS)}) {
      const child = start('sh', ['-c', kind], ${options});
      pids.push((await child.stdout.lines().next()).value);
    }
    console.log(pids.join(' '));
    ${end}
  `;
}

async function gone(pids: number[], ms: number): Promise<void> {
  await until(
    () => !pids.some(isAlive),
    () => `alive: ${pids.filter(isAlive)}`,
    ms,
  );
}

function pidsOf(stdout: string): number[] {
  const pids = stdout.trim().split(' ').map(Number);
  expect(pids).toHaveLength(KINDS.length);
  return pids;
}

describe('The guard ends all that the program has started', () => {
  together.each([
    ['SIGKILL', "process.kill(process.pid, 'SIGKILL');"],
    ['SIGTERM', "process.kill(process.pid, 'SIGTERM'); await new Promise(() => setTimeout(() => {}, 1e5));"],
    ['SIGINT', "process.kill(process.pid, 'SIGINT'); await new Promise(() => setTimeout(() => {}, 1e5));"],
    ['SIGHUP', "process.kill(process.pid, 'SIGHUP'); await new Promise(() => setTimeout(() => {}, 1e5));"],
    ['process.exit()', 'process.exit(3);'],
    [
      'an uncaught error',
      "setTimeout(() => { throw new Error('uncaught'); }, 1); await new Promise(() => {});",
    ],
    ['a fault', "process.kill(process.pid, 'SIGSEGV'); await new Promise(() => setTimeout(() => {}, 1e5));"],
    ['abort()', 'process.abort();'],
  ])('after %s', async (_, end) => {
    const { stdout } = await runNode(program(end), { via: ['sh', '-c', 'ulimit -c 0; exec "$@"', 'sh'] });
    await gone(pidsOf(stdout), 20_000);
  });

  together('with SIGTERM first, and SIGKILL after the grace period', async () => {
    const script = `
      const slow = 'trap "echo asked >&2; sleep 0.3; echo done >&2; exit" TERM; echo $$; ' +
        'while :; do sleep 0.05; done';
      const child = start('sh', ['-c', slow], { stderr: 'inherit', terminate: { grace: '20s' } });
      console.log((await child.stdout.lines().next()).value);
      process.kill(process.pid, 'SIGKILL');
    `;
    const { stdout, stderr } = await runNode(script);
    await gone([Number(stdout)], 20_000);
    // The shell says what becomes of its `sleep`.
    expect(stderr.replace('Terminated\n', '')).toBe('asked\ndone\n');
  });

  together('after an earlier guard was killed, whose place it has taken', async () => {
    const script = program(`
      import { readFileSync } from 'node:fs';
      const nameOf = (pid) => {
        try { return readFileSync('/proc/' + pid + '/cmdline', 'latin1'); } catch { return ''; }
      };
      const guards = () => readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim()
        .split(' ').filter((pid) => nameOf(pid).includes('spillway-guard'));
      const [first] = guards();
      process.kill(Number(first), 'SIGKILL');
      while (!guards().some((pid) => pid !== first)) await new Promise((resolve) => setTimeout(resolve, 5));
      process.kill(process.pid, 'SIGKILL');
    `);
    const { stdout } = await runNode(script);
    await gone(pidsOf(stdout), 20_000);
  });
});

describeOnce('The guard spares', () => {
  async function aliveAfter(script: string): Promise<void> {
    const { stdout } = await runNode(script);
    const pid = Number(stdout);
    // The guard's work takes some 100 ms; it would be over by the time that another program's is.
    await gone(pidsOf((await runNode(program("process.kill(process.pid, 'SIGKILL');"))).stdout), 20_000);
    expect(isAlive(pid)).toBe(true);
    process.kill(pid, 'SIGKILL');
    await gone([pid], 20_000);
  }

  together('what was started with guard: false', async () => {
    await aliveAfter(`
      const child = start('sh', ['-c', 'echo $$; exec sleep 300'], { guard: false });
      console.log((await child.stdout.lines().next()).value);
      process.kill(process.pid, 'SIGKILL');
    `);
  });

  together('a daemon that a finished run has left on purpose', async () => {
    const words = JSON.stringify([childProgram('daemon.sh'), join(scratchDirectory(), 'fifo')]);
    await aliveAfter(`
      const [program, fifo] = ${words};
      const { stdout } = await run(program, [fifo, '1']);
      console.log(stdout.split('\\n')[0]);
      start('sleep', ['300']);
      process.kill(process.pid, 'SIGKILL');
    `);
  });
});

describe('The guard', () => {
  it('is one for all children, ignores the signals of a terminal, and holds nothing of ours', async () => {
    const children = [start('sleep', ['20']), start('sleep', ['20'])];
    const [pid] = guard.pids as [number];
    for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM', 'SIGTSTP', 'SIGQUIT'] as const)
      process.kill(pid, signal);
    expect(isAlive(pid)).toBe(true);
    expect(readFileSync(`/proc/${pid}/stat`, 'latin1').split(' ')[5]).toBe(String(pid));
    children.push(start('sleep', ['20']));
    expect(guard.pids).toEqual([pid]);
    await Promise.all(children.map((child) => child.terminate()));
  });

  it('exits when there is nothing to guard, and does not keep the program alive', async () => {
    const script = `
      import { readFileSync } from 'node:fs';
      await run('true');
      const [pid] = readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim().split(' ');
      console.log(pid);
    `;
    const { stdout } = await runNode(script, { timeoutMs: 4000 });
    await gone([Number(stdout)], 4000);
  });
});
