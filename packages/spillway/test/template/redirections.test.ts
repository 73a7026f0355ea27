/** Redirections and pipes of a template do what they do in a shell. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { $, PipelineError, PipelineResult } from '../../src/index.js';
import { backend, posixOnly } from '../helpers/backend.js';
import { checkForLeaks, scratchDirectory } from '../helpers/leaks.js';
import { templateOf } from '../helpers/templates.js';

checkForLeaks();

const NEEDS_PIPES = 'its commands need pipes';
const both = "sh -c 'echo out; echo err >&2'";
/** What a directory has after a line, and what the line has written. */
interface Trace {
  readonly stdout: string;
  readonly stderr: string;
  readonly files: Readonly<Record<string, string>>;
}

function prepared(name: string): string {
  const directory = join(scratchDirectory(), name);
  mkdirSync(directory);
  writeFileSync(join(directory, 'in'), 'b\na\nc\n');
  writeFileSync(join(directory, 'old'), 'old\n');
  return directory;
}

function filesOf(directory: string): Record<string, string> {
  const names = readdirSync(directory).sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(directory, name), 'utf8')]));
}

async function byTemplate(line: string): Promise<Trace> {
  const cwd = prepared('ours');
  const { output, stages, stderr } = await $({ cwd })(templateOf(line));
  const all = stages ? stages.map((stage) => stage.stderr ?? '') : [stderr ?? ''];
  const stdout = (await output.stdout?.text()) ?? '';
  return { stdout, stderr: all.filter((text) => text !== '').join('\n'), files: filesOf(cwd) };
}

function byShell(line: string): Trace {
  const cwd = prepared('theirs');
  const script = `{ ${line.replaceAll('&>>', '>>both 2>&1 #').replaceAll('&>', '>both 2>&1 #')}\n} 2>../err`;
  const stdout = execFileSync('sh', ['-c', script], { cwd, encoding: 'utf8' });
  const stderr = readFileSync(join(scratchDirectory(), 'err'), 'utf8').trimEnd();
  return { stdout, stderr, files: filesOf(cwd) };
}

describe('A redirection', () => {
  it.each([
    'cat < in',
    'cat <in',
    '< in cat',
    'cat 0< in',
    'echo a > new',
    'echo a >new',
    'echo a 1> new',
    'echo a > old',
    'echo a >> old',
    'echo a >> new',
    'echo a 1>>old',
    '> new echo a b',
    'echo > new a b',
    `${both} 2> new`,
    `${both} 2>new`,
    `${both} 2>> old`,
    `${both} > new 2> other`,
    `${both} 2> other > new`,
    `${both} > new 2>&1`,
    `${both} > old 2>&1`,
    `${both} >> old 2>&1`,
    `${both} 2>&1`,
    `${both} > /dev/null`,
    `${both} > /dev/null 2>&1`,
    `${both} &> both`,
    `${both} &>> both`,
    'sort < in > new',
    'echo 2 > new',
    'echo a2>new',
    "echo 'a'2>new",
    'echo a\\ 2>new',
    'echo a\\\\ 2>new',
    'echo a\\\n2>new',
    'echo a \\\n2>new',
    'echo a\\ #b c#d ""#e',
    'echo a 2\\>b',
    "echo a > 'a new file'",
    'echo a > "a b"\\ c',
    'echo a>new',
  ])('does what it does in a shell: %s', async (line) => {
    expect(await byTemplate(line)).toEqual(byShell(line));
  });

  it('to a file is relative to the directory of the command, and so is its program', async () => {
    const cwd = prepared('app');
    writeFileSync(join(cwd, 'build.sh'), '#!/bin/sh\npwd\necho "$0"\n', { mode: 0o755 });
    await $({ cwd })`./build.sh > log`;
    expect(readFileSync(join(cwd, 'log'), 'utf8')).toContain(`${cwd}\n`);
    await $({ cwd: pathToFileURL(cwd) })`sort < in > ${'sorted file'}`;
    expect(readFileSync(join(cwd, 'sorted file'), 'utf8')).toBe('a\nb\nc\n');
    expect(await $({ cwd })`../app/build.sh`.text()).toContain(cwd);
  });

  it('takes a path as a value, whatever is in it', async () => {
    const path = join(scratchDirectory(), "it's; a $file > *");
    await $`echo a > ${path}`;
    await $`echo b >> ${pathToFileURL(path)}`;
    expect(await $`cat < ${path}`.text()).toBe('a\nb');
    await $`echo c > ${scratchDirectory()}/${'c d'}`;
    expect(readFileSync(join(scratchDirectory(), 'c d'), 'utf8')).toBe('c\n');
  });

  it('takes data as a value after <', async () => {
    expect(await $`cat < ${Buffer.from('bytes')}`.text()).toBe('bytes');
    expect(await $`cat < ${Readable.from(['a', 'stream'])}`.text()).toBe('astream');
    expect(await $`cat < ${new Blob(['blob'])}`.text()).toBe('blob');
    const path = join(scratchDirectory(), 'data');
    writeFileSync(path, 'file');
    expect(await $`cat < ${{ file: path }}`.text()).toBe('file');
    const handle = await open(path);
    expect(await $`cat < ${handle}`.text()).toBe('file');
    await handle.close();
    async function* pieces() {
      yield 'made';
    }
    expect(await $`cat < ${pieces()}`.text()).toBe('made');
  });

  it('takes a stream, a function or a descriptor as a value after >', async () => {
    const chunks: string[] = [];
    await $`echo a > ${(chunk: Buffer) => chunks.push(chunk.toString())}`;
    expect(chunks.join('')).toBe('a\n');
    const stream = new PassThrough();
    await $`sh -c 'echo b >&2' 2> ${stream}`;
    stream.end();
    expect(Buffer.concat(await stream.toArray()).toString()).toBe('b\n');
    const path = join(scratchDirectory(), 'out');
    const handle = await open(path, 'w');
    await $`echo c > ${handle}`;
    await handle.close();
    expect(readFileSync(path, 'utf8')).toBe('c\n');
  });

  it('stands for an option that is a word, and excludes any other', async () => {
    const path = join(scratchDirectory(), 'out');
    await $({
      stdout: 'inherit',
      stdin: 'inherit',
      stderr: 'stdout',
    })`sh -c 'cat; echo a; echo b >&2' > ${path} 2> ${`${path}2`} < /dev/null`;
    expect(readFileSync(path, 'utf8')).toBe('a\n');
    expect(readFileSync(`${path}2`, 'utf8')).toBe('b\n');
    expect(() => $({ input: 'data' })`cat < ${path}`).toThrow(
      `input cannot be combined with the template's "<"`,
    );
    expect(() => $({ stdin: Readable.from([]) })`cat < ${path}`).toThrow('stdin cannot be combined');
    expect(() => $({ stdout: { file: path } })`echo a > ${path}`).toThrow('stdout cannot be combined');
    expect(() => $({ stderr: () => {} })`echo a 2> ${path}`).toThrow('stderr cannot be combined');
  });

  it('to a file that cannot be opened is an error before the start', async () => {
    const error = await $`echo a > /nowhere/file`.then(
      () => undefined,
      (reason) => reason,
    );
    expect(error).toMatchObject({ name: 'StartError', code: 'ENOENT', subject: 'file' });
    await expect($`echo a > ${''}`).rejects.toThrow('stdout.file');
  });
});

describe('A pipe', () => {
  const lines = [
    'sort in | head -n 1',
    'sort < in | cat > new',
    'sort < in|cat>new',
    `${both} 2>&1 | cat`,
    `${both} | cat`,
    `${both} 2> new | cat`,
    `echo a | ${both} 2> new`,
    'cat in |\n  sort |\n\n sort -r',
    'cat in | tr a-z A-Z | sort -r | cat >> old',
  ];
  for (const line of lines)
    posixOnly(NEEDS_PIPES)(`does what it does in a shell: ${line.replaceAll('\n', '\\n')}`, async () => {
      expect(await byTemplate(line)).toEqual(byShell(line));
    });

  posixOnly(NEEDS_PIPES)('is one of the kernel, and the pipeline has one result', async () => {
    const result = await $`seq 1 100000 | sh -c 'readlink /proc/self/fd/0 >&2; cat' | tail -n ${1}`;
    expect(result).toBeInstanceOf(PipelineResult);
    expect(result.stdout).toBe('100000');
    expect(result.stages?.map(({ file }) => file)).toEqual(['seq', 'sh', 'tail']);
    expect(result.stages?.[1]?.stderr).toMatch(/^pipe:/);
  });

  posixOnly(NEEDS_PIPES)('fails with the first command that fails', async () => {
    const error = await $`sh -c 'echo why >&2; exit 3' | cat`.catch((reason) => reason);
    expect(error).toBeInstanceOf(PipelineError);
    expect(error.result.exitCode).toBe(3);
    expect(error.message).toContain('why');
    expect((await $({ check: false })`false | cat`).decidedBy).toBe(0);
    expect(await $`yes | head -n 1`.text()).toBe('y');
    await expect($`echo a | spillway-no-such-program`).rejects.toThrow('command 2 of');
  });

  posixOnly(NEEDS_PIPES)('carries values and options', async () => {
    const options = { input: 'b\na\n', env: { LC_ALL: 'C' }, encoding: 'buffer' } as const;
    expect((await $(options)`sort | cat`).stdout).toEqual(Buffer.from('a\nb\n'));
    expect(await $`echo ${'a | b'} | cat`.text()).toBe('a | b');
  });

  if (backend === 'node')
    it('needs pipes of the kernel, and the error says so', async () => {
      await expect($`echo a | cat`).rejects.toMatchObject({ code: 'ENOTSUP' });
    });
});
