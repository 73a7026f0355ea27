/** What a synchronous call gives: the same as `run`, for the same wishes. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { OptionError, RunError, run, runSync, StartError, type SyncRunOptions } from '../../../src/index.js';
import { checkForLeaks, scratchDirectory } from '../../helpers/leaks.js';
import { runNode } from '../../helpers/programs.js';

checkForLeaks();

const sh = (script: string, options: SyncRunOptions = {}) => runSync('sh', ['-c', script], options);

/** What any of the library's errors may have. */
type Failure = Error &
  Partial<Pick<StartError, 'code' | 'subject'> & Pick<OptionError, 'option'>> &
  Pick<RunError, 'result'> & { readonly cause?: unknown };

const failureOf = (call: () => unknown): Failure => {
  try {
    call();
  } catch (error) {
    return error as Failure;
  }
  throw new Error('it did not fail');
};
/** A message without what differs from one run to the next. */
const timeless = (message: string) =>
  message
    .replace(/after [\d.]+ m?s/g, 'after …')
    // How much `yes` writes before it ends.
    .replace(/\(\d+ bytes\)/g, '(… bytes)')
    .replace(/(\[|child )\d+/g, '$1…')
    .replace(/ {2,}/g, '  ');

describe('runSync()', () => {
  it('returns the output of the command, its exit and its cost', () => {
    const result = runSync('sh', ['-c', 'echo out; echo err >&2']);
    expect(result).toMatchObject({ ok: true, exitCode: 0, signal: undefined, reason: 'exit', stdout: 'out' });
    expect(result.stderr).toBe('err');
    expect(result.output.stdout.bytesSync()).toEqual(Buffer.from('out\n'));
    expect(result.cwd).toBe(process.cwd());
    expect(result.pid).toBeGreaterThan(1);
    expect(result.durationMs).toBeGreaterThan(0);
    expect(result.startedAt).toBeInstanceOf(Date);
    expect(runSync('pwd', { cwd: '/' }).stdout).toBe('/');
  });

  it('counts the processor time of the command', () => {
    const { cpu } = sh('i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done');
    expect(cpu.userMs + cpu.systemMs).toBeGreaterThan(20);
  });

  it('passes on the environment, with changes or alone', () => {
    const env = { SPILLWAY_TEST: 'here', HOME: undefined };
    expect(sh('echo "$SPILLWAY_TEST-$HOME"', { env }).stdout).toBe('here-');
    expect(runSync('/usr/bin/env', { env: { ONLY: '1' }, inheritEnv: false }).stdout).toMatch(
      /^ONLY=1(\nSPILLWAY_RUN=.*)?$/,
    );
  });

  it.each([
    ['utf8', 'é€😀'],
    ['latin1', 'Ã©â\u0082¬ð\u009f\u0098\u0080'],
    ['buffer', Buffer.from('é€😀')],
  ] as const)('decodes the output with encoding %s', (encoding, wanted) => {
    expect(runSync('printf', ['é€😀'], { encoding }).stdout).toEqual(wanted);
  });

  it('moves 5 MB in and 200 KB out on each stream at once', () => {
    const stdin = Buffer.alloc(5_000_000, 'i');
    const script =
      'head -c 200000 /dev/zero; head -c 200000 /dev/zero >&2; wc -c; head -c 200000 /dev/zero >&2';
    const { output } = sh(script, { stdin });
    expect(output.stderr?.size).toBe(400_000);
    expect(output.stdout?.bytesSync().subarray(200_000).toString().trim()).toBe('5000000');
  });

  it('gives back 5 MB byte for byte through the smallest pipes', () => {
    const stdin = Buffer.alloc(5_000_000);
    for (let i = 0; i < stdin.length; i++) stdin[i] = (i * 7) % 251;
    for (const pipeCapacity of [undefined, 4096]) {
      const { stdout } = runSync('cat', { stdin, encoding: 'buffer', pipeCapacity });
      expect(stdout.equals(stdin)).toBe(true);
    }
  });

  it('gives each pipe the capacity that was asked for', () => {
    // 1032 is F_GETPIPE_SZ.
    const script = 'import fcntl; print(fcntl.fcntl(1, 1032))';
    expect(runSync('python3', ['-c', script], { pipeCapacity: 262_144 }).stdout).toBe('262144');
  });
});

describe('stdin of runSync()', () => {
  it.each([
    ['nothing', undefined, ''],
    ['an empty string', '', ''],
    ['a string', 'grüße', 'grüße'],
    ['bytes', new Uint8Array([104, 105]), 'hi'],
    ['a part of a larger array', new Uint8Array([0, 104, 105, 0]).subarray(1, 3), 'hi'],
  ] as const)('is %s', (_name, stdin, wanted) => {
    expect(runSync('cat', { input: stdin }).stdout).toBe(wanted);
  });

  it('is a file', () => {
    const file = join(scratchDirectory(), 'input');
    writeFileSync(file, 'from a file');
    expect(runSync('cat', { stdin: { file } }).stdout).toBe('from a file');
  });

  it("is that of the program with 'inherit'", async () => {
    const finished = await runNode("console.log(runSync('cat', { stdin: 'inherit' }).stdout)", {
      via: ['sh', '-c', 'echo from outside | "$@"', 'sh'],
    });
    expect(finished.stdout).toBe('from outside\n');
  });

  it('of 32 MiB is no error for a command that does not read', () => {
    expect(runSync('true', { input: Buffer.alloc(32 * 1024 * 1024) }).ok).toBe(true);
  });

  it('may be closed by a command that lives on', () => {
    const stdin = 'x'.repeat(1_000_000);
    expect(sh('exec <&-; sleep 0.2; echo alive', { input: stdin }).stdout).toBe('alive');
  });

  it('is a blocking pipe for the child, as every program expects', () => {
    const script =
      'import fcntl, os; print([fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK for fd in (0, 1, 2)])';
    expect(runSync('python3', ['-c', script], { input: 'x' }).stdout).toBe('[0, 0, 0]');
  });
});

describe('The output of runSync()', () => {
  it('goes to a file, alone and with other targets, emptied or appended to', () => {
    const file = join(scratchDirectory(), 'log');
    sh('echo one', { stdout: { file } });
    sh('echo two', { stdout: { file, append: true } });
    const { stdout } = sh('seq 1 20000', { stdout: ['capture', { file, append: true }] });
    expect(readFileSync(file, 'utf8')).toBe(`one\ntwo\n${stdout}\n`);
  });

  it('keeps its last bytes with { tail }', () => {
    const { stdout, output } = runSync('seq', ['1', '100000'], { stdout: { tail: 10 } });
    expect(stdout).toBe('99\n100000');
    expect(output.stdout.omitted).toBe(588_895 - 10);
  });

  it('goes to a function in order, in chunks that it may keep', () => {
    const chunks: Buffer[] = [];
    const { stdout } = runSync('seq', ['1', '100000'], {
      stdout: ['capture', (chunk) => void chunks.push(chunk)],
    });
    expect(chunks.length).toBeGreaterThan(1);
    expect(Buffer.concat(chunks).toString()).toBe(`${stdout}\n`);
  });

  it("goes nowhere with 'ignore', and is merged in the order of the writes", () => {
    expect(sh('echo out; echo err >&2; echo out', { stderr: 'stdout' }).stdout).toBe('out\nerr\nout');
    expect(sh('echo out', { stdout: 'ignore' }).stdout).toBeUndefined();
  });

  it('goes to the streams of the program, directly and beside the capture', async () => {
    const finished = await runNode(`
      process.stdout.write('a ');
      runSync('printf', ['b '], { stdout: 'inherit' });
      const { stdout } = runSync('sh', ['-c', 'printf c; printf d >&2'], {
        stdout: ['inherit', 'capture'], stderr: ['inherit', { tail: 5 }],
      });
      process.stdout.write(' ' + stdout);
    `);
    expect(finished).toMatchObject({ code: 0, stdout: 'a b c c', stderr: 'd' });
  });

  it("reaches a slow reader of the program's stdout whole, 2 MB of it", async () => {
    const finished = await runNode("runSync('seq', ['1', '300000'], { stdout: ['inherit', 'capture'] })", {
      via: ['sh', '-c', '"$@" | { sleep 0.5; sha256sum; }', 'sh'],
    });
    const wanted = await run('sh', ['-c', 'seq 1 300000 | sha256sum']);
    expect(finished.stdout.trim()).toBe(wanted.stdout);
  });

  it("does not hold up the timeout when the reader of the program's stdout does not read", async () => {
    const script = `
      const error = (() => { try {
        runSync('yes', { stdout: ['inherit', { tail: 2 }], timeout: 300, terminate: { grace: 100 } });
      } catch (error) { return error; } })();
      console.error(error.result.reason, error.result.durationMs < 10_000);
    `;
    const finished = await runNode(script, { via: ['sh', '-c', '{ "$@"; echo >&2; } | sleep 2', 'sh'] });
    expect(finished.stderr).toBe('timeout true\n\n');
  });
});

describe('The output of runSync() beyond the memory bound', () => {
  it('is exact to the byte, 55 MB of it', () => {
    using result = runSync('seq', ['1', '7000000'], { memory: 65_536 });
    const { stdout } = result.output;
    expect(stdout).toMatchObject({ spilled: true, size: 54_888_896 });
    const hash = createHash('sha256').update(stdout.bytesSync()).digest('hex');
    expect(`${hash}  -`).toBe(sh('seq 1 7000000 | sha256sum').stdout);
  });

  it('can be read later in every way', async () => {
    using result = runSync('seq', ['1', '30000'], { memory: 999 });
    const wanted = Array.from({ length: 30_000 }, (_, i) => `${i + 1}\n`).join('');
    expect(await result.output.stdout.text()).toBe(wanted);
    expect(`${result.stdout}\n`).toBe(wanted);
  });

  it('ends the command when the spill directory does not exist, and what came is kept', () => {
    const error = failureOf(() => runSync('yes', { memory: 1000, spillDirectory: '/no/such/directory' }));
    expect(error).toBeInstanceOf(RunError);
    expect(error.cause).toMatchObject({ name: 'SpillError', code: 'ENOENT' });
    expect(error.result).toMatchObject({ reason: 'error' });
    expect(error.result.output.stdout?.size).toBe(1000);
  });

  const mounts = runSync('unshare', ['--mount', 'true'], { check: false }).ok;
  it.runIf(mounts)(
    'ends the command when the disk is full, and what came is kept (needs a root that may mount)',
    () => {
      const disk = join(scratchDirectory(), 'disk');
      mkdirSync(disk);
      runSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
      try {
        const error = failureOf(() =>
          runSync('seq', ['1', '100000000'], { memory: 1000, spillDirectory: disk }),
        );
        expect(error.cause).toMatchObject({ name: 'SpillError', code: 'ENOSPC' });
        expect(error.message).toMatch(/cannot be spilled to .*disk: .*no space left.*free some space/s);
        const { stdout } = error.result.output;
        expect(stdout?.size).toBeGreaterThan(1_000_000);
        const lines = stdout?.textSync().split('\n').slice(0, -1) ?? [];
        expect(lines.every((line, i) => line === String(i + 1))).toBe(true);
        stdout?.close();
        using fits = runSync('head', ['-c', '600000', '/dev/zero'], { memory: 1000, spillDirectory: disk });
        expect(fits.output.stdout).toMatchObject({ size: 600_000, spilled: true });
      } finally {
        runSync('umount', [disk]);
      }
    },
  );
});

describe('run() and runSync()', () => {
  it.each([
    ['exit 3', {}],
    ['echo out; echo complaint >&2; exit 7', {}],
    ['kill -SEGV $$', {}],
    ['echo so far; sleep 20', { timeout: 300 }],
    ['echo so far >&2; sleep 20', { idleTimeout: 300 }],
    ["trap '' TERM; echo ready; sleep 20", { timeout: 400, terminate: { grace: 200 } }],
    ["trap 'exit 0' TERM; sleep 20 & wait", { timeout: 400 }],
    ['yes', { outputLimit: 100_000, stdout: { tail: 20 } }],
    ['sleep 20', { timeout: 200, terminate: { signal: 'SIGINT' } }],
    ['exec head -c 100000 /dev/zero >"$TMPDIR/file"', { limits: { fileSize: 1000 } }],
    ['echo x', { signal: AbortSignal.abort(new Error('changed my mind')) }],
  ] as [string, SyncRunOptions][])('fail alike: %s %j', async (script, options) => {
    const sync = failureOf(() => runSync('sh', ['-c', script], options));
    const wanted: RunError = await run('sh', ['-c', script], options).catch((error) => error);
    expect(sync).toBeInstanceOf(RunError);
    expect(timeless(sync.message)).toBe(timeless(wanted.message));
    const { ok, exitCode, signal, reason, stdout, stderr } = wanted.result;
    expect(sync.result).toMatchObject({ ok, exitCode, signal, reason, stdout, stderr });
    expect(sync.cause).toBe(wanted.cause);
  });

  it.each([
    ['/no/such/program', {}],
    ['no-such-program-anywhere', {}],
    ['true', { cwd: '/no/such/place' }],
    ['/etc/passwd', {}],
    ['/', {}],
    ['true', { stdin: { file: '/no/such/input' } }],
    ['true', { stdout: ['capture', { file: '/no/such/directory/output' }] }],
  ] as [string, SyncRunOptions][])('refuse to start alike: %s with %o', (file, options) =>
    expectSameRefusal(file, options),
  );

  it('refuse to start alike: true with a variable that the kernel does not take', () =>
    expectSameRefusal('true', { env: { LARGE: 'x'.repeat(200_000) } }));

  async function expectSameRefusal(file: string, options: SyncRunOptions) {
    const sync = failureOf(() => runSync(file, options));
    const wanted: StartError = await run(file, options).catch((error) => error);
    expect(sync).toBeInstanceOf(StartError);
    expect(sync.message).toBe(wanted.message);
    expect(sync).toMatchObject({ code: wanted.code, subject: wanted.subject });
  }

  it('resolve with check: false, except for an error of this program', () => {
    expect(sh('exit 3', { check: false })).toMatchObject({ ok: false, exitCode: 3 });
    const thrown = new Error('enough');
    const stdout = () => {
      throw thrown;
    };
    const error = failureOf(() => runSync('yes', { stdout, check: false }));
    expect(error).toMatchObject({ cause: thrown, result: { reason: 'error' } });
  });
});

describe('runSync() refuses what would need the blocked thread:', () => {
  async function* generate() {
    yield 'x';
  }
  const refused: [string, unknown, RegExp][] = [
    ['stdin', Readable.from(['x']), /read it first, or use run\(\)/],
    ['stdin', generate(), /read it first, or use run\(\)/],
    ['stdin', 'pipe', /with start\(\)/],
    ['stdin', 'text', /Text is given as input/],
    ['input', generate(), /read it first, or use run\(\)/],
    ['input', new Blob(['x']), /read it first, or use run\(\)/],
    [
      'stdout',
      new PassThrough(),
      /a stream without a descriptor takes nothing while runSync blocks: use run\(\)/,
    ],
    [
      'stderr',
      new PassThrough(),
      /a stream without a descriptor takes nothing while runSync blocks: use run\(\)/,
    ],
    ['stdout', 'stream', /with start\(\)/],
    ['stdout', 'auto', /with start\(\)/],
    ['stdout', 'pipe', /pipes are what 'capture' reads/],
    ['stdout', async () => {}, /returns no promise/],
    ['stdout', -7, /an open descriptor: a whole number from 0$/],
    ['signal', new AbortController().signal, /use timeout, or run\(\)/],
    ['signal', 'SIGTERM', /an AbortSignal/],
    ['pty', true, /use run\(\) or start\(\)/],
    ['uid', 65534, /use run\(\)/],
    ['gid', 65534, /use run\(\)/],
    ['timeouts', 5, /unknown option/],
  ];
  const nameOf = (value: unknown) =>
    typeof value === 'object' ? value?.constructor.name || 'AsyncGenerator' : String(value);

  it.each(refused.map(([option, value, message]) => [option, nameOf(value), value, message] as const))(
    '%s as %s',
    (option, _name, value, message) => {
      const marker = join(scratchDirectory(), 'started');
      const error = failureOf(() => runSync('touch', [marker], { [option]: value }));
      expect(error).toBeInstanceOf(OptionError);
      expect(error.message).toMatch(message);
      expect(error.option).toBe(option === 'timeouts' ? 'options' : option);
      expect(existsSync(marker)).toBe(false);
    },
  );

  it('a target in a list, which it names by its index', () => {
    const error = failureOf(() => runSync('true', { stdout: ['capture', new PassThrough() as never] }));
    expect(error).toMatchObject({ name: 'OptionError', option: 'stdout[1]' });
  });

  it('a promise that a function returns, which ends the command', () => {
    const stdout = () => Promise.reject(new Error('lost'));
    const error = failureOf(() => runSync('yes', { stdout }));
    expect(error.message).toMatch(
      /returned a promise, for which runSync cannot wait; return nothing, or use run\(\)/,
    );
    expect(error.result).toMatchObject({ reason: 'error' });
  });
});
