/** Forced ends in a cgroup that is delegated to the program, and in one that is not. */
import { spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it as alone, describe, expect } from 'vitest';
import type { Leftover } from '../../src/index.js';
import { backend, posixOnly } from '../helpers/backend.js';
import {
  cgroupsBelow,
  isPopulated,
  makeTestCgroup,
  membersOf,
  noCgroups,
  removeTestCgroups,
  within,
} from '../helpers/cgroups.js';
import { checkForLeaks, isAlive, scratchDirectory, until } from '../helpers/leaks.js';
import { childProgram, runNode } from '../helpers/programs.js';
import { sideBySide } from '../helpers/side-by-side.js';

checkForLeaks();
if (noCgroups === undefined) removeTestCgroups();

const it = sideBySide(4);

const STRANGER = 65534;

/** Two that ignore SIGTERM, in the group and out of it; prints their pids. */
const stubborn = `trap '' TERM; setsid sh -c 'echo $$; while :; do sleep 1; done' &
  (echo up; while :; do sleep 1; done) & wait`;
const options = `{ terminate: { grace: 100 }, check: false }`;
/** Starts it, ends it when both are up, and prints its leftovers. */
const endStubborn = `
  const child = start('sh', ['-c', ${JSON.stringify(stubborn)}], ${options});
  const lines = child.stdout.lines();
  await lines.next();
  await lines.next();
  await child.terminate();
  const { leftovers } = await child.result;
  console.log(JSON.stringify(leftovers));
`;

async function leftoversIn(directory: string, script: string, via: string[] = []): Promise<Leftover[]> {
  const finished = await runNode(script, { via: [...within(directory), ...via], timeoutMs: 60_000 });
  expect({ ...finished, stdout: '' }).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
  return JSON.parse(finished.stdout) as Leftover[];
}

/** The program's guard goes with it, a moment later. */
async function isEmptied(directory: string): Promise<void> {
  await until(
    () => !isPopulated(directory),
    () => `something is left in ${directory}`,
  );
  expect(cgroupsBelow(directory)).toEqual([]);
}

function expectKilledByCgroup(leftovers: readonly Leftover[]): void {
  expect(leftovers.some(({ leftGroup }) => leftGroup)).toBe(true);
  expect(leftovers.some(({ leftGroup }) => !leftGroup)).toBe(true);
  // On a busy machine a `sleep 1` may have ended before.
  const lasting = leftovers.filter(({ command }) => command !== 'sleep 1');
  for (const one of lasting) expect(one).toMatchObject({ action: 'killed', killedBy: 'cgroup.kill' });
}

describe.skipIf(noCgroups)(`Spillway in a delegated cgroup${noCgroups ? ` (${noCgroups})` : ''}`, () => {
  it.each(['trusted.delegate', 'user.delegate'])(
    '(%s) kills what ignores SIGTERM by cgroup.kill, in its group and out of it, and says so in the result',
    async (attribute) => {
      const directory = makeTestCgroup(attribute);
      expectKilledByCgroup(await leftoversIn(directory, endStubborn));
      await isEmptied(directory);
    },
  );

  it('kills by cgroup.kill for a user without privileges', async () => {
    const directory = makeTestCgroup('user.delegate');
    // As systemd does it (/sys/kernel/cgroup/delegate).
    for (const name of ['', 'cgroup.procs', 'cgroup.threads', 'cgroup.subtree_control']) {
      chownSync(join(directory, name), STRANGER, STRANGER);
    }
    chmodSync(scratchDirectory(), 0o755);
    const asStranger = ['setpriv', `--reuid=${STRANGER}`, `--regid=${STRANGER}`, '--clear-groups'];
    expectKilledByCgroup(await leftoversIn(directory, endStubborn, asStranger));
    await isEmptied(directory);
  });

  // A race of forks against the kill, which the other tests would make slower.
  alone('catches a chain of processes that each exit as soon as they are found', async () => {
    const directory = makeTestCgroup('user.delegate');
    const leftovers = await leftoversIn(
      directory,
      `
        const script = 'for i in 1 2 3; do "$0" 20000; done; trap "" TERM; ' +
          'setsid sh -c "echo up; exec sleep 300" & wait; wait';
        const child = start('sh', ['-c', script, ${JSON.stringify(childProgram('chain.sh'))}], ${options});
        await child.stdout.lines().next();
        await child.terminate();
        const { leftovers } = await child.result;
        console.log(JSON.stringify(leftovers));
      `,
    );
    expect(leftovers).toContainEqual(
      expect.objectContaining({ leftGroup: true, action: 'killed', killedBy: 'cgroup.kill' }),
    );
    await isEmptied(directory);
  });

  it('spares strangers in the cgroup, and other children of the program', async () => {
    const directory = makeTestCgroup('user.delegate');
    const [file, ...args] = [...within(directory), 'sleep', '300'];
    const stranger = spawn(file as string, args, { stdio: 'ignore' });
    const leftovers = await leftoversIn(
      directory,
      `
        import { existsSync, readFileSync } from 'node:fs';
        const other = start('sh', ['-c', 'setsid sleep 300 & echo $! $$; wait'], { check: false });
        const pids = (await other.stdout.lines().next()).value.split(' ');
        const cgroupOf = (pid) => /^0::.*$/m.exec(readFileSync('/proc/' + pid + '/cgroup', 'utf8'))[0];
        const where = () => pids.map(cgroupOf);
        const before = where();
        ${endStubborn}
        if (String(where()) !== String(before)) throw new Error(where() + ' is not ' + before);
        await other.terminate();
        await other.result;
      `,
    );
    expectKilledByCgroup(leftovers);
    expect(membersOf(directory)).toContain(stranger.pid);
    expect(isAlive(stranger.pid as number)).toBe(true);
    stranger.kill('SIGKILL');
    await isEmptied(directory);
  });

  it('kills a daemon when its command crashes, and leaves it after a normal exit', async () => {
    const directory = makeTestCgroup('user.delegate');
    const daemon = 'trap "" TERM; setsid sleep 300 </dev/null >/dev/null 2>&1 & echo $!';
    const leftovers = await leftoversIn(
      directory,
      `
        const untilItLeads = 'while [ "$(cut -d" " -f6 /proc/$!/stat)" != $! ]; do :; done';
        const daemon = ${JSON.stringify(daemon)} + '; ' + untilItLeads;
        const crash = await run('sh', ['-c', daemon + '; kill -SEGV $$'], { check: false });
        const exit = await run('sh', ['-c', daemon + '; sleep 300 & exit 0']);
        const all = await run('sh', ['-c', daemon + '; exit 0'], { leftovers: 'kill-all' });
        process.kill(Number(exit.stdout), 'SIGKILL');
        console.log(JSON.stringify([crash, exit, all].map(({ leftovers }) =>
          leftovers.map(({ leftGroup, action, killedBy }) => [leftGroup, action, killedBy ?? '']))));
      `,
    );
    expect(leftovers).toEqual([
      [[true, 'killed', 'cgroup.kill']],
      expect.arrayContaining([
        [true, 'left', ''],
        [false, 'killed', ''],
      ]),
      [[true, 'killed', 'cgroup.kill']],
    ]);
    await isEmptied(directory);
  });

  posixOnly('its calls need system calls of their own')(
    'serves runSync() and pipeline() in the same way',
    async () => {
      const directory = makeTestCgroup('user.delegate');
      const [sync, stage] = (await leftoversIn(
        directory,
        `
        const options = { timeout: 500, terminate: { grace: 100 }, check: false };
        const sync = runSync('sh', ['-c', ${JSON.stringify(stubborn)}], options);
        const piped = await pipeline([['sh', '-c', ${JSON.stringify(stubborn)}], ['cat']], options);
        console.log(JSON.stringify([sync.leftovers, piped.stages[0].leftovers]));
      `,
      )) as unknown as Leftover[][];
      expectKilledByCgroup(sync as Leftover[]);
      expectKilledByCgroup(stage as Leftover[]);
      await isEmptied(directory);
    },
  );

  it('removes the directories of killed programs, and no others', async () => {
    const directory = makeTestCgroup('user.delegate');
    const kept = [`spillway-${process.pid}-1`, 'spillway-mine', 'other'];
    // No process has this number: the kernel gives out none above 2^22.
    for (const name of [...kept, 'spillway-4194305-1']) mkdirSync(join(directory, name));
    await leftoversIn(directory, endStubborn);
    expect(cgroupsBelow(directory).sort()).toEqual([...kept].sort());
  });
});

// How a process is killed stands above the backends; what the kill reaches, as seen above, does not.
describe.skipIf(noCgroups || backend === 'node')(
  `Spillway without a delegated cgroup${noCgroups ? ` (${noCgroups})` : ''}`,
  () => {
    function expectKilledBySignals(leftovers: readonly Leftover[]): void {
      expect(leftovers.length).toBeGreaterThanOrEqual(2);
      for (const one of leftovers) expect(one).not.toHaveProperty('killedBy');
    }

    it.each([
      ['no delegation is set', undefined, '1'],
      ['the attribute says that it is not delegated', 'user.delegate', '0'],
    ])('kills by signals when %s', async (_, attribute, value) => {
      const directory = makeTestCgroup(attribute, value);
      expectKilledBySignals(await leftoversIn(directory, endStubborn));
      await isEmptied(directory);
    });

    it.each([
      ['no cgroup may be made below it', 'cgroup.max.descendants', '0'],
      ['it is threaded, so that a cgroup below could have no processes', 'cgroup.type', 'threaded'],
    ])('kills by signals when %s', async (_, file, value) => {
      const directory = makeTestCgroup('user.delegate');
      writeFileSync(join(directory, file), value);
      expectKilledBySignals(await leftoversIn(directory, endStubborn));
      await isEmptied(directory);
    });

    it('kills by signals when this program may not write the cgroup', async () => {
      const directory = makeTestCgroup('user.delegate');
      chmodSync(scratchDirectory(), 0o755);
      const asStranger = ['setpriv', `--reuid=${STRANGER}`, `--regid=${STRANGER}`, '--clear-groups'];
      expectKilledBySignals(await leftoversIn(directory, endStubborn, asStranger));
      await isEmptied(directory);
    });
  },
);
