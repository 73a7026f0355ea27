import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { RunError, run, start } from '../../src/index.js';
import { checkForLeaks, scratchDirectory, until } from '../helpers/leaks.js';
import { runNode } from '../helpers/programs.js';

checkForLeaks();

const text = Array.from({ length: 40_000 }, (_, i) => `line ${i}\n`).join('');

async function* generate(text: string) {
  for (let i = 0; i < text.length; i += 10_000) {
    const part = text.slice(i, i + 10_000);
    yield i % 20_000 === 0 ? part : Buffer.from(part);
  }
}

function webStream(text: string): ReadableStream<Uint8Array> {
  const bytes = Buffer.from(text);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.subarray(at, at + 10_000));
      at += 10_000;
    },
  });
}

describe('stdin of a child', () => {
  it.each([
    ['a string', () => text],
    ['bytes', () => Buffer.from(text)],
    ['a plain Uint8Array, of which it is a part', () => new Uint8Array(Buffer.from(`xx${text}`)).subarray(2)],
    ['a Readable', () => Readable.from(generate(text), { objectMode: false })],
    ['a Readable of strings', () => Readable.from([text.slice(0, 5), text.slice(5)])],
    ['an async generator', () => generate(text)],
    ['a web stream', () => webStream(text)],
  ])('is %s', async (_name, source) => {
    const { stdout } = await run('cat', { input: source() });
    expect(stdout === text.trimEnd()).toBe(true);
  });

  it('is a file', async () => {
    const file = join(scratchDirectory(), 'input');
    writeFileSync(file, text);
    expect((await run('cat', { stdin: { file } })).stdout === text.trimEnd()).toBe(true);
  });

  it.each([
    ['nothing by default', undefined],
    ['an empty string', ''],
    ['no bytes', new Uint8Array(0)],
    ['an empty generator', generate('')],
    ['an empty Readable', Readable.from([])],
  ] as const)('is %s', async (_name, stdin) => {
    expect((await run('wc', ['-c'], { input: stdin })).stdout.trim()).toBe('0');
  });

  it("is that of the program with 'inherit'", async () => {
    const finished = await runNode("console.log((await run('cat', { stdin: 'inherit' })).stdout)", {
      via: ['sh', '-c', 'echo from outside | "$@"', 'sh'],
    });
    expect(finished.stdout).toBe('from outside\n');
  });

  it("is written to with 'pipe' while the child runs", async () => {
    const child = start('cat', { stdin: 'pipe' });
    const lines = child.stdout.lines();
    for (const word of ['one', 'two', 'three']) {
      child.stdin.write(`${word}\n`);
      expect((await lines.next()).value).toBe(word);
    }
    child.stdin.end();
    expect((await lines.next()).done).toBe(true);
    expect((await child.result).ok).toBe(true);
  });

  it('takes 5 MB that the child echoes', async () => {
    const stdin = Buffer.alloc(5_000_000);
    for (let i = 0; i < stdin.length; i++) stdin[i] = (i * 7) % 251;
    const { stdout } = await run('cat', { stdin, encoding: 'buffer' });
    expect(stdout.equals(stdin)).toBe(true);
  });

  it.each([1, 65_535, 65_536, 65_537])(
    'takes %i bytes, at the edge of the capacity of a pipe',
    async (count) => {
      expect((await run('wc', ['-c'], { input: Buffer.alloc(count) })).stdout.trim()).toBe(String(count));
    },
  );
});

describe('stdin that the child does not read', () => {
  it.each([
    ['bytes', () => Buffer.alloc(32 * 1024 * 1024)],
    ['a string', () => 'x'.repeat(32 * 1024 * 1024)],
    ['a generator', () => generate('x'.repeat(32 * 1024 * 1024))],
  ])('is no error: 32 MiB of %s to true', async (_name, source) => {
    const result = await run('true', { input: source() });
    expect(result).toMatchObject({ ok: true, exitCode: 0 });
  });

  it('may be closed by a child that lives on', async () => {
    const result = await run('sh', ['-c', 'exec <&-; sleep 0.2; echo alive'], { input: text });
    expect(result.stdout).toBe('alive');
  });

  it("with 'pipe' gives its writer no error", async () => {
    const child = start('true', { stdin: 'pipe' });
    await until(() => !child.running);
    for (let i = 0; i < 10; i++) child.stdin.write('x'.repeat(100_000));
    child.stdin.end('more');
    expect((await child.result).ok).toBe(true);
  });

  it('makes its source wait', async () => {
    let pulled = 0;
    async function* endless() {
      try {
        for (;;) {
          pulled += 10_000;
          yield Buffer.alloc(10_000);
        }
      } finally {
        pulled = -pulled;
      }
    }
    const child = start('sleep', ['20'], { stdin: endless(), check: false });
    // As much as the pipe holds, and one more that waits.
    await until(() => pulled >= 60_000);
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(pulled).toBeLessThan(200_000);
    child.kill();
    await child.result;
    await until(() => pulled < 0);
  });

  it('ends its source when the child exits: a generator, a Readable, an iterator', async () => {
    let ended = '';
    async function* endless() {
      try {
        for (;;) yield Buffer.alloc(10_000);
      } finally {
        ended += 'generator ';
      }
    }
    await run('true', { stdin: endless() });
    await until(() => ended === 'generator ');

    const readable = Readable.from(endless(), { objectMode: false });
    await run('head', ['-c', '5'], { stdin: readable });
    await until(() => readable.destroyed);
    expect(readable.errored).toBeNull();
  });

  it('does not make the result wait for a source that never delivers', async () => {
    const silent: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }),
    };
    expect((await run('echo', ['done'], { stdin: silent })).stdout).toBe('done');
    const readable = new Readable({ read() {} });
    expect((await run('echo', ['done'], { stdin: readable })).stdout).toBe('done');
    await until(() => readable.destroyed);
    async function* stuck() {
      await new Promise(() => {});
      yield '';
    }
    expect((await run('echo', ['done'], { stdin: stuck() })).stdout).toBe('done');
  });
});

describe('A source of stdin', () => {
  it('that throws ends the child, with its error as the cause', async () => {
    async function* failing() {
      yield 'some';
      throw new Error('the source has dried up');
    }
    const error = await run('cat', { stdin: failing(), check: false }).catch((e) => e);
    expect(error).toBeInstanceOf(RunError);
    expect(error.cause).toMatchObject({ message: 'the source has dried up' });
    expect(error.message).toContain('the source has dried up');
    expect(error.result.reason).toBe('error');
  });

  it('that fails is reported when the child exits at once with its input', async () => {
    for (let i = 0; i < 50; i++) {
      const readable = new Readable({
        read() {
          this.push('x');
          this.destroy(new Error('the source has dried up'));
        },
      });
      const error = await run('cat', { stdin: readable }).catch((e) => e);
      expect(error).toBeInstanceOf(RunError);
      expect(error.cause).toMatchObject({ message: 'the source has dried up' });
    }
  });

  it.each([
    [5, 'number'],
    [null, 'null'],
    [{}, 'object'],
  ])('that yields %j is an error', async (value, type) => {
    let closed = false;
    async function* wrong() {
      try {
        yield 'good ';
        yield value as string;
        yield 'never';
      } finally {
        closed = true;
      }
    }
    const error = await run('cat', { stdin: wrong() }).catch((e) => e);
    expect(error).toBeInstanceOf(RunError);
    expect(error.cause).toBeInstanceOf(TypeError);
    expect(error.message).toContain(`stdin gave ${type}`);
    await until(() => closed);
  });
});
