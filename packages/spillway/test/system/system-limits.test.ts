import { chmodSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Limits, pipeline, run, runSync, StartError, start } from '../../src/index.js';
import { backend } from '../helpers/backend.js';
import { checkForLeaks, scratchDirectory } from '../helpers/leaks.js';
import { notRoot, othersMayRunNode, runNode } from '../helpers/programs.js';

checkForLeaks();

async function errorOf(call: () => unknown): Promise<Error> {
  try {
    await call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('there is no error');
}

describe('A start with more than the kernel takes', () => {
  const long = 'x'.repeat(128 * 1024);
  const many = Array(70).fill('x'.repeat(100_000));
  const one = "argument 2 .'x{20}…'. has 131072 bytes, and one may have 131071; pass it on stdin";
  const variable = 'the variable LONG has 131077 bytes, and one may have 131071';
  const all = 'its 70 arguments have 7000070 bytes and \\d+ variables \\d+, which together is more than the ';
  const largest = `${all}kernel takes.*; the largest is argument 1 .'x{20}…'. with 100000; pass them on`;
  const calls: [string, string, (options: { limits?: Limits }) => unknown][] = [
    ['one argument, by run()', one, (options) => run('true', ['a', long], options)],
    ['one argument, by start()', one, (options) => start('true', ['a', long], options)],
    ['one variable, by run()', variable, (options) => run('true', { ...options, env: { LONG: long } })],
    ['all together, by run()', largest, (options) => run('true', many, options)],
  ];
  if (backend === 'posix')
    calls.push(
      ['one argument, by runSync()', one, (options) => runSync('true', ['a', long], options)],
      ['one variable, on a terminal', variable, () => run('true', { env: { LONG: long }, pty: true })],
      ['all together, by pipeline()', largest, (options) => pipeline([['true'], ['true', ...many]], options)],
      ['its name for itself', 'name for itself .* has 131072 bytes', () => run('true', { argv0: long })],
    );
  const starts = calls.flatMap(([what, reason, call]) => [
    [what, reason, () => call({})] as const,
    ...(backend === 'posix'
      ? [[`${what}, with limits`, reason, () => call({ limits: { openFiles: 50 } })] as const]
      : []),
  ]);
  it.each(starts)('names what is too large: %s', async (_, reason, call) => {
    const error = await errorOf(call);
    expect(error).toBeInstanceOf(StartError);
    expect(error).toMatchObject({ code: 'E2BIG', subject: 'system' });
    expect(error.message).toMatch(new RegExp(reason));
    expect(error.message.length).toBeLessThan(1000);
  });

  it('succeeds for the largest argument that the kernel takes', async () => {
    const { stdout } = await run('sh', ['-c', 'echo $' + '{#1}', 'sh', 'x'.repeat(128 * 1024 - 1)]);
    expect(stdout).toBe(String(128 * 1024 - 1));
  });
});

describe('The first start of a program without free descriptors', () => {
  const verbs = {
    'run()': "run('echo', ['hi'])",
    'start()': "start('echo', ['hi']).result",
    ...(backend === 'posix'
      ? {
          'runSync()': "runSync('echo', ['hi'])",
          'pipeline()': "pipeline([['echo', 'hi'], ['cat']])",
          'run() on a terminal': "run('echo', ['hi'], { pty: true })",
          'run() with limits': "run('echo', ['hi'], { nice: 1 })",
        }
      : {}),
  };
  const what = 'is a StartError EMFILE, and the next start is as any other: %s';
  it.each(Object.entries(verbs))(what, async (_, call) => {
    const script = `
      import { closeSync, openSync } from 'node:fs';
      process.on('warning', () => {});
      const held = [];
      try { for (;;) held.push(openSync('/dev/null')); } catch {}
      const call = async () => ${call};
      const error = await call().catch((error) => error);
      for (const fd of held) closeSync(fd);
      console.log(error.name, error.code, error.message);
      console.log((await call()).stdout.trim());
      // A socket would tell that node:child_process has started it.
      const { stdout } = await run('sh', ['-c', 'readlink /proc/$$/fd/1']);
      console.log(stdout.replace(/:.*/, ''));
    `;
    const { stdout } = await runNode(script, { via: ['sh', '-c', 'ulimit -n 60; exec "$@"', 'sh'] });
    const [first, second, kind] = stdout.split('\n');
    expect(first).toMatch(/^StartError EMFILE cannot start echo: this process has too many files open/);
    expect([second, kind]).toEqual(['hi', backend === 'posix' ? 'pipe' : 'socket']);
  });
});

describe('A start without free descriptors', () => {
  it('throws EMFILE, leaks none, and the running children are well', async () => {
    const { stdout, stderr, code } = await runNode(
      `
      import { closeSync, openSync, readdirSync } from 'node:fs';
      // What is loaded at the first use needs descriptors, too.
      await run('cat', { input: 'x'.repeat(1e6) });
      console.log('begin');
      const held = [];
      try { for (;;) held.push(openSync('/dev/null')); } catch {}
      for (let i = 0; i < 10; i++) closeSync(held.pop());
      const free = () => {
        const more = [];
        try { for (;;) more.push(openSync('/dev/null')); } catch {}
        for (const fd of more) closeSync(fd);
        return more.length;
      };
      const children = [];
      let error;
      while (!error && children.length < 10) {
        const before = free();
        try { children.push(start('cat', { stdin: 'pipe' })); }
        catch (e) { error = e; console.log(e.name, e.code, e.subject, before === free()); }
      }
      console.log(error.message);
      for (const child of children) child.stdin.end('echoed');
      const results = await Promise.all(children.map((child) => child.result));
      console.log(results.length > 0, results.every(({ stdout }) => stdout === 'echoed'), free());
      console.log((await run('echo', ['again'])).stdout);
      `,
      { via: ['sh', '-c', 'ulimit -n 100; exec "$@"', 'sh'] },
    );
    expect(stderr).toBe('');
    const lines = stdout.split('\n');
    expect(lines.slice(0, 2)).toEqual(['begin', 'StartError EMFILE system true']);
    expect(lines[2]).toMatch(/too many files open \(ulimit -n\); start fewer at a time, or raise the limit/);
    expect(lines.slice(3)).toEqual(['true true 10', 'again', '']);
    expect(code).toBe(0);
  });
});

describe('A start beyond the limit on processes', () => {
  it.skipIf(notRoot || !othersMayRunNode())(
    'throws EAGAIN, and the running children are well (needs root, and a Node that others may run)',
    async () => {
      // A user without other processes: not that of the same test with the other backend.
      const id = 100_000 + process.pid;
      const user = ['setpriv', `--reuid=${id}`, `--regid=${id}`, '--clear-groups', 'prlimit', '--nproc=24'];
      chmodSync(scratchDirectory(), 0o755);
      const { stdout, stderr, code } = await runNode(
        `
      const children = [];
      let error;
      while (!error && children.length < 40) {
        try { children.push(start('cat', { stdin: 'pipe' })); } catch (e) { error = e; }
      }
      console.log(error.name, error.code, error.subject);
      console.log(error.message);
      for (const child of children) child.stdin.end('echoed');
      const results = await Promise.all(children.map((child) => child.result));
      console.log(results.length > 0, results.every(({ stdout }) => stdout === 'echoed'));
      `,
        { via: user },
      );
      expect(stderr).toBe('');
      const lines = stdout.split('\n');
      expect(lines[0]).toBe('StartError EAGAIN system');
      expect(lines[1]).toMatch(/limit on processes or threads is reached .*; start fewer at a time/);
      expect(lines[2]).toBe('true true');
      expect(code).toBe(0);
    },
  );
});
