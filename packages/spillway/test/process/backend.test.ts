/** Which backend starts a child, and what only the second one can do: another user and group. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OptionError, RunError, run, StartError, start } from '../../src/index.js';
import { backend } from '../helpers/backend.js';
import { checkForLeaks, isAlive, openDescriptors, scratchDirectory, until } from '../helpers/leaks.js';
import { notRoot, runNode } from '../helpers/programs.js';

checkForLeaks();

/** What a program's children have as stdout, in a program with this value of SPILLWAY_BACKEND. */
async function stdoutOfChild(value: string | undefined): Promise<string> {
  const script = `
    const { stdout } = await run('sh', ['-c', 'readlink /proc/$$/fd/1']).catch(({ name, code, message }) => ({ stdout: [name, code, message].join(' ') }));
    console.log(stdout.split(':[')[0]);
  `;
  const variable = value === undefined ? ['-u', 'SPILLWAY_BACKEND'] : [`SPILLWAY_BACKEND=${value}`];
  const { stdout, stderr } = await runNode(script, { via: ['env', ...variable] });
  return (stdout + stderr).trimEnd();
}

describe('SPILLWAY_BACKEND', () => {
  it.each([
    [undefined, 'pipe'],
    ['', 'pipe'],
    ['posix', 'pipe'],
    ['node', 'socket'],
  ])('%s: the stdout of a child is a %s', async (value, kind) => {
    expect(await stdoutOfChild(value)).toBe(kind);
  });

  it('with another value is an error that says which there are', async () => {
    expect(await stdoutOfChild('bun')).toBe(
      "StartError EINVAL cannot start sh: the variable SPILLWAY_BACKEND is 'bun'; allowed: 'posix', 'node', or nothing for the one that fits (EINVAL)",
    );
  });

  it('posix is an error with an option that it cannot carry out', async () => {
    const script = `console.log(await run('true', { uid: 1 }).catch(({ code, message }) => code + ' ' + message))`;
    const { stdout } = await runNode(script, { via: ['env', 'SPILLWAY_BACKEND=posix'] });
    expect(stdout).toMatch(/^ENOTSUP .*SPILLWAY_BACKEND=posix .* uid or gid; leave the variable out/);
  });

  it.skipIf(backend === 'posix')(
    'node is an error with an option that it cannot carry out (node:child_process only)',
    async () => {
      const before = [...openDescriptors()];
      for (const options of [{ pipeCapacity: 65_536 }, { nice: 5 }, { limits: { openFiles: 50 } }]) {
        const error = await run('true', options).catch((e) => e);
        expect(error).toBeInstanceOf(StartError);
        expect(error).toMatchObject({ code: 'ENOTSUP', subject: 'system' });
        expect(error.message).toContain('leave');
      }
      expect([...openDescriptors()]).toEqual(before);
    },
  );
});

describe.skipIf(notRoot)('a program that adopts orphans (needs root)', () => {
  it('is told that it cannot have a child by node:child_process, whose exit it would take away', async () => {
    const script = `
      const { adoptOrphans } = await import(${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)});
      adoptOrphans();
      console.log((await run('echo', ['well'])).stdout);
      console.log(await run('id', { uid: 61234 }).catch(({ code, message }) => code + ' ' + message));
    `;
    const { stdout } = await runNode(script, { via: ['env', '-u', 'SPILLWAY_BACKEND'] });
    expect(stdout).toMatch(/^well\nENOTSUP cannot start id: .* adopts orphans/);
  });
});

describe('cpu', () => {
  it('is measured, or NaN where it is not known', async () => {
    const { cpu } = await run('sh', ['-c', 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done']);
    if (backend === 'posix') expect(cpu.userMs).toBeGreaterThan(0);
    else expect(cpu).toEqual({ userMs: Number.NaN, systemMs: Number.NaN });
  });
});

describe('what is written just before the exit', () => {
  it('is read to the last byte, also beside a stranger that writes on for ever', async () => {
    // The stranger has a session of its own, so it lives on, and writes into the same stream, also between two writes of the child.
    const script =
      "setsid sh -c 'echo $$; exec yes' & read -r nothing; head -c 60000 /dev/zero | tr '\\0' z; echo last";
    for (let i = 0; i < 10; i++) {
      let came = 0;
      const child = start('sh', ['-c', script], {
        stdin: 'pipe',
        leftovers: 'kill-all',
        stdout: [
          'capture',
          ({ length }) => {
            came += length;
          },
        ],
      });
      await until(() => came > 10_000);
      child.stdin.end('\n');
      // What the stranger has written may have spilled.
      using result = await child.result;
      const { stdout } = result;
      expect(stdout.split('z').length - 1).toBe(60_000);
      expect(stdout).toMatch(/last(?:\n|$)/);
      expect(isAlive(Number(/^\d+$/m.exec(stdout)?.[0]))).toBe(false);
    }
  });

  it('is read whole when more of it was there than one read takes', async () => {
    for (let i = 0; i < 100; i++) {
      const { output } = await run('sh', ['-c', 'sleep 20 & head -c 190000 /dev/zero; exit 3'], {
        check: false,
      });
      expect(output.stdout.size).toBe(190_000);
    }
  });
});

describe('uid and gid', () => {
  it.each([
    [{ uid: -1 }, 'uid'],
    [{ uid: 1.5 }, 'uid'],
    [{ gid: 2 ** 32 - 1 }, 'gid'],
    [{ gid: 'daemon' as unknown as number }, 'gid'],
  ])('%j is refused', async (options, name) => {
    const error = await run('id', options).catch((e) => e);
    expect(error).toBeInstanceOf(OptionError);
    expect(error.option).toBe(name);
    expect(error.message).toContain('a whole number from 0 to 4294967294');
  });

  it.skipIf(notRoot)('are those of the child, without other groups (needs root)', async () => {
    const { stdout } = await run('sh', ['-c', 'id -u; id -g; id -G'], { uid: 61_234, gid: 61_235 });
    expect(stdout).toBe('61234\n61235\n61235');
  });

  it.skipIf(notRoot)('leave all else as it is: streams, lines, timeout, group (needs root)', async () => {
    const options = { uid: 61_234, gid: 61_234, timeout: 500, check: false, stdin: 'to stdin\n' } as const;
    const script = 'cat; echo to stderr >&2; sleep 60 | sleep 60';
    const result = await run('sh', ['-c', script], options);
    expect(result).toMatchObject({ stdout: 'to stdin', stderr: 'to stderr', reason: 'timeout' });
    const merged = await run('sh', ['-c', 'echo a; echo b >&2; echo c'], {
      uid: 61_234,
      stderr: 'stdout',
    });
    expect(merged.stdout).toBe('a\nb\nc');
  });

  it.skipIf(notRoot)('a program that the user may not execute is an EACCES (needs root)', async () => {
    chmodSync(scratchDirectory(), 0o755);
    const path = join(scratchDirectory(), 'mine');
    writeFileSync(path, '#!/bin/sh\n', { mode: 0o700 });
    const error = await run(path, { uid: 61_234, gid: 61_234 }).catch((e) => e);
    expect(error).toBeInstanceOf(StartError);
    expect(error).toMatchObject({ code: 'EACCES', subject: 'program' });
    expect(error.message).toContain('by user 61234, group 61234');
    mkdirSync(join(scratchDirectory(), 'closed'), { mode: 0o700 });
    writeFileSync(join(scratchDirectory(), 'closed', 'tool'), '#!/bin/sh\n', { mode: 0o755 });
    const hidden = await run(join(scratchDirectory(), 'closed', 'tool'), { uid: 61_234 }).catch((e) => e);
    expect(hidden).toMatchObject({ code: 'EACCES', subject: 'program' });
  });

  it.skipIf(notRoot)(
    'that this program may not take are an EPERM, thrown by start() (needs root)',
    async () => {
      chmodSync(scratchDirectory(), 0o755);
      const script = `
      for (const options of [{ uid: 0 }, { gid: 0 }, { uid: 0, gid: 0 }]) {
        try { start('id', options); } catch ({ name, code, message }) { console.log(name, code, message); }
      }
    `;
      const via = ['setpriv', '--reuid=61234', '--regid=61234', '--clear-groups'];
      const { stdout } = await runNode(script, { via });
      expect(stdout.trimEnd().split('\n')).toEqual([
        expect.stringMatching(/^StartError EPERM cannot start id: this process may not become user 0; /),
        expect.stringMatching(/^StartError EPERM cannot start id: this process may not become group 0; /),
        expect.stringMatching(
          /^StartError EPERM cannot start id: this process may not become user 0, group 0; /,
        ),
      ]);
    },
  );

  it.skipIf(notRoot)('an outcome of such a child is told as any other (needs root)', async () => {
    const error = await run('sh', ['-c', 'echo no >&2; exit 3'], { uid: 61_234 }).catch((e) => e);
    expect(error).toBeInstanceOf(RunError);
    expect(error.message).toMatch(/exited with code 3 .*\nstderr:\n {2}no$/);
  });
});
