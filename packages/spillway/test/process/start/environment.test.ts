/** What a child is given besides its streams: variables, a directory, pipes of a size, its name. */
import { mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  pipeline,
  type RunOptions,
  run,
  runSync,
  StartError,
  start,
  startPipeline,
} from '../../../src/index.js';
import { backend, posixOnly, SOCKETS } from '../../helpers/backend.js';
import { checkForLeaks, scratchDirectory } from '../../helpers/leaks.js';
import { untilItWaits } from '../../helpers/processes.js';
import { runNode } from '../../helpers/programs.js';

checkForLeaks();

const show = ['-c', 'echo "$' + '{SPILLWAY_A-unset} $' + '{SPILLWAY_B-unset} $' + '{HOME-unset}"'];

describe('The environment of a child', () => {
  it('is that of the program, with the changes made while it runs', async () => {
    process.env.SPILLWAY_A = 'set late';
    try {
      expect((await run('sh', show)).stdout).toBe(`set late unset ${process.env.HOME}`);
    } finally {
      delete process.env.SPILLWAY_A;
    }
    expect((await run('sh', show)).stdout).toBe(`unset unset ${process.env.HOME}`);
    // More of them than the C library's first array holds, so that it moves.
    for (let i = 0; i < 300; i++) process.env[`SPILLWAY_MANY_${i}`] = 'x'.repeat(i);
    try {
      const { stdout } = await run('sh', ['-c', 'env | grep -c ^SPILLWAY_MANY_']);
      expect(stdout).toBe('300');
    } finally {
      for (let i = 0; i < 300; i++) delete process.env[`SPILLWAY_MANY_${i}`];
    }
  });

  it('has the variables of env added, and those that are undefined removed', async () => {
    const env = { SPILLWAY_A: 'a=b\nc ä', SPILLWAY_B: '', HOME: undefined };
    expect((await run('sh', show, { env })).stdout).toBe('a=b\nc ä  unset');
  });

  it('has the variables of env alone with inheritEnv: false', async () => {
    const options = { env: { SPILLWAY_A: '1', NOT: undefined }, inheritEnv: false };
    const variables = (text: string) => text.split('\n').filter((line) => !line.startsWith('SPILLWAY_RUN='));
    expect(variables((await run('env', options)).stdout)).toEqual(['SPILLWAY_A=1']);
    expect(variables((await run('env', { inheritEnv: false })).stdout)).toEqual([]);
  });

  it('has one variable more, which names the run, whatever env says', async () => {
    const marks = ({ stdout }: { stdout: string }) =>
      stdout.split('\n').filter((line) => line.startsWith('SPILLWAY_RUN='));
    const name = /^SPILLWAY_RUN=(.*;)?\d+-[a-z0-9]+\.\d+;$/;
    expect(marks(await run('env'))).toEqual([expect.stringMatching(name)]);
    expect(marks(await run('env', { env: { SPILLWAY_RUN: 'mine' } }))).toEqual([expect.stringMatching(name)]);
    const [first, second] = await Promise.all([run('env'), run('env')]);
    expect(marks(first)).not.toEqual(marks(second));
  });

  it('comes from the object that is process.env at the start', async () => {
    const { stdout } = await runNode(`
      process.env = { PATH: '/bin:/usr/bin', ONLY: 'this' };
      console.log((await run('env')).stdout);
    `);
    expect(stdout.trim().split('\n').sort()).toEqual([
      'ONLY=this',
      'PATH=/bin:/usr/bin',
      expect.stringMatching(/^SPILLWAY_RUN=/),
    ]);
  });
});

describe('The working directory of a child', () => {
  it('is that of the program by default, and otherwise the cwd, as path or URL', async () => {
    const directory = join(realpathSync(scratchDirectory()), 'with a space');
    mkdirSync(directory);
    expect((await run('pwd')).stdout).toBe(process.cwd());
    expect((await run('pwd', { cwd: directory })).stdout).toBe(directory);
    expect((await run('pwd', { cwd: pathToFileURL(directory) })).stdout).toBe(directory);
    expect((await run('pwd', { cwd: '..' })).stdout).toBe(join(process.cwd(), '..'));
  });

  it('has no effect on the files of its streams, which are relative to the program', async () => {
    const before = process.cwd();
    process.chdir(scratchDirectory());
    try {
      await run('pwd', { cwd: '/', stdout: { file: 'here' } });
      expect((await run('cat', { cwd: '/', stdin: { file: 'here' } })).stdout).toBe('/');
    } finally {
      process.chdir(before);
    }
  });
});

describe('PWD', () => {
  const pwd = ['-c', 'printf "%s\\n" "$PWD"'];

  it('is the absolute path of cwd, symbolic links included, as after cd in a shell', async () => {
    const directory = realpathSync(scratchDirectory());
    mkdirSync(join(directory, 'deep/real'), { recursive: true });
    symlinkSync('deep/real', join(directory, 'link'));
    const show = async (cwd: string | URL) => (await run('printenv', ['PWD'], { cwd })).stdout;
    expect(await show(join(directory, 'link'))).toBe(join(directory, 'link'));
    expect(await show(`${directory}/link/.//`)).toBe(join(directory, 'link'));
    expect(await show(pathToFileURL(directory))).toBe(directory);
    expect(await show('..')).toBe(join(process.cwd(), '..'));
    // To the kernel, the parent of the link is that of the directory behind it.
    expect(await show(`${directory}/link/..`)).toBe(join(directory, 'deep'));
    expect(await show(`${directory}/deep/..`)).toBe(directory);
  });

  it('follows cwd in start()', async () => {
    expect((await start('sh', pwd, { cwd: '/' }).result).stdout).toBe('/');
  });

  posixOnly('no pipelines')('follows cwd in single commands of a pipeline', async () => {
    const stages = [['true'], { file: 'sh', args: pwd, cwd: '/usr' }] as const;
    expect((await pipeline(stages, { cwd: '/' })).stdout).toBe('/usr');
    expect((await startPipeline([['sh', ...pwd]], { cwd: '/' }).result).stdout).toBe('/');
  });

  posixOnly('neither')('follows cwd in runSync() and on a terminal', async () => {
    expect(runSync('printenv', ['PWD'], { cwd: '/' }).stdout).toBe('/');
    expect((await run('printenv', ['PWD'], { cwd: '/', pty: true })).stdout).toBe('/');
  });

  it('is what env says of it', async () => {
    const show = async (options: RunOptions) =>
      (await run('sh', ['-c', 'env | grep ^PWD=; :'], options)).stdout;
    const printed = async (options: RunOptions) =>
      (await run('printenv', ['PWD'], { ...options, check: false })).stdout;
    expect(await printed({ cwd: '/', env: { PWD: '/elsewhere' } })).toBe('/elsewhere');
    expect(await printed({ cwd: '/', env: { PWD: undefined } })).toBe('');
    expect(await show({ cwd: '/', env: { A: 'b' } })).toBe('PWD=/');
  });

  it('is inherited without cwd, and absent with inheritEnv: false', async () => {
    const before = process.env.PWD;
    process.env.PWD = '/inherited';
    try {
      expect((await run('printenv', ['PWD'])).stdout).toBe('/inherited');
      expect((await run('printenv', ['PWD'], { env: { A: 'b' } })).stdout).toBe('/inherited');
    } finally {
      if (before === undefined) delete process.env.PWD;
      else process.env.PWD = before;
    }
    const bare = { cwd: '/', env: { PATH: process.env.PATH }, inheritEnv: false, check: false } as const;
    expect(await run('printenv', ['PWD'], bare)).toMatchObject({ stdout: '', exitCode: 1 });
  });
});

describe('pipeCapacity', () => {
  posixOnly(SOCKETS)('is the number of bytes that a child can write before it waits', async () => {
    const options = { stdout: 'stream', pipeCapacity: 1024 * 1024, check: false } as const;
    await using child = start('head', ['-c', '10000000', '/dev/zero'], options);
    expect(await untilItWaits(child.pid)).toBeGreaterThanOrEqual(1024 * 1024);
  });

  posixOnly(SOCKETS)('that the kernel refuses makes start() throw', async () => {
    const error = await run('true', { pipeCapacity: 2 ** 31 - 1 }).catch((e) => e);
    expect(error).toBeInstanceOf(StartError);
    expect(error.code).toMatch(/^(?:EPERM|ENOMEM|EINVAL)$/);
    expect(error.message).toContain('setting the capacity of a pipe to 2147483647 bytes');
  });
});

const named = { argv0: 'another name' };
const showName = ['-c', "tr '\\0' '\\n' </proc/$$/cmdline | head -n 1"];

describe('argv0', () => {
  it('is the name that the child has, and the program stays the one that was given', async () => {
    expect((await run('sh', showName, named)).stdout).toBe('another name');
    expect((await start('sh', showName, named).result).stdout).toBe('another name');
    expect((await run('/bin/sh', showName, { argv0: '' })).stdout).toBe('');
    expect((await run('sh', showName, named)).file).toBe('sh');
  });

  it('is by default the program as given', async () => {
    expect((await run('sh', showName)).stdout).toBe('sh');
    expect((await run('/bin/sh', showName)).stdout).toBe('/bin/sh');
    expect((await run('sh', showName, { argv0: undefined })).stdout).toBe('sh');
  });

  posixOnly('neither')('is the same in runSync(), on a terminal and in pipelines', async () => {
    expect(runSync('sh', showName, named).stdout).toBe('another name');
    expect((await run('sh', showName, { ...named, pty: true })).stdout).toBe('another name');
    const stage = { file: 'sh', args: showName, argv0: 'of the stage' };
    expect((await pipeline([['true'], stage])).stdout).toBe('of the stage');
    expect((await pipeline([['true'], ['sh', ...showName]], named)).stdout).toBe('another name');
    expect(runSync('sh', showName, { argv0: 'a\udcff', encoding: 'latin1' }).stdout).toBe('a\xff');
  });

  it('is refused where it is no text', async () => {
    await expect(run('sh', { argv0: 'a\0b' })).rejects.toMatchObject({
      name: 'OptionError',
      option: 'argv0',
    });
    await expect(run('sh', { argv0: 1 as never })).rejects.toMatchObject({ option: 'argv0' });
  });

  it.runIf(backend === 'node')('is refused where a shell has to merge the streams', async () => {
    const error = await run('sh', showName, { ...named, stderr: 'stdout' }).catch((e) => e);
    expect(error).toMatchObject({ name: 'StartError', code: 'ENOTSUP' });
  });
});
