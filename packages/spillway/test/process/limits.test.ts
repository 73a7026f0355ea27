import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RunError, run, StartError, start } from '../../src/index.js';
import { checkForLeaks, scratchDirectory } from '../helpers/leaks.js';
import { notRoot, runNode } from '../helpers/programs.js';

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
