import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pipeline, RunError, type RunOptions, run, runSync, StartError, start } from '../../../src/index.js';
import { checkForLeaks, scratchDirectory } from '../../helpers/leaks.js';
import { notRoot, runNode } from '../../helpers/programs.js';

checkForLeaks();

const MiB = 1024 * 1024;

function limitsOf(pid: number): Record<string, string[]> {
  const lines = readFileSync(`/proc/${pid}/limits`, 'utf8').split('\n').slice(1, -1);
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, 26).trim(), line.slice(26).trim().split(/\s+/)]),
  );
}

describe('The option limits', () => {
  it('is in force before the program runs', async () => {
    const limits = { memory: 512 * MiB, cpuSeconds: 7, openFiles: 20, processes: 5000, fileSize: 1000 };
    const { stdout } = await run('cat', ['/proc/self/limits'], { limits });
    const found = Object.fromEntries(
      stdout
        .split('\n')
        .map((line) => [line.slice(0, 26).trim(), line.slice(26).trim().split(/\s+/).slice(0, 2)]),
    );
    expect(found).toMatchObject({
      'Max address space': [String(512 * MiB), String(512 * MiB)],
      'Max cpu time': ['7', '8'],
      'Max open files': ['20', '20'],
      'Max processes': ['5000', '5000'],
      'Max file size': ['1000', '1000'],
    });
  });

  it("applies to the child's children, and not to this program", async () => {
    const before = limitsOf(process.pid);
    const { stdout } = await run('sh', ['-c', 'sh -c "ulimit -n"'], { limits: { openFiles: 33 } });
    expect(stdout).toBe('33');
    expect(limitsOf(process.pid)).toEqual(before);
  });

  it('leaves arguments, streams, directory, variables and descriptors as they are', async () => {
    const script = 'printf "%s\\n" "$@" "$PWD" "$X"; cat; ls /proc/self/fd | wc -l';
    const args = ['-c', script, 'sh', 'a b', '', "c'd", '$e'];
    const options = { cwd: '/', env: { X: 'y' }, input: 'from stdin\n', nice: 1 };
    const [bare, limited] = await Promise.all([
      run('sh', args, options),
      run('sh', args, { ...options, limits: { openFiles: 50 } }),
    ]);
    expect(limited.stdout).toBe(bare.stdout);
    expect(bare.stdout).toBe("a b\n\nc'd\n$e\n/\ny\nfrom stdin\n4");
  });

  it('leaves the pid as it is, so that signals reach the program', async () => {
    const child = start('sleep', ['30'], { limits: { openFiles: 50 }, check: false });
    await child.terminate();
    expect(await child.result).toMatchObject({ signal: 'SIGTERM' });
  });
});

describe('A program with limits and nice', () => {
  const odd = {
    'BASH_FUNC_f%%': '() {  echo from a function\n}',
    'a.b': '1',
    'a-b': '2',
    'a@b': '3',
    '1': '4',
    IFS: 'x',
    PS1: '$ ',
    PPID: '5',
    OPTIND: '6',
    _: '/seven',
    OLDPWD: '/eight',
    BYTES: 'a\udcff',
  };
  /** Each way to set limits or nice, and what has neither. */
  const ways: readonly RunOptions[] = [{}, { limits: { openFiles: 50 } }, { nice: 1 }];
  /** The same for each way, without the mark of the run. */
  async function same(call: (options: RunOptions) => unknown): Promise<unknown> {
    const all = await Promise.all(ways.map((options) => call(options)));
    const told = all.map((one) => String(one).replace(/SPILLWAY_RUN=.*/, ''));
    expect(told.slice(1)).toEqual([told[0], told[0]]);
    return told[0];
  }
  const latin1 = { encoding: 'latin1' } as const;

  it('has each variable as without them', async () => {
    const variables = (call: (options: RunOptions) => Promise<{ stdout: string }> | { stdout: string }) =>
      same(async (options) => {
        const { stdout } = await call({ ...options, ...latin1, env: odd } as RunOptions);
        return stdout.split('\n').sort().join('\n');
      });
    const text = await variables((options) => run('env', options) as Promise<{ stdout: string }>);
    for (const line of ['a.b=1', 'a-b=2', 'a@b=3', '1=4', 'IFS=x', '_=/seven', 'BYTES=a\xff'])
      expect(`${text}\n`).toContain(`${line}\n`);
    await variables((options) => start('env', options).result as Promise<{ stdout: string }>);
    await variables((options) => runSync('env', options as never) as { stdout: string });
    await variables((options) => run('env', { ...options, pty: true }) as Promise<{ stdout: string }>);
    await variables((options) => run('env', { ...options, cwd: '/' }) as Promise<{ stdout: string }>);
    await variables((options) => pipeline([{ file: 'env' }, { file: 'cat' }], options as never) as never);
    await variables(
      (options) => run('env', { ...options, inheritEnv: false }) as Promise<{ stdout: string }>,
    );
  });

  it.skipIf(!existsSync('/bin/bash'))('finds the functions that bash has exported', async () => {
    const call = (options: RunOptions) => run('bash', ['-c', 'f'], { ...options, env: odd });
    expect(await same(async (options) => (await call(options)).stdout)).toBe('from a function');
  });

  it('has its name, its parent and its directory', async () => {
    const script =
      "tr '\\0' '|' </proc/$$/cmdline; echo; readlink /proc/$$/exe /proc/$$/cwd; echo $PPID $PWD";
    const show = (more: RunOptions, file = 'sh') =>
      same(async (options) => (await run(file, ['-c', script], { ...options, ...more })).stdout);
    expect(await show({})).toMatch(/^sh\|-c\|/);
    expect(await show({}, '/bin/sh')).toMatch(/^\/bin\/sh\|-c\|/);
    expect(await show({ argv0: 'another' })).toMatch(/^another\|-c\|/);
    expect(await show({ argv0: '' })).toMatch(/^\|-c\|/);
    expect(await show({ cwd: '/usr' })).toMatch(new RegExp(`\n/usr\n${process.pid} /usr$`));
  });

  it('is a script of any kind, and fails to start as without them', async () => {
    const file = (name: string, text: string, mode = 0o755) => {
      const path = join(scratchDirectory(), name);
      writeFileSync(path, text, { mode });
      return path;
    };
    const good = file('good', '#!/bin/sh\nread x; echo "$0 $1 $x"');
    expect(await same(async (options) => (await run(good, ['a'], { ...options, input: 'b' })).stdout)).toBe(
      `${good} a b`,
    );
    const bad = {
      ENOEXEC: [file('plain', 'echo hi\n'), file('empty', ''), file('binary', '\0\x01')],
      ENOENT: [file('lost', '#!/no/such/interpreter\n'), file('crlf', '#!/bin/sh\r\n'), '/no/such', 'nosuch'],
      EACCES: [file('data', '#!/bin/sh\n', 0o644), scratchDirectory(), file('data2', '#!/etc/passwd\n')],
      ENOTDIR: [`${good}/x`],
    };
    for (const [code, paths] of Object.entries(bad))
      for (const path of paths) {
        const told = await same(async (options) => {
          const error = await run(path, ['a'], options).catch((e) => e);
          return `${error.name} ${error.code} ${error.subject} ${error.message}`;
        });
        expect(told).toMatch(new RegExp(`^StartError ${code} program `));
      }
    const there = { cwd: '/no/such/directory' };
    const told = await same((options) => run('true', { ...options, ...there }).catch((e) => e));
    expect(told).toContain('the working directory /no/such/directory does not exist');
  });

  it('leaves nothing behind when it cannot start', async () => {
    const script = `
      import { readdirSync } from 'node:fs';
      // Long enough to be watched, which opens what is kept.
      await run('sleep', ['0.1'], { limits: { openFiles: 50 } });
      const open = () => readdirSync('/proc/self/fd').length;
      const before = open();
      for (let i = 0; i < 20; i++)
        for (const file of ['/etc', '/no/such']) await run(file, { nice: 1 }).catch(() => {});
      console.log(open() - before, readdirSync('/proc/self/task').length > 0);
      console.log(runSync('sh', ['-c', 'ps -o stat= --ppid $PPID | grep -c Z']).stdout);
    `;
    const { stdout } = await runNode(script.replace("grep -c Z'", "grep -c Z; :'"));
    expect(stdout).toBe('0 true\n0\n');
  });

  it('starts in a directory that has been removed, and no helper complains', async () => {
    const script = `
      const { chdir } = process;
      chdir(process.argv[2]);
      (await import('node:fs')).rmdirSync(process.argv[2]);
      for (const options of [{}, { nice: 1 }, { limits: { openFiles: 50 } }])
        console.log((await run('env', ['printf', 'hi'], { ...options, stderr: 'inherit' })).stdout);
    `;
    const directory = join(scratchDirectory(), 'gone');
    mkdirSync(directory);
    expect(await runNode(script, { args: [directory] })).toMatchObject({
      stdout: 'hi\nhi\nhi\n',
      stderr: '',
    });
  });

  it('is started by a shell where no other program can hold it back', async () => {
    const script = `
      await run('true');
      Object.defineProperty(process, 'arch', { value: 'mips' });
      const options = { limits: { openFiles: 50 } };
      console.log((await run('sh', ['-c', 'ulimit -n; echo "$1"', 'sh', 'a b'], options)).stdout);
      console.log((await run('/no/such', options).catch((e) => e)).message);
      console.log((await run('sh', { ...options, argv0: 'x' }).catch((e) => e)).message);
    `;
    const { stdout, stderr } = await runNode(script);
    expect(stderr).toBe('');
    const [limit, words, missing, named] = stdout.split('\n');
    expect([limit, words, missing]).toEqual([
      '50',
      'a b',
      expect.stringContaining('does not exist (ENOENT)'),
    ]);
    expect(named).toContain('leave argv0, or limits, nice and suspended, out (ENOTSUP)');
  });

  it('is the same from a worker thread, and with node:child_process', async () => {
    const script = `
      import { isMainThread, Worker } from 'node:worker_threads';
      if (isMainThread && !process.env.SPILLWAY_NO_WORKER) new Worker(new URL(import.meta.url));
      else {
        const uid = isMainThread ? { uid: 0, gid: 0 } : {};
        const env = { 'a.b': '1', IFS: 'x', PATH: process.env.PATH };
        const told = [];
        for (const options of [{}, { limits: { openFiles: 50 } }, { nice: 1 }]) {
          const more = { ...options, ...uid, env, inheritEnv: false, argv0: 'named' };
          const lines = (await run('env', more)).stdout.split('\\n').filter((line) => !/^SPILL/.test(line));
          const script = "tr '\\\\0' '|' </proc/$$/cmdline";
          const { stdout } = await run('sh', ['-c', script], { ...options, ...uid, argv0: 'named' });
          const errors = [];
          for (const file of ['/no/such', '/etc', process.argv[2] ?? '/etc/passwd'])
            errors.push((await run(file, more).catch((e) => e)).message);
          told.push(JSON.stringify([lines.sort(), stdout, errors]));
        }
        console.log(told[1] === told[0], told[2] === told[0], told[0]);
      }
    `;
    const worker = await runNode(script);
    expect(worker.stderr).toBe('');
    expect(worker.stdout).toMatch(/^true true .*"a\.b=1".*"named\|-c\|/);
    if (notRoot) return;
    const other = await runNode(script, { via: ['env', 'SPILLWAY_NO_WORKER=1'] });
    expect(other.stderr).toBe('');
    expect(other.stdout).toMatch(/^true true .*"a\.b=1".*"named\|-c\|/);
  });
});

describe('The error of a command that a limit has ended', () => {
  it('names the limit of processor time', async () => {
    const error = await run('sh', ['-c', 'while :; do :; done'], { limits: { cpuSeconds: 1 } }).catch(
      (e) => e,
    );
    expect(error).toBeInstanceOf(RunError);
    expect(error.result).toMatchObject({ signal: 'SIGXCPU', reason: 'signal' });
    expect(error.message).toContain('its limit of 1 s of processor time is used up (limits.cpuSeconds)');
  });

  it('names the limit of processor time when the program ignores SIGXCPU', async () => {
    const options = { limits: { cpuSeconds: 1 } };
    const error = await run('sh', ['-c', 'trap "" XCPU; while :; do :; done'], options).catch((e) => e);
    expect(error.result.signal).toBe('SIGKILL');
    expect(error.message).toContain('limits.cpuSeconds');
  });

  it('names the limit on file size, and the file is as large as that', async () => {
    const file = join(scratchDirectory(), 'file');
    const script = [
      '-c',
      'import signal; signal.signal(signal.SIGXFSZ, signal.SIG_DFL); open("' +
        file +
        '", "wb").write(b"x" * 5000)',
    ];
    const error = await run('python3', script, { limits: { fileSize: 1000 } }).catch((e) => e);
    expect(error.message).toContain('was killed by SIGXFSZ');
    expect(error.message).toContain('a file would have grown beyond 1000 bytes (limits.fileSize)');
    expect(statSync(file).size).toBe(1000);
  });

  it('names the limit when a shell stood between', async () => {
    const script = `head -c 5000 /dev/zero >${join(scratchDirectory(), 'file')}; exit $?`;
    const error = await run('sh', ['-c', script], { limits: { fileSize: 1000 } }).catch((e) => e);
    expect(error.message).toContain('exited with code 153');
    expect(error.message).toContain('a file would have grown beyond 1000 bytes (limits.fileSize)');
  });

  it('suspects the limit on memory when the program died as programs without memory do', async () => {
    const options = { limits: { memory: 64 * MiB } };
    const error = await run('sh', ['-c', 'kill -ABRT $$'], options).catch((e) => e);
    expect(error.message).toContain(
      `possibly out of memory: it is limited to ${64 * MiB} bytes (limits.memory)`,
    );
    const python = await run('python3', ['-c', 'x = bytearray(200_000_000)'], options).catch((e) => e);
    expect(python.message).toContain('MemoryError');
  });

  it('names no limit that was not reached', async () => {
    const error = await run('sh', ['-c', 'kill -KILL $$'], { limits: { cpuSeconds: 60, fileSize: 5 } }).catch(
      (e) => e,
    );
    expect(error.message).not.toContain('limits');
  });
});

describe('A start with limits', () => {
  it('fails as any other when the program does not exist', async () => {
    for (const [file, code] of [
      ['/no/such/program', 'ENOENT'],
      ['no-such-program', 'ENOENT'],
      ['/etc/passwd', 'EACCES'],
      ['/etc', 'EACCES'],
    ] as const) {
      const error = await run(file, { limits: { openFiles: 50 } }).catch((e) => e);
      expect(error).toBeInstanceOf(StartError);
      expect(error.code).toBe(code);
    }
  });

  it.skipIf(notRoot)('names the limit that this user may not set, and runs nothing', async () => {
    const file = join(scratchDirectory(), 'ran');
    writeFileSync(file, '');
    const script = `
      const options = { limits: { openFiles: 1e6 } };
      const result = await run('sh', ['-c', 'echo ran >${file}'], options).catch((error) => error);
      console.log(result.name, result.code, result.message);
      const nice = await run('true', { nice: -5 }).catch((error) => error);
      console.log(nice.name, nice.code, nice.message);
    `;
    const via = ['sh', '-c', 'ulimit -n 100; exec setpriv --bounding-set=-all --inh-caps=-all "$@"', 'sh'];
    const { stdout, stderr } = await runNode(script, { via });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^StartError EPERM cannot start sh: limiting openFiles .* hard limit/);
    expect(stdout).toMatch(/\nStartError E(PERM|ACCES) cannot start true: setting the nice value .* rights/);
    expect(readFileSync(file, 'utf8')).toBe('');
  });
});

describe('The option nice', () => {
  it('sets the nice value that the program runs with', async () => {
    const { stdout } = await run('nice', { nice: 7 });
    expect(stdout).toBe('7');
  });
});
