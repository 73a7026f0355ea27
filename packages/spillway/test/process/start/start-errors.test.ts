import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RunError, run, StartError, start } from '../../../src/index.js';
import { posixOnly } from '../../helpers/backend.js';
import { errorOf } from '../../helpers/errors.js';
import { checkForLeaks, openDescriptors, scratchDirectory } from '../../helpers/leaks.js';
import { notRoot, runNode } from '../../helpers/programs.js';

checkForLeaks();

const startErrorOf = (pending: Promise<unknown>) => errorOf(pending, StartError);

/** An executable script that prints a word; `firstLine` is what makes it one, or does not. */
function script(path: string, word = 'ran', firstLine = '#!/bin/sh'): string {
  writeFileSync(path, `${firstLine}\necho ${word}\n`, { mode: 0o755 });
  return path;
}

describe('A start error', () => {
  it.each([
    ['git status', "arguments are the second parameter: git, ['status']"],
    ['~/bin/tool', 'a shell expands "~"'],
    ['./no-such-tool | wc', 'use pipeline()'],
    ['NAME=1 tool', 'variables are the option env: { NAME: … }'],
    ['$HOME/tool', 'a shell expands variables'],
    ['*.sh', 'a shell expands "*" and "?"'],
  ])('of %s says what to do instead, before it lists PATH', async (line, advice) => {
    const error = await startErrorOf(run(line));
    expect(error).toMatchObject({ code: 'ENOENT', subject: 'program', file: line });
    expect(error.message).toContain(advice);
    expect(error.message).not.toContain('PATH');
  });

  it.each([
    ['whose lines end with CR LF', '#!/bin/sh\r', /CR LF.*\\r.*dos2unix/],
    ['that begins with a byte order mark', '\uFEFF#!/bin/sh', /byte order mark/],
  ])('of a script %s says so', async (_what, firstLine, message) => {
    const path = script(join(scratchDirectory(), 'script'), 'ran', firstLine);
    expect((await startErrorOf(run(path))).message).toMatch(message);
  });

  posixOnly('libuv hands it to sh')('of a script with an overlong first line says so', async () => {
    const path = script(join(scratchDirectory(), 'script'), 'ran', `#!/${'a'.repeat(300)}`);
    expect((await startErrorOf(run(path))).message).toMatch(/longer than the 255 bytes/);
  });

  it('does not come from a relative entry of PATH, which the directory of the child decides', async () => {
    const outer = scratchDirectory();
    const put = (directory: string, word: string) => {
      mkdirSync(join(directory, 'bin'), { recursive: true });
      writeFileSync(join(directory, 'bin', 'tool'), `#!/bin/sh\necho ${word}\n`, { mode: 0o755 });
    };
    put(join(outer, 'package'), 'inner');
    const env = { PATH: `bin:${process.env.PATH}` };
    expect((await run('tool', { env, cwd: join(outer, 'package') })).stdout).toBe('inner');
    expect(await startErrorOf(run('tool', { env, cwd: outer }))).toMatchObject({ code: 'ENOENT' });
  });

  it('names the program that is not in PATH', async () => {
    const error = await startErrorOf(run('spillway-no-such-program', ['-x']));
    expect(error).toMatchObject({ code: 'ENOENT', subject: 'program', file: 'spillway-no-such-program' });
    expect(error.message).toMatch(/^cannot start spillway-no-such-program: no program of this name in PATH/);
  });

  it('names the path that does not exist', async () => {
    const error = await startErrorOf(run('/no/such/program'));
    expect(error).toMatchObject({ code: 'ENOENT', subject: 'program' });
    expect(error.message).toContain('/no/such/program does not exist');
  });

  it('names the working directory, and not the program, when that does not exist', async () => {
    const error = await startErrorOf(run('true', { cwd: '/no/such/directory' }));
    expect(error).toMatchObject({ code: 'ENOENT', subject: 'cwd', cwd: '/no/such/directory' });
    expect(error.message).toContain('the working directory /no/such/directory does not exist');
  });

  it('says that the working directory is a file', async () => {
    const error = await startErrorOf(run('true', { cwd: '/etc/passwd' }));
    expect(error).toMatchObject({ code: 'ENOTDIR', subject: 'cwd' });
    expect(error.message).toContain('/etc/passwd is not a directory');
  });

  it('names the interpreter that a script asks for and that does not exist', async () => {
    const path = script(join(scratchDirectory(), 'tool'), 'ran', '#!/no/such/interpreter -x');
    const error = await startErrorOf(run(path));
    expect(error).toMatchObject({ code: 'ENOENT', subject: 'program' });
    expect(error.message).toContain('asks for the interpreter /no/such/interpreter, which does not exist');
  });

  it('names the file of a stream that cannot be opened', async () => {
    const error = await startErrorOf(run('true', { stdin: { file: '/no/such/input' } }));
    expect(error).toMatchObject({ code: 'ENOENT', subject: 'file' });
    expect(error.message).toMatch(/the file for its stdin, \/no\/such\/input, cannot be opened/);
  });

  it('is thrown by start() itself, before there is a child', () => {
    expect(() => start('/no/such/program')).toThrow(StartError);
  });
});

describe('The program of a start', () => {
  it('is relative to the directory of this process, not to that of the child', async () => {
    const scratch = scratchDirectory();
    mkdirSync(join(scratch, 'below'));
    script(join(scratch, 'tool'), '"mine in $PWD"');
    script(join(scratch, 'below', 'tool'), 'the one below');
    const before = process.cwd();
    process.chdir(scratch);
    try {
      const { stdout } = await run('./tool', { cwd: 'below' });
      expect(stdout).toBe(`mine in ${join(scratch, 'below')}`);
    } finally {
      process.chdir(before);
    }
  });

  it('is looked up in the PATH of the child', async () => {
    script(join(scratchDirectory(), 'only-here'), 'found');
    const env = { PATH: `${scratchDirectory()}${delimiter}/bin` };
    expect((await run('only-here', { env })).stdout).toBe('found');
    await expect(run('only-here')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('is found again after it has moved within PATH, and missed when it is gone', async () => {
    const [first, second] = [join(scratchDirectory(), 'first'), join(scratchDirectory(), 'second')];
    for (const directory of [first, second]) mkdirSync(directory);
    const env = { PATH: [first, second, '/bin'].join(delimiter) };
    script(join(first, 'tool'));
    for (const [from, to] of [
      [first, first],
      [first, second],
      [second, first],
    ] as const) {
      renameSync(join(from, 'tool'), join(to, 'tool'));
      expect((await run('tool', { env })).stdout).toBe('ran');
    }
    rmSync(join(first, 'tool'));
    const error = await startErrorOf(run('tool', { env }));
    expect(error).toMatchObject({ code: 'ENOENT', subject: 'program' });
    expect(error.message).toContain('no program of this name in PATH');
  });
});

describe('A start fails with EACCES or ENOEXEC', () => {
  it('for a file without an x bit', async () => {
    const path = script(join(scratchDirectory(), 'tool'));
    chmodSync(path, 0o644);
    const error = await startErrorOf(run(path));
    expect(error).toMatchObject({ code: 'EACCES', subject: 'program' });
    expect(error.message).toContain('is not executable for this user; chmod +x it');
    const inPath = await startErrorOf(run('tool', { env: { PATH: scratchDirectory() } }));
    expect(inPath).toMatchObject({ code: 'EACCES', subject: 'program' });
    expect(inPath.message).toContain(`${path} is in PATH, but is not executable`);
  });

  it('for a directory', async () => {
    const error = await startErrorOf(run(scratchDirectory()));
    expect(error).toMatchObject({ code: 'EACCES', subject: 'program' });
    expect(error.message).toMatch(/is a directory/);
  });

  it('for a text file without "#!", with advice', async () => {
    const path = script(join(scratchDirectory(), 'tool'), 'ran', '# no interpreter is named here');
    const error = await startErrorOf(run(path));
    expect(error).toMatchObject({ code: 'ENOEXEC', subject: 'program' });
    expect(error.message).toMatch(/is a text file without a "#!" line; add one, or .* sh /);
  });

  it.each([
    ['an empty file', Buffer.alloc(0)],
    ["another machine's program", Buffer.from('\xcf\xfa\xed\xfe\0\0\0\0\x01', 'latin1')],
  ])('for %s', async (_name, bytes) => {
    const path = join(scratchDirectory(), 'tool');
    writeFileSync(path, bytes, { mode: 0o755 });
    const error = await startErrorOf(run(path));
    expect(error).toMatchObject({ code: 'ENOEXEC', subject: 'program' });
    expect(error.message).toContain('is not a program for this machine');
  });

  it.skipIf(notRoot)('for a working directory that this user may not enter (needs root)', async () => {
    chmodSync(scratchDirectory(), 0o755);
    mkdirSync(join(scratchDirectory(), 'closed'), { mode: 0o700 });
    const { stdout, stderr } = await runNode(
      `const e = await run('true', { cwd: process.argv[2] }).catch((e) => e);
       console.log(e.code, e.subject, e.message)`,
      {
        via: ['setpriv', '--reuid=61234', '--regid=61234', '--clear-groups'],
        args: [join(scratchDirectory(), 'closed')],
      },
    );
    expect(`${stdout}${stderr}`).toMatch(/^EACCES cwd .*cannot be entered/);
  });
});

describe('A failed start', () => {
  it('leaves no descriptor, 1,024 times', async () => {
    const before = [...openDescriptors()];
    const failing = [
      () => start('/no/such/program'),
      () => start('spillway-no-such-program'),
      () => start('true', { cwd: '/no/such/directory', stdin: 'pipe' }),
      () => start('true', ['\0']),
    ];
    for (let i = 0; i < 1024; i++) expect(failing[i % failing.length]).toThrow();
    expect([...openDescriptors()]).toEqual(before);
    expect((await run('echo', ['still well'])).stdout).toBe('still well');
  });

  it('closes the files that were opened for its streams', async () => {
    const at = (name: string) => join(scratchDirectory(), name);
    const before = [...openDescriptors()];
    const targets = {
      stdin: { file: '/etc/passwd' },
      stdout: { file: at('a') },
      stderr: { file: at('b'), append: true },
    };
    expect(() => start('/no/such/program', targets)).toThrow(StartError);
    // The second file cannot be opened, or an option is wrong, when the first is open already.
    expect(() => start('true', { ...targets, stderr: { file: '/no/such/directory/b' } })).toThrow(StartError);
    expect(() => start('true', { ...targets, stderr: 'nonsense' as 'capture' })).toThrow(TypeError);
    expect([...openDescriptors()]).toEqual(before);
    // As one of several targets, a file is a Node stream, which closes in its own time: the leak check waits
    // for it.
    expect(() => start('/no/such/program', { stdout: ['capture', { file: at('c') }] })).toThrow(StartError);
  });
});

describe('A start with an aborted signal', () => {
  it('starts nothing, closes what was opened, and says so', async () => {
    const touched = join(scratchDirectory(), 'touched');
    const before = [...openDescriptors()];
    const options = { signal: AbortSignal.abort(new Error('not today')), stdout: { file: touched } };
    const error = await run('sh', ['-c', 'echo was started'], options).catch((e) => e);
    expect(error).toBeInstanceOf(RunError);
    expect(error.result).toMatchObject({ reason: 'abort', ok: false, pid: undefined, exitCode: undefined });
    expect(error.message).toContain('was not started: its AbortSignal was aborted before: not today');
    expect(error.cause).toBe(options.signal.reason);
    expect([...openDescriptors()]).toEqual(before);
  });
});
