/** Which backend starts a child, and what only the second one can do: another user and group. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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
    const failed = ({ name, code, message }) => ({ stdout: [name, code, message].join(' ') });
    const { stdout } = await run('sh', ['-c', 'readlink /proc/$$/fd/1']).catch(failed);
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
  ])('of %j gives a child a %s as stdout', async (value, kind) => {
    expect(await stdoutOfChild(value)).toBe(kind);
  });

  it('with an unknown value makes start() throw EINVAL with the allowed values', async () => {
    expect(await stdoutOfChild('bun')).toBe(
      "StartError EINVAL cannot start sh: the variable SPILLWAY_BACKEND is 'bun'; " +
        "allowed: 'posix', 'node', or nothing for the one that fits (EINVAL)",
    );
  });

  it('of posix makes start() throw ENOTSUP for an option that only node can carry out', async () => {
    const script = `
      console.log(await run('true', { uid: 1 }).catch(({ code, message }) => code + ' ' + message));
    `;
    const { stdout } = await runNode(script, { via: ['env', 'SPILLWAY_BACKEND=posix'] });
    expect(stdout).toMatch(/^ENOTSUP .*SPILLWAY_BACKEND=posix .* uid or gid; leave the variable out/);
  });

  it.skipIf(backend === 'posix')(
    'of node makes start() throw ENOTSUP for an option that only posix has (node:child_process only)',
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

describe.skipIf(notRoot)('A program that adopts orphans (needs root)', () => {
  it('gets ENOTSUP for a child by node:child_process, whose exit it would take away', async () => {
    const library = JSON.stringify(new URL('../../dist/index.js', import.meta.url).href);
    const script = `
      const { adoptOrphans } = await import(${library});
      adoptOrphans();
      console.log((await run('echo', ['well'])).stdout);
      console.log(await run('id', { uid: 61234 }).catch(({ code, message }) => code + ' ' + message));
    `;
    const { stdout } = await runNode(script, { via: ['env', '-u', 'SPILLWAY_BACKEND'] });
    expect(stdout).toMatch(/^well\nENOTSUP cannot start id: .* adopts orphans/);
  });
});

describe('result.cpu', () => {
  it('is measured with posix, and NaN with node:child_process', async () => {
    const { cpu } = await run('sh', ['-c', 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done']);
    if (backend === 'posix') expect(cpu.userMs).toBeGreaterThan(0);
    else expect(cpu).toEqual({ userMs: Number.NaN, systemMs: Number.NaN });
  });
});

describe('What a child writes just before its exit', () => {
  it('is read to the last byte while a stranger writes into the same stream without end', async () => {
    // The stranger has a session of its own, so it lives on, and writes into the same stream, between two
    // writes of the child as well.
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

  it('is read whole when one read cannot take it all', async () => {
    for (let i = 0; i < 100; i++) {
      const { output } = await run('sh', ['-c', 'sleep 20 & head -c 190000 /dev/zero; exit 3'], {
        check: false,
      });
      expect(output.stdout.size).toBe(190_000);
    }
  });
});

describe('The options uid and gid', () => {
  it.each([
    [{ uid: -1 }, 'uid'],
    [{ uid: 1.5 }, 'uid'],
    [{ gid: 2 ** 32 - 1 }, 'gid'],
    [{ gid: 'daemon' as unknown as number }, 'gid'],
  ])('are refused as %j', async (options, name) => {
    const error = await run('id', options).catch((e) => e);
    expect(error).toBeInstanceOf(OptionError);
    expect(error.option).toBe(name);
    expect(error.message).toContain('a whole number from 0 to 4294967294');
  });

  it.skipIf(notRoot || backend === 'node')(
    'uid alone gives the user its own group, or is refused',
    async () => {
      const passwd = join(scratchDirectory(), 'passwd');
      const group = join(scratchDirectory(), 'group');
      const users = ['one:x:61234:61235::/:/bin/sh', 'many:x:61236:61237::/:/bin/sh'];
      const groups = ['first:x:61238:many', 'second:x:61239:other,many'];
      writeFileSync(passwd, [readFileSync('/etc/passwd'), ...users, ''].join('\n'));
      writeFileSync(group, [readFileSync('/etc/group'), ...groups, ''].join('\n'));
      const script = `
      for (const uid of [61234, 61236, 61240, process.geteuid()])
        console.log(await run('sh', ['-c', 'id -u; id -g; id -G'], { uid, cwd: '/' }).then(
          ({ stdout }) => stdout.replaceAll('\\n', ' '), ({ code, message }) => code + ' ' + message));
    `;
      const mount = 'mount --bind "$0" /etc/passwd && mount --bind "$1" /etc/group && shift && exec "$@"';
      const via = ['unshare', '--mount', 'sh', '-c', mount, passwd, group];
      const { stdout, stderr } = await runNode(script, { via });
      expect(stderr).toBe('');
      const [one, many, unknown, own] = stdout.split('\n');
      expect(one).toBe('61234 61235 61235');
      expect(many).toMatch(
        /^ENOTSUP .*user 61236 \(many\) is in the groups 61237 and 61238, 61239, and Node can/,
      );
      expect(unknown).toMatch(/^ENOTSUP .*knows no user 61240, .*; give gid, and that is its only group/);
      expect(own).toBe('0 0 0');
    },
  );

  it.skipIf(notRoot)('set user and group of the child, and drop its other groups (needs root)', async () => {
    const { stdout } = await run('sh', ['-c', 'id -u; id -g; id -G'], { uid: 61_234, gid: 61_235 });
    expect(stdout).toBe('61234\n61235\n61235');
  });

  it.skipIf(notRoot)('leave streams, lines, timeout and process group as they are (needs root)', async () => {
    const options = { uid: 61_234, gid: 61_234, timeout: 500, check: false, input: 'to stdin\n' } as const;
    const script = 'cat; echo to stderr >&2; sleep 60 | sleep 60';
    const result = await run('sh', ['-c', script], options);
    expect(result).toMatchObject({ stdout: 'to stdin', stderr: 'to stderr', reason: 'timeout' });
    const merged = await run('sh', ['-c', 'echo a; echo b >&2; echo c'], {
      uid: 61_234,
      gid: 61_234,
      stderr: 'stdout',
    });
    expect(merged.stdout).toBe('a\nb\nc');
  });

  it.skipIf(notRoot)('give EACCES for a program that the user may not execute (needs root)', async () => {
    chmodSync(scratchDirectory(), 0o755);
    const path = join(scratchDirectory(), 'mine');
    writeFileSync(path, '#!/bin/sh\n', { mode: 0o700 });
    const error = await run(path, { uid: 61_234, gid: 61_234 }).catch((e) => e);
    expect(error).toBeInstanceOf(StartError);
    expect(error).toMatchObject({ code: 'EACCES', subject: 'program' });
    expect(error.message).toContain('by user 61234, group 61234');
    mkdirSync(join(scratchDirectory(), 'closed'), { mode: 0o700 });
    writeFileSync(join(scratchDirectory(), 'closed', 'tool'), '#!/bin/sh\n', { mode: 0o755 });
    const hidden = await run(join(scratchDirectory(), 'closed', 'tool'), { uid: 61_234, gid: 61_234 }).catch(
      (e) => e,
    );
    expect(hidden).toMatchObject({ code: 'EACCES', subject: 'program' });
  });

  it.skipIf(notRoot)(
    'make start() throw EPERM when this process may not become that user or group (needs root)',
    async () => {
      chmodSync(scratchDirectory(), 0o755);
      const script = `
      for (const options of [{ uid: 0, gid: 61234 }, { gid: 0 }, { uid: 0, gid: 0 }]) {
        try { start('id', options); } catch ({ name, code, message }) { console.log(name, code, message); }
      }
    `;
      const via = ['setpriv', '--reuid=61234', '--regid=61234', '--clear-groups'];
      const { stdout } = await runNode(script, { via });
      expect(stdout.trimEnd().split('\n')).toEqual([
        expect.stringMatching(
          /^StartError EPERM cannot start id: this process may not become user 0, group 6/,
        ),
        expect.stringMatching(/^StartError EPERM cannot start id: this process may not become group 0; /),
        expect.stringMatching(
          /^StartError EPERM cannot start id: this process may not become user 0, group 0; /,
        ),
      ]);
    },
  );

  it.skipIf(notRoot)('leave RunError as it is for a child that fails (needs root)', async () => {
    const error = await run('sh', ['-c', 'echo no >&2; exit 3'], { uid: 61_234, gid: 1 }).catch((e) => e);
    expect(error).toBeInstanceOf(RunError);
    expect(error.message).toMatch(/exited with code 3 .*\nstderr:\n {2}no$/);
  });
});
