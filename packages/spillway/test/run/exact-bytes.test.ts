/** Arguments, variables and paths that are not UTF-8. `\udcXX` stands for the byte XX, as in Python. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bytesOf, textOf } from '../../src/base/index.js';
import { pipeline, run, runSync, StartError, start } from '../../src/index.js';
import { backend, describeOnce } from '../helpers/backend.js';
import { checkForLeaks, scratchDirectory } from '../helpers/leaks.js';
import { type NodeOptions, runNode } from '../helpers/programs.js';

checkForLeaks();

const latin1 = { encoding: 'latin1' } as const;

/** Puts variables that no JavaScript string holds into the environment of a Node process. */
function withVariables(...lines: string[]): NodeOptions {
  const words = lines.map((line) => `"$(printf '${line}')"`).join(' ');
  return { via: ['sh', '-c', `exec env ${words} "$@"`, 'sh'] };
}

/** What a child that `call` starts has as V, in hexadecimal. */
const showV = (call: string) => `
  const show = ['-c', 'printf %s "$V" | od -An -tx1'];
  const { stdout } = ${call};
  console.log(stdout.trim());
`;

describe('Text for bytes', () => {
  it('has each byte, whether or not it is UTF-8', () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    for (const bytes of [
      all,
      Buffer.from('aä€😀'),
      Buffer.from('e282', 'hex'),
      Buffer.from('eda080f5', 'hex'),
    ])
      expect(bytesOf(textOf(bytes))).toEqual(bytes);
    expect(textOf(Buffer.from('aä€😀'))).toBe('aä€😀');
    expect(textOf(Buffer.from('61ff62e9', 'hex'))).toBe('a\udcffb\udce9');
    expect(bytesOf('😀\ud83d')).toEqual(Buffer.from('😀\ufffd'));
  });
});

describe('Bytes that are not UTF-8', () => {
  it.skipIf(backend === 'node')('reach the child in arguments and variables, by each verb', async () => {
    const args = ['-c', 'printf %s "$1$V"', 'sh', 'a\udcffb'];
    const options = { ...latin1, env: { V: 'ä\udcfe' } };
    const expected = 'a\xffb\xc3\xa4\xfe';
    expect((await run('sh', args, options)).stdout).toBe(expected);
    expect((await start('sh', args, options).result).stdout).toBe(expected);
    expect(runSync('sh', args, options).stdout).toBe(expected);
    expect((await pipeline([['sh', ...args], ['cat']], options)).stdout).toBe(expected);
    expect((await run('sh', args, { ...options, pty: true })).stdout).toBe(expected);
  });

  it.skipIf(backend === 'node')('reach the system in paths of the program, PATH, cwd and files', async () => {
    const directory = `${scratchDirectory()}/d\udcff`;
    mkdirSync(bytesOf(directory));
    writeFileSync(bytesOf(`${directory}/show`), '#!/bin/sh\nprintf "%s " "$0"; pwd; echo "$1" >&2\n');
    chmodSync(bytesOf(`${directory}/show`), 0o755);
    const exact = bytesOf(directory).toString('latin1');
    const options = { ...latin1, cwd: directory };
    expect((await run(`${directory}/show`, options)).stdout).toBe(`${exact}/show ${exact}`);
    const env = { PATH: `/nowhere:${directory}:${process.env.PATH}` };
    expect((await run('show', { ...options, env })).stdout).toBe(`${exact}/show ${exact}`);
    expect(runSync('show', { ...options, env }).stdout).toBe(`${exact}/show ${exact}`);
    await run('show', ['to a file'], { ...options, env, stderr: { file: `${directory}/e\udce9` } });
    expect(readFileSync(bytesOf(`${directory}/e\udce9`), 'latin1')).toBe('to a file\n');
    expect((await run('cat', { stdin: { file: `${directory}/e\udce9` } })).stdout).toBe('to a file');
  });

  it('are shown in messages as a shell takes them', async () => {
    const error = await run('/no/such/\udcff', { check: false }).catch((e) => e);
    expect(error).toBeInstanceOf(StartError);
    expect(error.message).toContain("$'/no/such/\\xff'");
  });

  it.runIf(backend === 'node')('in an argument are refused by node:child_process', async () => {
    const error = await run('echo', ['a', '\udcff']).catch((e) => e);
    expect(error).toMatchObject({ name: 'StartError', code: 'ENOTSUP' });
    expect(error.message).toContain('argument 2 is not UTF-8');
    await expect(run('pwd', { cwd: '/tmp/\udcff' })).rejects.toThrow('working directory is not UTF-8');
  });
});

describeOnce('An inherited variable that is not UTF-8', () => {
  const calls = {
    'run()': `await run('sh', show)`,
    'run() with a variable more': `await run('sh', show, { env: { MORE: '1' } })`,
    'run() with a cwd': `await run('sh', show, { cwd: '/' })`,
    'start()': `await start('sh', show, { env: { MORE: '1' } }).result`,
    'runSync()': `runSync('sh', show, { env: { MORE: '1' } })`,
    'pipeline()': `await pipeline([['sh', ...show], { file: 'cat', env: { M: '1' } }], { env: { N: '' } })`,
    'a terminal': `await run('sh', show, { pty: true })`,
    'a replaced process.env': `(process.env = { ...process.env, MORE: '1' }, await run('sh', show))`,
    'nested runs': `await run(process.execPath, [process.argv[1], 'inner'], { env: { MORE: '1' } })`,
  };
  it.each(Object.entries(calls))('arrives unchanged with %s', async (_, call) => {
    const script =
      call === calls['nested runs']
        ? `if (process.argv[2] === 'inner') { ${showV(calls['run()'])} } else { ${showV(call)} }`
        : showV(call);
    const { stdout, stderr } = await runNode(script, withVariables('V=a\\377b\\351'));
    expect(stderr).toBe('');
    expect(stdout).toBe('61 ff 62 e9\n');
  });

  it('arrives unchanged from a worker thread with runSync()', async () => {
    const script = `
      import { isMainThread, Worker } from 'node:worker_threads';
      if (isMainThread) new Worker(new URL(import.meta.url));
      else { ${showV(`runSync('sh', show)`)} }
    `;
    expect((await runNode(script, withVariables('V=a\\377b'))).stdout).toBe('61 ff 62\n');
  });

  it('may have such a name, too', async () => {
    const script = `
      const { stdout } = await run('env', { env: { MORE: '1' }, encoding: 'latin1' });
      console.log(JSON.stringify(stdout.split('\\n').filter((line) => line.endsWith('=it'))));
    `;
    expect((await runNode(script, withVariables('N\\377=it'))).stdout).toBe('["N\xff=it"]\n');
  });

  it('can be set, changed and removed by the program while it runs', async () => {
    const script = `
      const one = async (options) => (await run('sh', ['-c', 'printf %s "\${V-unset}"'], options)).stdout;
      process.env.V = 'ä';
      const set = [await one(), await one({ env: { MORE: '1' } })];
      delete process.env.V;
      console.log(...set, await one(), await one({ env: { MORE: '1' } }), await one({ env: { V: 'x' } }));
    `;
    expect((await runNode(script, withVariables('V=\\377'))).stdout).toBe('ä ä unset unset x\n');
  });

  it('is what a copy of process.env says, when the copy was there before Spillway', async () => {
    const copy = '{ ...process.env, V: "0" }';
    const copies = [copy, `Object.freeze(${copy.replace('0', '1')})`, `new Proxy(${copy}, {})`];
    for (const one of copies) {
      const program = `${scratchDirectory()}/copy.mjs`;
      const library = new URL('../../dist/index.js', import.meta.url).href;
      const text = `process.env = ${one}; const { run } = await import('${library}');
        if (!Object.isFrozen(process.env)) process.env.V = '1';
        const { stdout } = await run('printenv', ['V']);
        console.log(stdout, Object.getOwnPropertySymbols(process.env).length);`;
      writeFileSync(program, text);
      expect((await run(process.execPath, [program])).stdout).toBe('1 0');
    }
  });

  it('is found in PATH, in the unchanged environment and in a merged one', async () => {
    const directory = bytesOf(`${scratchDirectory()}/p\udcff`);
    mkdirSync(directory);
    writeFileSync(Buffer.concat([directory, Buffer.from('/prog')]), '#!/bin/sh\necho found\n', {
      mode: 0o755,
    });
    const script = `
      console.log((await run('prog')).stdout, (await run('prog', { env: { MORE: '1' } })).stdout);
      console.log(runSync('prog').stdout, (await pipeline([['prog'], ['cat']])).stdout);
    `;
    const path = `PATH=${scratchDirectory()}/p\\377:${process.env.PATH}`;
    const finished = await runNode(script, withVariables(path));
    expect(finished).toMatchObject({ stderr: '', stdout: 'found found\nfound found\n' });
  });

  it('that node:child_process cannot pass on is told once, by its name', async () => {
    const script = `
      process.on('warning', ({ name, message }) => console.log(name, message));
      await run('true');
      await run('true', { env: { MORE: '1' } });
    `;
    const { via = [] } = withVariables('V=\\377', 'N\\377=1');
    const { stdout } = await runNode(script, { via: [...via, 'env', 'SPILLWAY_BACKEND=node'] });
    expect(stdout).toMatch(/^SpillwayWarning .*UTF-8.* "V", "N\\udcff"; [^\n]*\n$/);
    const none = await runNode(script, { via: ['env', 'SPILLWAY_BACKEND=node', 'V=\ufffd'] });
    expect(none).toMatchObject({ stdout: '', stderr: '' });
  });
});

describeOnce('A working directory whose path is not UTF-8', () => {
  it('is where relative paths begin', async () => {
    const directory = `${scratchDirectory()}/w\udcff`;
    mkdirSync(bytesOf(directory));
    mkdirSync(bytesOf(`${directory}/sub`));
    writeFileSync(bytesOf(`${directory}/prog`), '#!/bin/sh\npwd | od -An -c\n', { mode: 0o755 });
    const script = `
      console.log((await run('./prog')).stdout);
      console.log((await run('./prog', { cwd: 'sub' })).stdout);
      console.log(runSync('./prog', { stdout: ['capture', { file: 'out' }] }).stdout);
    `;
    const via = ['sh', '-c', `cd "${scratchDirectory()}"/w* && exec "$@"`, 'sh'];
    const { stdout, stderr } = await runNode(script, { via });
    expect(stderr).toBe('');
    expect(stdout.match(/w 377/g)).toHaveLength(3);
    expect(readFileSync(bytesOf(`${directory}/out`), 'utf8')).toContain('377');
  });
});
