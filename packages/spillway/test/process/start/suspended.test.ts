import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { pipe } from '../../../src/channel.js';
import {
  OptionError,
  pipeline,
  RunError,
  run,
  runSync,
  StartError,
  start,
  startPipeline,
} from '../../../src/index.js';
import { posixOnly, SOCKETS } from '../../helpers/backend.js';
import { checkForLeaks, scratchDirectory, until } from '../../helpers/leaks.js';
import { runNode } from '../../helpers/programs.js';

checkForLeaks();

const suspended = { suspended: true } as const;
const mark = (path: string) => ['-c', `echo "$$" >'${path}'; cat`];

it('a suspended program does not run before resume(), and then with the same number', async () => {
  const path = join(scratchDirectory(), 'ran');
  const child = start('sh', mark(path), { ...suspended, input: 'text' });
  const environment = () => readFileSync(`/proc/${child.pid}/environ`, 'latin1');
  // Empty in the middle of execve(2).
  await until(
    () => environment().includes(`SPILLWAY_RUN=${child.mark}`),
    () => environment(),
  );
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(child.running).toBe(true);
  expect(existsSync(path)).toBe(false);
  child.resume();
  child.resume();
  const { stdout } = await child.result;
  expect(stdout).toBe('text');
  expect(readFileSync(path, 'utf8')).toBe(`${child.pid}\n`);
  child.resume();
});

posixOnly(SOCKETS)(
  'a suspended program finds its limits, name, variables, directory and descriptors',
  async () => {
    const script = 'echo "$0 $PWD $A"; ulimit -n; nice; ls /proc/self/fd | wc -l; cat <&5';
    const path = join(scratchDirectory(), 'file');
    writeFileSync(path, 'of the file\n');
    const options = { cwd: '/', env: { A: 'b' }, argv0: 'named', limits: { openFiles: 40 }, nice: 3 };
    const args = ['-c', script];
    const more = { ...options, descriptors: { 5: { file: path } } };
    const usual = await start('bash', args, more).result;
    const child = start('bash', args, { ...more, ...suspended });
    child.resume();
    expect((await child.result).stdout).toBe(usual.stdout);
    expect(usual.stdout).toMatch(/^named \/ b\n40\n3\n\d+\nof the file$/);
  },
);

it('resume() does nothing for a child that was not suspended', async () => {
  const child = start('echo', ['hi']);
  child.resume();
  expect((await child.result).stdout).toBe('hi');
  child.resume();
});

it('is ended before it runs by kill, terminate, a timeout, an abort and the end of a scope', async () => {
  const path = join(scratchDirectory(), 'ran');
  const options = { ...suspended, check: false } as const;
  const killed = start('sh', mark(path), options);
  killed.kill('SIGKILL');
  expect(await killed.result).toMatchObject({ signal: 'SIGKILL' });
  killed.resume();

  const terminated = start('sh', mark(path), options);
  await terminated.terminate();
  expect(await terminated.result).toMatchObject({ signal: 'SIGTERM' });

  expect(await start('sh', mark(path), { ...options, timeout: 50 }).result).toMatchObject({
    reason: 'timeout',
  });
  expect(await start('sh', mark(path), { ...options, idleTimeout: 50 }).result).toMatchObject({
    reason: 'idle',
  });
  const controller = new AbortController();
  const aborted = start('sh', mark(path), { ...options, signal: controller.signal });
  controller.abort();
  expect(await aborted.result).toMatchObject({ reason: 'abort' });
  {
    await using scoped = start('sh', mark(path), options);
    expect(scoped.running).toBe(true);
  }
  expect(existsSync(path)).toBe(false);
});

it('a timeout before resume() says that it was not called', async () => {
  const child = start('sleep', ['30'], { ...suspended, timeout: 100 });
  await expect(child.result).rejects.toThrow(/It does not run yet: child.resume\(\) has not been called/);
});

it('what is missing is told by start', async () => {
  expect(() => start('no-such-program', suspended)).toThrow(StartError);
  expect(() => start('/no/such/program', suspended)).toThrow(/does not exist \(ENOENT\)/);
  expect(() => start('/etc/passwd', suspended)).toThrow(/\(EACCES\)/);
  expect(() => start('true', { ...suspended, cwd: '/no/such' })).toThrow(
    /directory \/no\/such does not exist/,
  );
});

posixOnly('the start looks at the file')('what cannot be executed fails the result', async () => {
  for (const [text, code] of [
    ['#!/no/such\n', 'ENOENT'],
    ['plain\n', 'ENOEXEC'],
  ] as const) {
    const path = join(scratchDirectory(), code);
    writeFileSync(path, text);
    chmodSync(path, 0o755);
    const child = start(path, [], { ...suspended, stdout: 'capture' });
    child.resume();
    const error = await child.result.catch((e: unknown) => e);
    expect(error).toBeInstanceOf(RunError);
    expect(error).toMatchObject({ cause: { name: 'StartError', code, subject: 'program', file: path } });
    expect((error as Error).message).toContain(`(${code})`);
  }
});

it('a program that exits with 125 by itself has done so', async () => {
  const child = start('sh', ['-c', 'exit 125'], { ...suspended, check: false });
  child.resume();
  expect(await child.result).toMatchObject({ reason: 'exit', exitCode: 125 });
});

it('a hundred at once wait, and run in any order', async () => {
  const children = Array.from({ length: 100 }, (_, i) => start('echo', [String(i)], suspended));
  for (const child of [...children].reverse()) child.resume();
  const results = await Promise.all(children.map((child) => child.result));
  expect(results.map(({ stdout }) => stdout)).toEqual(children.map((_, i) => String(i)));
});

posixOnly(SOCKETS)('with channels and a live stream it is as without', async () => {
  const child = start('sh', ['-c', 'echo one; echo two'], { ...suspended, stdout: 'stream' });
  const lines: string[] = [];
  const reading = (async () => {
    for await (const line of child.stdout.lines()) lines.push(line);
  })();
  child.resume();
  await Promise.all([reading, child.result]);
  expect(lines).toEqual(['one', 'two']);
  const { reader, writer } = pipe({ codec: 'raw' });
  const told = start('sh', ['-c', 'echo $SPILLWAY_CHANNELS'], { ...suspended, channels: { in: reader } });
  told.resume();
  expect((await told.result).stdout).toMatch(/^in/);
  await writer[Symbol.asyncDispose]();
});

it('never runs when the program that holds it back is killed', async () => {
  const path = join(scratchDirectory(), 'ran');
  const script = `
    const child = start('sh', ['-c', 'echo ran >"$1"', 'sh', ${JSON.stringify(path)}], { suspended: true });
    writeSync(1, String(child.pid));
    process.kill(process.pid, 'SIGKILL');
  `;
  const { stdout } = await runNode(`import { writeSync } from 'node:fs';${script}`);
  const pid = Number(stdout);
  expect(pid).toBeGreaterThan(0);
  await until(
    () => !existsSync(`/proc/${pid}`),
    () => `${pid} lives`,
  );
  expect(existsSync(path)).toBe(false);
});

it('the functions that give no child refuse it, and say which one does', async () => {
  const all = [
    () => run('true', suspended as never),
    () => pipeline([['true'], ['true']], suspended as never),
    async () => runSync('true', suspended as never),
    async () => startPipeline([['true'], ['true']], suspended as never),
  ];
  for (const call of all) {
    const error = await call().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(OptionError);
    expect((error as Error).message).toMatch(/start\(\)/);
  }
  await run('true', { suspended: false });
  expect(() => start('true', { suspended: 1 as never })).toThrow(OptionError);
});

it('a shell holds it back where no other program can', async () => {
  const script = `
    await run('true');
    Object.defineProperty(process, 'arch', { value: 'mips' });
    const child = start('sh', ['-c', 'echo "$$ $1"', 'sh', 'a b'], { suspended: true });
    await new Promise((resolve) => setTimeout(resolve, 50));
    child.resume();
    console.log((await child.result).stdout === child.pid + ' a b');
    const never = start('echo', ['no'], { suspended: true, check: false });
    await never.terminate();
    console.log((await never.result).stdout);
  `;
  expect(await runNode(script)).toMatchObject({ stdout: 'true\n\n', stderr: '' });
});

posixOnly('it is the same thread')('it is the same from a worker thread', async () => {
  const script = `
    import { isMainThread, Worker } from 'node:worker_threads';
    if (isMainThread) new Worker(new URL(import.meta.url));
    else {
      const limits = { openFiles: 50 };
      const child = start('sh', ['-c', 'echo "$$ $1"; ulimit -n', 'sh', 'a b'], { suspended: true, limits });
      await new Promise((resolve) => setTimeout(resolve, 50));
      child.resume();
      console.log((await child.result).stdout === child.pid + ' a b\\n50');
      const never = start('echo', ['no'], { suspended: true, check: false });
      await never.terminate();
      console.log((await never.result).signal);
    }
  `;
  expect(await runNode(script)).toMatchObject({ stdout: 'true\nSIGTERM\n', stderr: '' });
});
