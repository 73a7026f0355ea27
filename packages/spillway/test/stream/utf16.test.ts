/** The encoding `utf16le`: a line end is two bytes, and either may be half of another character. */
import { describe, expect, it } from 'vitest';
import { run, runSync, start } from '../../src/index.js';
import { LineSplitter } from '../../src/stream/reading/line-splitter.js';
import { backend } from '../helpers/backend.js';
import { checkForLeaks } from '../helpers/leaks.js';

checkForLeaks();

/** U+0A00, U+0D0A and U+000A share bytes with line ends; 😀 is two code units. */
const LINES = ['plain', 'ਊ ഊ Ċ ਀', '😀😀', '', 'ä\ud83d', 'last'];
const TEXT = LINES.map((line) => `${line}\n`).join('');

/** Writes the bytes in pieces of so many, with a pause between them. */
function writing(text: string | Buffer, piece: number): [string, string[]] {
  const script = `
    const bytes = Buffer.from(process.argv[1], 'hex');
    const next = (at) => at < bytes.length &&
      process.stdout.write(bytes.subarray(at, at + ${piece}), () => setTimeout(next, 2, at + ${piece}));
    next(0);`;
  const bytes = typeof text === 'string' ? Buffer.from(text, 'utf16le') : text;
  return [process.execPath, ['-e', script, bytes.toString('hex')]];
}

const utf16 = { encoding: 'utf16le' } as const;

describe('encoding: utf16le', () => {
  it('decodes what was captured, also where it ends within a character', async () => {
    const { stdout, output } = await run(...writing(TEXT, 3), utf16);
    expect(stdout).toBe(TEXT.slice(0, -1));
    expect(await output.stdout.text()).toBe(TEXT);
    expect((await run('printf', ['a\\0b'], utf16)).stdout).toBe('a\ufffd');
    expect((await run('printf', ['a'], utf16)).stdout).toBe('\ufffd');
  });

  it('splits lines at any address', () => {
    const memory = Buffer.alloc(2 * TEXT.length + 1);
    const bytes = memory.subarray(1);
    bytes.write(TEXT, 'utf16le');
    for (let cut = 0; cut <= bytes.length; cut++) {
      const splitter = new LineSplitter('utf16le');
      const [head, tail] = [bytes.subarray(0, cut), bytes.subarray(cut)];
      expect([...splitter.push(head), ...splitter.push(tail), ...splitter.finish()]).toEqual(LINES);
    }
  });

  it.each([1, 3, 7, 1000])('gives lines of a running child that writes %d bytes at a time', async (piece) => {
    const child = start(...writing(TEXT, piece), { ...utf16, stdout: 'stream' });
    const lines: string[] = [];
    for await (const line of child.stdout.lines()) lines.push(line);
    expect(lines).toEqual(LINES);
  });

  it.each([1, 3, 1000])('knows all line ends, %d bytes at a time', async (piece) => {
    const child = start(...writing('a\r\nb\rc\n\r\rd', piece), utf16);
    const lines: string[] = [];
    for await (const line of child.stdout.lines({ ends: 'any' })) lines.push(line);
    expect(lines).toEqual(['a', 'b', 'c', '', '', 'd']);
  });

  it('finds a line, and gives what follows to the next reader', async () => {
    const child = start(...writing(TEXT, 1), utf16);
    expect(await child.stdout.until('ഊ')).toBe(LINES[1]);
    const rest: string[] = [];
    for await (const line of child.stdout.lines()) rest.push(line);
    expect(rest).toEqual(LINES.slice(2));
  });

  it('labels the lines of both streams', async () => {
    const [file, args] = writing('a\nb', 1);
    const child = start('sh', ['-c', '"$@" >&2', 'sh', file, ...args], utf16);
    const lines: string[] = [];
    for await (const { stream, line } of child.lines()) lines.push(`${stream} ${line}`);
    expect(lines).toEqual(['stderr a', 'stderr b']);
  });

  it('bounds the length of a line in bytes', async () => {
    const child = start(...writing(`${'x'.repeat(20)}\ny`, 7), { ...utf16, check: false });
    const read = async () => {
      for await (const _ of child.stdout.lines({ maxLength: 39 }));
    };
    await expect(read()).rejects.toMatchObject({ code: 'ERR_LINE_TOO_LONG' });
    const other = start(...writing(`${'x'.repeat(20)}\ny`, 7), utf16);
    const lines: string[] = [];
    for await (const line of other.stdout.lines({ maxLength: 40 })) lines.push(line);
    expect(lines).toEqual(['x'.repeat(20), 'y']);
  });

  it('begins a tail, and the last words of an error, with a whole character', async () => {
    const tail = { ...utf16, stdout: { tail: 5 } } as const;
    expect((await run(...writing('abcd', 1), tail)).stdout).toBe('cd');
    const [file, args] = writing(`${'é'.repeat(3000)}\nthe end`, 1001);
    const failing = ['-c', 'printf x >&2; "$@" >&2; exit 3', 'sh', file, ...args];
    const error = await run('sh', failing, { ...utf16, stderr: { tail: 4095 } }).catch((e) => e);
    // The x put all that follows out of step, for which the decoder cannot be blamed.
    expect(error.result.output.stderr.size % 2).toBe(1);
    const whole = await run('sh', ['-c', '"$@" >&2; exit 3', 'sh', file, ...args], utf16).catch((e) => e);
    expect(whole.message).toMatch(/é{1900}\n {2}the end$/);
    expect(whole.stderr).toMatch(/^é{3000}\nthe end$/);
  });

  it.skipIf(backend === 'node')('is the same in runSync()', () => {
    expect(runSync(...writing(TEXT, 1), utf16).stdout).toBe(TEXT.slice(0, -1));
  });
});
