/** `run` and `pipeline` start off the event loop; nothing of what a start in the call guarantees is lost. */

import { execFile } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import { closeSync, createReadStream, createWriteStream, openSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { pipeline, prepare, RunError, run, StartError, start, startPipeline } from '../../src/index.js';
import { backend, describeOnce, posixOnly } from '../helpers/backend.js';
import { errorOf } from '../helpers/errors.js';
import { checkForLeaks, scratchDirectory, until } from '../helpers/leaks.js';
import { runNode } from '../helpers/programs.js';

checkForLeaks();

const inNode = 'Node starts its children in the call';

/** The files of the commands that have been started so far. */
function startsDuring<T>(act: (started: readonly string[]) => Promise<T>): Promise<T> {
  const started: string[] = [];
  const listen = (message: unknown) => started.push((message as { args: string[] }).args.join(' '));
  subscribe('spillway:start', listen);
  return act(started).finally(() => unsubscribe('spillway:start', listen));
}

describe('A start off the event loop', () => {
  posixOnly(inNode)('comes after the call, and that of start in it', () =>
    startsDuring(async (started) => {
      const running = run('true', ['run']);
      const both = pipeline([
        ['true', 'one'],
        ['true', 'two'],
      ]);
      expect(started).toEqual([]);
      const child = start('true', ['start']);
      const two = startPipeline([
        ['true', 'three'],
        ['true', 'four'],
      ]);
      expect(started).toEqual(['start', 'three', 'four']);
      await Promise.all([running, both, child.result, two.result]);
      expect([...started].sort()).toEqual(['four', 'one', 'run', 'start', 'three', 'two']);
    }),
  );

  posixOnly(inNode)('keeps the order of the calls', () =>
    startsDuring(async (started) => {
      const words = Array.from({ length: 60 }, (_, index) => String(index));
      await Promise.all(words.map((word) => run('true', [word])));
      // A few are under way at a time, and may overtake each other.
      const shift = started.map((word, index) => Math.abs(Number(word) - index));
      expect(Math.max(...shift)).toBeLessThan(30);
    }),
  );

  it('gives the child the variables of the call', async () => {
    const name = 'SPILLWAY_TEST_TURN';
    const running = Array.from({ length: 30 }, (_, index) => {
      process.env[name] = String(index);
      return run('sh', ['-c', `echo "$${name}"`]);
    });
    delete process.env[name];
    const gone = run('sh', ['-c', `echo "[$${name}]"`]);
    const seen = (await Promise.all(running)).map(({ stdout }) => stdout);
    expect(seen).toEqual(running.map((_, index) => String(index)));
    expect((await gone).stdout).toBe('[]');
  });

  posixOnly(inNode)(
    'gives the child the directory of the call, also one that has been removed since',
    async () => {
      const { stdout } = await runNode(
        `import { mkdirSync, rmdirSync } from 'node:fs';
      process.chdir(process.argv[2]);
      mkdirSync('here');
      process.chdir('here');
      const many = Array.from({ length: 12 }, () => run('sh', ['-c', 'readlink /proc/self/cwd']));
      const piped = pipeline([['sh', '-c', 'readlink /proc/self/cwd'], ['cat']]);
      process.chdir('/');
      rmdirSync(process.argv[2] + '/here');
      const all = [...(await Promise.all(many)), await piped];
      const names = all.map(({ stdout }) => stdout.replace(/.*\\/here/, 'here').replace(' (deleted)', ''));
      console.log(new Set(names));`,
        { args: [scratchDirectory()] },
      );
      expect(stdout).toBe("Set(1) { 'here' }\n");
    },
  );

  posixOnly(inNode)('takes what is relative from the directory of the call', async () => {
    const { stdout } = await runNode(
      `import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
      process.chdir(process.argv[2]);
      mkdirSync('inside');
      writeFileSync('own', '#!/bin/sh\\npwd\\n');
      chmodSync('own', 0o755);
      const times = (start) => Array.from({ length: 8 }, start);
      const PATH = process.env.PATH + ':.';
      const all = [
        ...times(() => run('sh', ['-c', 'pwd'], { cwd: 'inside' })),
        ...times(() => run('./own')),
        ...times(() => run('../own', { cwd: 'inside' }).catch(({ code }) => ({ stdout: code }))),
        ...times((_, i) => run('own', { env: { PATH: PATH + i } }).catch(({ code }) => ({ stdout: code }))),
        ...times((_, i) => run('own', { env: { PATH: PATH + '/' + i + ':.' } })),
      ];
      process.chdir('/');
      const found = (await Promise.all(all)).map(({ stdout }) => stdout.trim().replace(process.argv[2], '-'));
      console.log([...new Set(found.map((text, i) => Math.floor(i / 8) + text))].join(' '));`,
      { args: [scratchDirectory()] },
    );
    expect(stdout).toBe('0-/inside 1- 2ENOENT 3ENOENT 4-\n');
  });

  it('takes descriptors that are closed after the call', async () => {
    const file = join(scratchDirectory(), 'file');
    const outputs = Array.from({ length: 10 }, (_, index) => {
      const fd = openSync(`${file}-${index}`, 'w');
      const running = run('sh', ['-c', 'echo $0; echo more >&3', String(index)], {
        stdout: fd,
        descriptors: { 3: fd },
      });
      closeSync(fd);
      return running;
    });
    await Promise.all(outputs);
    for (const [index] of outputs.entries())
      expect(readFileSync(`${file}-${index}`, 'utf8')).toBe(`${index}\nmore\n`);
  });

  posixOnly(inNode)('holds no copy of a descriptor once the command runs', async () => {
    const { stdout } = await runNode(
      `import { closeSync, openSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
      const path = process.argv[2] + '/file';
      const held = () => readdirSync('/proc/self/fd').filter((fd) => {
        try { return readlinkSync('/proc/self/fd/' + fd) === path; } catch { return false; }
      }).length;
      const fd = openSync(path, 'w');
      const running = run('sh', ['-c', 'echo up >&3; read -r line <&0'], {
        stdin: { file: path + '.fifo' }, stdout: { file: path }, descriptors: { 3: fd },
      });
      closeSync(fd);
      const pause = () => new Promise((resolve) => setTimeout(resolve, 5));
      while (readFileSync(path, 'utf8') === '') await pause();
      // The command runs before this program knows it.
      for (let i = 0; i < 1000 && held() > 0; i++) await pause();
      console.log(held());
      closeSync(openSync(path + '.fifo', 'w'));
      await running.catch(() => {});`,
      { args: [scratchDirectory()], via: ['sh', '-c', 'mkfifo "$3/file.fifo"; exec "$@"', 'sh'] },
    );
    expect(stdout).toBe('0\n');
  });

  it("meets the failure of the caller's stream that comes before the start", async () => {
    const missing = join(scratchDirectory(), 'missing', 'file');
    const pipelines = [
      () => pipeline([['cat'], ['cat']], { input: createReadStream(missing) }),
      () => pipeline([['sleep', '1000'], ['cat']], { stdout: createWriteStream(missing) }),
    ];
    for (const attempt of [
      () => run('cat', [], { input: createReadStream(missing) }),
      () => run('sleep', ['1000'], { stdout: createWriteStream(missing) }),
      () => run('sleep', ['1000'], { stderr: ['capture', createWriteStream(missing)] }),
      ...(backend === 'posix' ? pipelines : []),
    ]) {
      const error = await errorOf(attempt(), RunError);
      expect(error.result.reason).toBe('error');
      expect(error.cause).toMatchObject({ code: 'ENOENT' });
    }
  });

  it('reads what an old stream gives before the start', async () => {
    const old = Object.assign(new EventEmitter(), { pipe: () => {} });
    const running = run('cat', [], { input: old as never });
    for (const piece of ['a', 'b']) old.emit('data', piece);
    old.emit('end');
    expect((await running).stdout).toBe('ab');
  });

  it("leaves the caller's stream alone where nothing was started", async () => {
    const input = Readable.from(['x']);
    await errorOf(run('/no/such/program', [], { input }), StartError);
    expect(input.listenerCount('error')).toBe(0);
    expect((await run('cat', [], { input })).stdout).toBe('x');
  });

  it("gives errors whose stack begins at the caller's line", async () => {
    const none = join(scratchDirectory(), 'none');
    async function callerOfRun() {
      await run(none);
    }
    async function callerOfFile() {
      await run('cat', [], { stdin: { file: none } });
    }
    async function callerOfStart() {
      start(none);
    }
    for (const caller of [callerOfRun, callerOfFile, callerOfStart]) {
      const error = await errorOf(caller(), StartError);
      expect(error.stack?.split('\n').slice(0, 5).join('\n')).toContain(caller.name);
    }
  });

  posixOnly(inNode)("leaves room for the program's own work on libuv's threads", async () => {
    let over = 0;
    const running = Array.from({ length: 300 }, () => run('true').finally(() => over++));
    await readFile('/proc/self/stat');
    expect(over).toBeLessThan(150);
    await Promise.all(running);
  });
});

describeOnce('A command that waits for its turn', () => {
  const many = () => Array.from({ length: 40 }, () => run('sh', ['-c', ':']));

  it('is not started after an abort', async () => {
    const before = many();
    const controller = new AbortController();
    const waiting = run('sh', ['-c', 'exit 9'], { signal: controller.signal });
    const piped = pipeline([['cat'], ['cat']], { signal: controller.signal });
    controller.abort(new Error('enough'));
    const error = await errorOf(waiting, RunError);
    expect(error.message).toContain('was not started: its AbortSignal was aborted before');
    expect(error.result).toMatchObject({ reason: 'abort', pid: undefined, exitCode: undefined });
    expect((await errorOf(piped, RunError)).result).toMatchObject({ reason: 'abort', pid: undefined });
    await Promise.all(before);
  });

  it('is not started after its time, which runs from the call', async () => {
    const before = many();
    const waiting = run('sh', ['-c', 'exit 9'], { timeout: 0 });
    const kept = run('sh', ['-c', 'exit 9'], { timeout: 0, check: false });
    const error = await errorOf(waiting, RunError);
    expect(error.message).toMatch(/was not started within .* \(timeout\): other starts were before it/);
    expect(await kept).toMatchObject({ ok: false, reason: 'timeout', pid: undefined, stdout: '' });
    await Promise.all(before);
  });

  it('gives its place up, and those behind it go on', async () => {
    const controller = new AbortController();
    const before = many();
    const left = Array.from({ length: 20 }, () => run('true', { signal: controller.signal, check: false }));
    const behind = many();
    controller.abort();
    const reasons = (await Promise.all(left)).map(({ reason }) => reason);
    expect(new Set(reasons)).toEqual(new Set(['abort']));
    for (const { exitCode } of await Promise.all([...before, ...behind])) expect(exitCode).toBe(0);
  });

  it('is ended as soon as it has been started, where its start is under way', async () => {
    const controller = new AbortController();
    const running = run('sleep', ['1000'], { signal: controller.signal, check: false });
    controller.abort();
    expect(await running).toMatchObject({ ok: false, reason: 'abort', pid: expect.any(Number) });
  });
});

describeOnce('A program with starts under way', () => {
  const listed = `ps -eo args | grep -c '[s]leep 98765.$1' || :`;
  const asked = async (tag: string) => (await run('sh', ['-c', listed, 'sh', tag])).stdout;

  it.each(['process.exit()', "process.kill(process.pid, 'SIGKILL')", 'throw new Error("over")'])(
    'leaves no child behind after %s',
    async (end) => {
      const tag = `${process.pid}${end.length}`;
      await runNode(
        `for (let i = 0; i < 30; i++) run('sleep', ['98765.${tag}']).catch(() => {});
        // In the call, while the guard of the others is on its way.
        start('sleep', ['98765.${tag}']).result.catch(() => {});
        setImmediate(() => { ${end} });`,
      );
      await until(async () => (await asked(tag)) === '0');
    },
  );

  it('takes no zombie of its own for an orphan', async () => {
    const library = new URL('../../dist/index.js', import.meta.url).href;
    const { stdout, stderr } = await runNode(`
      const { adoptOrphans } = await import(${JSON.stringify(library)});
      adoptOrphans();
      const exit = (i) => run('sh', ['-c', 'exit $0', String(i % 200)], { check: false });
      const runs = Array.from({ length: 300 }, (_, i) => exit(i));
      const results = await Promise.all(runs);
      console.log(results.every(({ exitCode, reason }, i) => exitCode === i % 200 && reason === 'exit'));
    `);
    expect(stderr + stdout).toBe('true\n');
  });

  it('hands its descriptors to no child that other code starts meanwhile', async () => {
    const list = () => promisify(execFile)('ls', ['/proc/self/fd']);
    const alone = await list();
    const running = Array.from({ length: 100 }, () => run('cat', [], { input: 'x' }));
    const listed = await Promise.all(Array.from({ length: 12 }, list));
    for (const { stdout } of listed) expect(stdout).toBe(alone.stdout);
    for (const { stdout } of await Promise.all(running)) expect(stdout).toBe('x');
  });

  it('has room for 1,000 at once, each with its own output', async () => {
    const words = Array.from({ length: 1000 }, (_, index) => String(index));
    const outputs = await Promise.all(words.map((word) => run('echo', [word])));
    expect(outputs.map(({ stdout }) => stdout)).toEqual(words);
  });
});

describe('prepare', () => {
  it('leaves nothing to do for the first command, and may be called again', async () => {
    await Promise.all([prepare(), prepare()]);
    await prepare();
    expect((await run('echo', ['x'])).stdout).toBe('x');
  });
});
