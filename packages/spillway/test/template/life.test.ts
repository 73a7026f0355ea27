/** When a command of a template starts, what it gives, and how it fails. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { $, Child, OptionError, Pipeline, Result, RunError, StartError } from '../../src/index.js';
import { posixOnly } from '../helpers/backend.js';
import { checkForLeaks, isAlive, scratchDirectory, until } from '../helpers/leaks.js';
import { runNode } from '../helpers/programs.js';

checkForLeaks();

const NEEDS_PIPES = 'its commands need pipes';
/** Appends a line to this file each time it runs. */
const counter = () => join(scratchDirectory(), 'count');
const count = () => (existsSync(counter()) ? readFileSync(counter(), 'utf8').length : 0);

describe('A command', () => {
  it('does not start before it is awaited', async () => {
    const command = $`sh -c 'printf x >> "$0"; echo out' ${counter()}`;
    const lines = command.lines();
    await $`true`;
    expect(count()).toBe(0);
    expect((await lines.next()).value).toBe('out');
    expect((await lines.next()).done).toBe(true);
    expect(count()).toBe(1);
  });

  it('runs once, however often it is awaited', async () => {
    const command = $`sh -c 'printf x >> "$0"; echo out' ${counter()}`;
    const [first, second, text, ok] = await Promise.all([command, command, command.text(), command.ok()]);
    expect(await command).toBe(first);
    expect(second).toBe(first);
    expect(first).toBeInstanceOf(Result);
    expect([text, ok]).toEqual(['out', true]);
    expect(count()).toBe(1);
  });

  it('never starts, and rejects nothing, when it is not awaited', async () => {
    const script = `
      process.on('unhandledRejection', (error) => console.log('unhandled', error));
      $\`false\`; $\`spillway-no-such-program\`; $({ timeout: 'never' })\`true\`.lines();
      const child = $\`false\`.start();
      while (child.running) await $\`true\`;
      const failing = $\`false\`;
      await failing.catch(() => console.log('caught'));
      await failing.then(() => {}, () => console.log('caught again'));
      console.log('end');
    `;
    expect(await runNode(script)).toMatchObject({ code: 0, stdout: 'caught\ncaught again\nend\n' });
  });

  it('gives the child that runs, once', async () => {
    const command = $({ stdin: 'pipe' })`cat`;
    const child = command.start() as Child<{ stdin: 'pipe' }>;
    expect(child).toBeInstanceOf(Child);
    expect(command.start()).toBe(child);
    child.stdin.end('typed');
    expect(await child.stdout.text()).toBe('typed');
    expect(await command).toBe(await child.result);
  });

  it('ends with the scope of its child', async () => {
    let pid: number | undefined;
    {
      await using child = $`sleep 60`.start() as Child;
      pid = child.pid;
      expect(isAlive(pid)).toBe(true);
    }
    expect(isAlive(pid)).toBe(false);
  });

  it('gives no child after it was awaited', async () => {
    const command = $`true`;
    await command;
    expect(() => command.start()).toThrow(expect.objectContaining({ code: 'ERR_TEMPLATE_USED' }));
    await expect(command.lines().next()).rejects.toMatchObject({ code: 'ERR_TEMPLATE_USED' });
  });

  posixOnly(NEEDS_PIPES)('of several programs gives a pipeline that runs', async () => {
    await using child = $({ stdin: 'pipe' })`cat | tr a-z A-Z`.start() as Pipeline<never, { stdin: 'pipe' }>;
    expect(child).toBeInstanceOf(Pipeline);
    child.stdin.end('typed\n');
    expect((await child.stdout.lines().next()).value).toBe('TYPED');
  });

  it('is a promise to those who ask', async () => {
    expect($`true`).toHaveProperty('then');
    let settled = 0;
    expect(await $`echo a`.finally(() => settled++)).toMatchObject({ stdout: 'a' });
    expect(await $`false`.catch((error) => error.code)).toBe('ERR_RUN_EXIT');
    expect(await Promise.race([$`echo b`])).toMatchObject({ stdout: 'b' });
    expect(settled).toBe(1);
  });

  it('shows what it is, and whether it has started', async () => {
    const command = $`printf ${'a b'}`;
    expect(inspect(command)).toBe("LazyCommand { printf 'a b' (not started) }");
    await command;
    expect(inspect(command)).toBe("LazyCommand { printf 'a b' }");
    expect(String(command)).toBe('[object LazyCommand]');
  });

  it('runs in the context in which it is awaited', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    await storage.run('mine', async () => {
      await $({ stdout: () => seen.push(storage.getStore()) })`echo a`;
      seen.push(storage.getStore());
    });
    expect(seen).toEqual(['mine', 'mine']);
  });
});

describe('A view', () => {
  it('gives text, without its last newline', async () => {
    expect(await $`printf ${'a\n\n'}`.text()).toBe('a\n');
    expect(await $({ encoding: 'buffer' })`printf ${'é\r\n'}`.text()).toBe('é');
    expect(await $({ encoding: 'latin1' })`printf ${'é'}`.text()).toBe('Ã©');
  });

  it('gives JSON, and shows what is none', async () => {
    expect(await $`echo ${'{"a": [1]}'}`.json()).toEqual({ a: [1] });
    const error = (await $`echo hello`.json().catch((reason) => reason)) as Error;
    expect(error).toBeInstanceOf(SyntaxError);
    expect(error.message).toMatch(/^stdout of echo is no JSON: .*hello/);
    expect(error.stack).toContain('life.test.ts');
  });

  it('gives bytes', async () => {
    expect(await $`printf ${'\\377\\000'}`.bytes()).toEqual(Buffer.from([255, 0]));
    const spilled = $({ memory: 10 })`seq 1 10000`;
    expect((await spilled.bytes()).length).toBe(48894);
    (await spilled)[Symbol.dispose]();
  });

  it('says whether it succeeds', async () => {
    expect(await $`true`.ok()).toBe(true);
    expect(await $`false`.ok()).toBe(false);
    expect(await $({ check: false })`false`.ok()).toBe(false);
    expect(await $({ timeout: 20, diagnose: false })`sleep 60`.ok()).toBe(false);
    await expect($`spillway-no-such-program`.ok()).rejects.toBeInstanceOf(StartError);
    const full = () => {
      throw new Error('full');
    };
    await expect($({ stdout: full })`echo a`.ok()).rejects.toMatchObject({ code: 'ERR_RUN_ERROR' });
    await expect($({ signal: AbortSignal.abort() })`true`.ok()).rejects.toMatchObject({
      code: 'ERR_RUN_ABORT',
    });
  });

  it('gives lines while the command runs, and ends it with the loop', async () => {
    const command = $`sh -c ${'echo $$; echo two; exec sleep 60'}`;
    let pid = 0;
    for await (const line of command.lines()) {
      if (line === 'two') break;
      pid = Number(line);
    }
    await until(() => !isAlive(pid));
    const all: string[] = [];
    for await (const line of $`seq 1 3`) all.push(line);
    expect(all).toEqual(['1', '2', '3']);
    const reader = $`true`.lines();
    expect(await reader.return?.()).toEqual({ done: true, value: undefined });
    expect(await reader.next()).toEqual({ done: true, value: undefined });
  });

  it('of lines throws at their end, and leads to the caller', async () => {
    const read = async () => {
      for await (const _ of $`sh -c 'echo a; exit 3'`.lines());
    };
    const error = await read().catch((reason) => reason);
    expect(error).toBeInstanceOf(RunError);
    await sleep(0);
    expect(error.stack).toContain('life.test.ts');
    await expect($`spillway-no-such-program`.lines().next()).rejects.toBeInstanceOf(StartError);
  });

  it('refuses an stdout that goes elsewhere, before anything starts', async () => {
    const path = counter();
    await expect($`echo a > ${path}`.text()).rejects.toThrow('stdout cannot be read');
    await expect($`echo a > ${path}`.lines().next()).rejects.toThrow(TypeError);
    await expect($({ stdout: 'inherit' })`echo a`.json()).rejects.toThrow('stdout cannot be read');
    await expect($({ stdout: 'capture' })`echo a`.lines().next()).rejects.toThrow('stdout cannot be read');
    expect(existsSync(path)).toBe(false);
    expect(await $({ stdout: { tail: 2 } })`echo ab`.text()).toBe('b');
    expect(await $({ stdout: [() => {}, 'capture'] })`echo ab`.text()).toBe('ab');
  });
});

describe('An error', () => {
  it('is that of run, and leads to the line of the template', async () => {
    async function release() {
      await $`sh -c 'echo why >&2; exit 3'`;
    }
    const error = await release().catch((reason) => reason);
    expect(error).toBeInstanceOf(RunError);
    expect(error).toMatchObject({ code: 'ERR_RUN_EXIT', result: { exitCode: 3, stderr: 'why' } });
    expect(error.stack).toMatch(/release.*life\.test\.ts/);
    const absent = await $`spillway-no-such-program`.catch((reason) => reason);
    expect(absent).toBeInstanceOf(StartError);
    expect(absent.stack).toContain('life.test.ts');
    const text = await $`false`.text().catch((reason) => reason);
    expect(text.stack.match(/life\.test\.ts/g)).toHaveLength(1);
  });

  it('of an option is that of run', async () => {
    await expect($({ timeuot: 1 } as object)`true`).rejects.toThrow(OptionError);
    await expect($({ timeuot: 1 } as object)`true`).rejects.toThrow('unknown option');
    await expect($({ nothrow: true } as object)`true`).rejects.toThrow('check: false');
    expect(() => $({ timeout: 'never' })`true`.start()).toThrow('timeout');
    await expect($({ stdin: 'pipe' })`true`).rejects.toThrow('start()');
    await expect($({ input: $`true` })`cat`).rejects.toThrow('it is a promise; await it');
  });
});

describe('Options', () => {
  it('add up, and the last one counts', async () => {
    const base = $.with({ env: { A: '1', B: '1' }, check: false, cwd: '/' });
    const more = base({ env: { B: '2' } }).with({ cwd: scratchDirectory() });
    expect(await more`sh -c 'echo $A $B; pwd'`.text()).toBe(`1 2\n${scratchDirectory()}`);
    expect((await more`false`).ok).toBe(false);
    await expect(more({ check: undefined })`false`).rejects.toBeInstanceOf(RunError);
    expect((await base`pwd`).stdout).toBe('/');
    await expect($`false`).rejects.toBeInstanceOf(RunError);
  });

  posixOnly('runSync needs posix_spawn')('hold for all forms', async () => {
    const inRoot = $({ cwd: '/' });
    expect(inRoot.sync`pwd`.stdout).toBe('/');
    expect(inRoot.sync.sh`pwd | cat`.stdout).toBe('/');
    expect(await inRoot.sh`pwd | cat`.text()).toBe('/');
    expect(await $.sh({ cwd: '/' })`pwd`.text()).toBe('/');
    expect($.sync({ cwd: '/' })`pwd`.stdout).toBe('/');
    expect($.sync.sh({ cwd: '/' })`pwd`.stdout).toBe('/');
  });
});

describe('$.sync', () => {
  posixOnly('it needs posix_spawn')('runs a command while the thread waits', () => {
    expect($.sync`echo ${'a b'}`).toBeInstanceOf(Result);
    expect($.sync`echo ${'a b'}`.stdout).toBe('a b');
    expect(() => $.sync`false`).toThrow(RunError);
    expect(() => $.sync`echo ${{} as never}`).toThrow(TypeError);
    expect(() => $.sync`a | b`).toThrow('$.sync.sh');
  });
});
