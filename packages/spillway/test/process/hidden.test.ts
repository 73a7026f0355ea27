/** Processes of a run that show no mark: a title over their variables, none at all, not to be looked into. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type RunOptions, run, start } from '../../src/index.js';
import { backend } from '../helpers/backend.js';
import { checkForLeaks, isAlive, scratchDirectory, until } from '../helpers/leaks.js';
import { childProgram, notRoot, runNode } from '../helpers/programs.js';
import { sideBySide } from '../helpers/side-by-side.js';

checkForLeaks();

const it = sideBySide(4);

const HIDDEN = `python3 "${childProgram('hidden.py')}"`;

/** A command that starts one and goes on, with \`then\`, once it is there. */
function script(words: string, then: string): string[] {
  const file = join(scratchDirectory(), 'pids');
  return [
    '-c',
    `${HIDDEN} ${words.replace('FILE', file)} & while ! [ -e '${file}' ]; do sleep 0.02; done; ${then}`,
  ];
}

function pids(): number[] {
  return readFileSync(join(scratchDirectory(), 'pids'), 'utf8').split(' ').map(Number);
}

async function endAll(): Promise<void> {
  const alive = pids().filter(isAlive);
  for (const pid of alive) process.kill(pid, 'SIGKILL');
  await until(() => !pids().some(isAlive));
}

/** Runs it; returns which of them live on, having ended those, and their leftovers in the report. */
async function outcome(words: string, then: string, options: RunOptions | 'abort') {
  const aborter = new AbortController();
  const chosen = options === 'abort' ? { signal: aborter.signal } : options;
  const running = run('sh', script(words, then), { check: false, ...chosen });
  if (options === 'abort') {
    await until(() => existsSync(join(scratchDirectory(), 'pids')));
    aborter.abort();
  }
  const { leftovers, reason } = await running;
  const lives = pids().map(isAlive);
  await endAll();
  const reported = pids().map((pid) => leftovers.find((one) => one.pid === pid));
  return { lives, reported, reason };
}

const byPipe = describe.skipIf(backend === 'node');

byPipe('A daemon that shows no mark, but holds a stream of its command', () => {
  it.each([
    ['with a title', 'title daemon stderr FILE'],
    ['without variables', 'bare daemon stdout FILE'],
  ])('%s, is named after a normal exit, and lives on', async (_, words) => {
    const { lives, reported } = await outcome(words, 'exit 0', {});
    const [, , stream] = words.split(' ');
    expect(lives).toEqual([true]);
    expect(reported).toMatchObject([{ descriptors: [stream], leftGroup: true, action: 'left' }]);
  });

  it.each([
    ["by 'kill-all'", 'exit 0', { leftovers: 'kill-all' }],
    ['after a crash', 'kill -SEGV $$', {}],
    ['by an abort', 'exec sleep 300', 'abort'],
  ] as const)('is ended %s, with its children', async (_, then, options) => {
    for (const words of ['title daemon stderr FILE hidden', 'bare daemon stdout FILE hidden']) {
      const { lives, reported } = await outcome(words, then, options);
      expect(lives).toEqual([false, false]);
      expect(reported).toMatchObject(Array(2).fill({ leftGroup: true, action: 'killed', signal: 'SIGTERM' }));
      execFileSync('rm', [join(scratchDirectory(), 'pids')]);
    }
  });

  it('has a title in the report, as ps would show it', async () => {
    const { reported } = await outcome('title daemon stderr FILE', 'exit 0', {});
    expect(reported).toMatchObject([{ command: 'hidden: a title' }]);
  });
});

describe('A process that shows no mark and holds nothing', () => {
  it.each(['title', 'bare', 'secret'])('(%s) is found by its parent at an abort', async (how) => {
    const { lives, reported } = await outcome(`${how} session none FILE hidden`, 'wait', 'abort');
    expect(lives).toEqual([false, false]);
    expect(reported).toMatchObject(Array(2).fill({ action: 'killed' }));
  });

  it.each(['title', 'bare'])('(%s) is found by the child that shows a mark', async (how) => {
    const { lives, reported } = await outcome(`${how} daemon none FILE marked`, 'exit 0', {
      leftovers: 'kill-all',
    });
    expect(lives).toEqual([false, false]);
    expect(reported).toMatchObject(Array(2).fill({ leftGroup: true, action: 'killed' }));
  });

  it('is found by its session, in which another shows a mark', async () => {
    const file = join(scratchDirectory(), 'pids');
    const both = `(${HIDDEN} title here none "$0" &) ; exec sleep 300`;
    const wait = 'while ! [ -e "$0" ]; do sleep 0.02; done';
    const command = `setsid sh -c '${both}' "$0" >/dev/null 2>&1 & ${wait}; exit 0`;
    const { leftovers } = await run('sh', ['-c', command, file], { leftovers: 'kill-all' });
    const [hidden] = pids();
    expect(isAlive(hidden as number)).toBe(false);
    expect(leftovers).toContainEqual(expect.objectContaining({ pid: hidden, action: 'killed' }));
  });
});

describe('A process of others', () => {
  it('that shows no mark either lives on, whatever happens to a command beside it', async () => {
    const child = start('sh', ['-c', 'setsid sleep 300 >/dev/null 2>&1 & read -r go; exit 0'], {
      stdin: 'pipe',
      leftovers: 'kill-all',
    });
    const file = join(scratchDirectory(), 'pids');
    const words = [childProgram('hidden.py'), 'title', 'daemon', 'none', file, 'hidden'];
    execFileSync('python3', words, { env: { PATH: process.env.PATH }, stdio: 'ignore' });
    await until(() => existsSync(file));
    child.stdin.end('\n');
    const { leftovers } = await child.result;
    const lives = pids().map(isAlive);
    await endAll();
    expect(leftovers).toMatchObject([{ command: 'sleep 300', action: 'killed' }]);
    expect(lives).toEqual([true, true]);
  });
});

/** For them, a process that is not dumpable is a closed book. */
describe.skipIf(notRoot)('For a program without privileges', () => {
  it.each(['title', 'bare', 'secret'])(
    'a process of its command (%s) is found by its parent',
    async (how) => {
      chmodSync(scratchDirectory(), 0o777);
      const file = join(scratchDirectory(), 'pids');
      const hidden = `${HIDDEN} ${how} session none ${file} hidden & wait`;
      const finished = await runNode(
        `import { existsSync } from 'node:fs';
       const child = start('sh', ['-c', ${JSON.stringify(hidden)}], { check: false });
       while (!existsSync(${JSON.stringify(file)})) await new Promise((done) => setTimeout(done, 10));
       await child.terminate();
       console.log((await child.result).leftovers.map(({ pid }) => pid).join(' '));`,
        { via: ['setpriv', '--reuid=61234', '--regid=61234', '--clear-groups'] },
      );
      const lives = pids().map(isAlive);
      await endAll();
      expect(lives).toEqual([false, false]);
      const named = finished.stdout.trim().split(' ').map(Number);
      for (const pid of pids()) expect(named).toContain(pid);
    },
  );
});

const NAMESPACE = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];
const canBeginAnew =
  notRoot === undefined &&
  spawnSync('unshare', [...NAMESPACE.slice(1), 'sh', '-c', 'echo 5 >/proc/sys/kernel/ns_last_pid']).status ===
    0;

describe.skipIf(!canBeginAnew)('When the process numbers begin anew after the start of a command', () => {
  const program = (words: string, then: string, options: string, ahead: number) => `
    import { readFileSync, writeFileSync } from 'node:fs';
    const file = '${join(scratchDirectory(), `pids-${ahead}`)}';
    await run('true');
    const most = Number(readFileSync('/proc/sys/kernel/pid_max', 'utf8'));
    writeFileSync('/proc/sys/kernel/ns_last_pid', String(most - ${ahead}));
    const begin = '${HIDDEN} ${words} ' + file + ' hidden & ';
    const script = begin + 'while ! [ -e ' + file + ' ]; do sleep 0.02; done; ${then}';
    const { pid, leftovers } = await run('sh', ['-c', script], { check: false, ...${options} });
    const pids = readFileSync(file, 'utf8').split(' ').map(Number);
    const named = leftovers.filter((one) => pids.includes(one.pid) && one.action === 'killed');
    console.log(pids.length, named.length, pids.some((one) => one < pid));`;

  it.each([
    ['title daemon stderr', 'exit 0', "{ leftovers: 'kill-all' }"],
    ['bare daemon stdout', 'kill -SEGV $$', '{}'],
    ['title session none', 'exec sleep 300', '{ timeout: 1500, diagnose: false }'],
  ])('%s is found by its relations all the same', async (words, then, options) => {
    for (const ahead of [2, 5]) {
      const { stdout, stderr } = await runNode(program(words, then, options, ahead), { via: NAMESPACE });
      expect([stdout, stderr]).toEqual(['2 2 true\n', '']);
    }
  });
});
