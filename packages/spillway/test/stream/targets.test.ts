import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { RunError, run, start } from '../../src/index.js';
import { backend } from '../helpers/backend.js';
import { checkForLeaks, openDescriptors, scratchDirectory, until } from '../helpers/leaks.js';
import { untilItWaits } from '../helpers/processes.js';
import { runNode } from '../helpers/programs.js';

checkForLeaks();

const at = (name: string) => join(scratchDirectory(), name);
const read = (name: string) => readFileSync(at(name), 'utf8');

/**
 * A pipe holds 64 KiB, one read takes as many, and one chunk more may wait in a queue. A socket holds more,
 * and Node reads ahead.
 */
const MOST_IN_FLIGHT = backend === 'posix' ? 4 * 65_536 : 1024 * 1024;

describe('A file as target', () => {
  it('is emptied first, or appended to', async () => {
    writeFileSync(at('log'), 'what was there before\n');
    await run('echo', ['first'], { stdout: { file: at('log') } });
    expect(read('log')).toBe('first\n');
    await run('echo', ['second'], { stdout: { file: pathToFileURL(at('log')), append: true } });
    expect(read('log')).toBe('first\nsecond\n');
  });

  it('alone leaves the result without output', async () => {
    const result = await run('sh', ['-c', 'echo out; echo err >&2'], { stdout: { file: at('log') } });
    expect(result.stdout).toBeUndefined();
    expect(result.stderr).toBe('err');
  });

  const both = 'for i in 1 2 3; do echo out $i; echo err $i >&2; done';
  const all = ['err 1', 'err 2', 'err 3', 'out 1', 'out 2', 'out 3'];

  it('takes both streams in order', async () => {
    await run('sh', ['-c', both], { stdout: { file: at('log') }, stderr: { file: at('log') } });
    expect(read('log')).toBe('out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n');
  });

  it.each([
    ['among other targets of both', true, true],
    ['among other targets of stdout', true, false],
    ['among other targets of stderr', false, true],
  ])('takes both streams whole %s', async (_name, listOut, listErr) => {
    const file = { file: at('log') };
    await run('sh', ['-c', both], {
      stdout: listOut ? ['capture', file] : file,
      stderr: listErr ? ['capture', file] : file,
    });
    expect(read('log').trimEnd().split('\n').sort()).toEqual(all);
  });

  it('among other targets is closed when the result is there', async () => {
    const before = [...openDescriptors()];
    for (let i = 0; i < 20; i++) {
      await run('echo', ['x'], { stdout: ['capture', { file: at('log') }] });
      expect([...openDescriptors()]).toEqual(before);
    }
  });

  it('that cannot be written ends the child with an error', async () => {
    const error = await run('yes', { stdout: ['capture', { file: '/dev/full' }] }).catch((e) => e);
    expect(error).toBeInstanceOf(RunError);
    expect(error.cause.code).toBe('ENOSPC');
    expect(error.result.reason).toBe('error');
  });
});

describe('Several targets', () => {
  it('get the same bytes', async () => {
    const chunks: Buffer[] = [];
    const stream = new PassThrough({ highWaterMark: 1000 });
    const piped = stream.toArray();
    const keep = (chunk: Buffer) => {
      chunks.push(chunk);
      return chunks.length % 3 ? undefined : new Promise((resolve) => setTimeout(resolve, 1));
    };
    const result = await run('seq', ['1', '200000'], {
      stdout: ['capture', { file: at('log') }, keep, stream],
    });
    stream.end();
    const wanted = await result.output.stdout.text();
    expect(wanted.startsWith('1\n2\n3\n') && wanted.endsWith('199999\n200000\n')).toBe(true);
    expect(wanted.length).toBe(1_288_895);
    expect(read('log') === wanted).toBe(true);
    expect(Buffer.concat(chunks).toString() === wanted).toBe(true);
    expect(Buffer.concat((await piped) as Buffer[]).toString() === wanted).toBe(true);
  });
});

describe('A function as target', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('no more');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no more'))],
  ])('that %s ends the child with its error as the cause, whatever check says', async (_name, refuse) => {
    for (const check of [true, false]) {
      const error = await run('yes', { stdout: [refuse, 'capture'], check }).catch((e) => e);
      expect(error).toBeInstanceOf(RunError);
      expect(error.cause).toMatchObject({ message: 'no more' });
      expect(error.message).toContain('no more');
      expect(error.result).toMatchObject({ reason: 'error', ok: false });
      expect(error.result.stdout.slice(0, 4)).toBe('y\ny\n');
    }
  });

  it('that is slow keeps the child waiting, and holds little in memory', async () => {
    let release = () => {};
    let seen = 0;
    const slow = (chunk: Buffer) => {
      seen += chunk.length;
      if (seen > chunk.length) return undefined;
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    };
    const child = start('head', ['-c', '10000000', '/dev/zero'], { stdout: slow });
    expect(await untilItWaits(child.pid)).toBeLessThan(MOST_IN_FLIGHT);
    release();
    await child.result;
    expect(seen).toBe(10_000_000);
  });

  it('that is busy at the exit of the child gets all that is left in the pipe', async () => {
    let release = () => {};
    const chunks: Buffer[] = [];
    const slow = (chunk: Buffer) => {
      chunks.push(chunk);
      return chunks.length > 1 ? undefined : new Promise<void>((resolve) => (release = resolve));
    };
    const [last, capacity] = backend === 'posix' ? [100_000, { pipeCapacity: 1024 * 1024 }] : [20_000, {}];
    const options = { stdout: [slow, 'capture'], ...capacity } as const;
    const child = start('sh', ['-c', `echo first; exec seq 1 ${last}`], options);
    await until(() => chunks.length === 1 && !child.running);
    // Others use the buffers that this one has read into.
    await Promise.all(Array.from({ length: 5 }, () => run('head', ['-c', '300000', '/dev/zero'])));
    release();
    const wanted = `first\n${Array.from({ length: last }, (_, i) => `${i + 1}\n`).join('')}`;
    expect((await (await child.result).output.stdout.text()) === wanted).toBe(true);
    expect(Buffer.concat(chunks).toString() === wanted).toBe(true);
  });

  it('gets chunks that it may keep', async () => {
    const kept: Buffer[] = [];
    await run('seq', ['1', '100000'], { stdout: (chunk) => kept.push(chunk) && undefined });
    const wanted = Array.from({ length: 100_000 }, (_, i) => `${i + 1}\n`).join('');
    expect(Buffer.concat(kept).toString() === wanted).toBe(true);
  });
});

describe('A Writable as target', () => {
  it('is not ended, and keeps no listener', async () => {
    const stream = new PassThrough();
    const listeners = stream.eventNames().map((name) => [name, stream.listenerCount(name)]);
    for (let i = 0; i < 20; i++) await run('echo', [String(i)], { stdout: stream, stderr: stream });
    expect(stream.writable).toBe(true);
    expect(stream.eventNames().map((name) => [name, stream.listenerCount(name)])).toEqual(listeners);
    expect(stream.read().toString()).toBe(Array.from({ length: 20 }, (_, i) => `${i}\n`).join(''));
  });

  it('that is slow keeps the child waiting', async () => {
    const waiting: (() => void)[] = [];
    let taken = 0;
    let open = false;
    const stream = new Writable({
      highWaterMark: 1,
      write(chunk: Buffer, _encoding, done) {
        taken += chunk.length;
        if (open) done();
        else waiting.push(done);
      },
    });
    const child = start('head', ['-c', '10000000', '/dev/zero'], { stdout: stream });
    expect(await untilItWaits(child.pid)).toBeLessThan(MOST_IN_FLIGHT);
    open = true;
    for (const done of waiting) done();
    await child.result;
    expect(taken).toBe(10_000_000);
  });

  it.each([
    [
      'fails',
      (_chunk: unknown, done: (error?: Error) => void, _stream: Writable) => done(new Error('broken')),
    ],
    [
      'is destroyed',
      (_chunk: unknown, _done: unknown, stream: Writable) => void stream.destroy(new Error('broken')),
    ],
  ])('that %s ends the child with its error as the cause', async (_name, write) => {
    const stream = new Writable({
      write(chunk, _encoding, done) {
        write(chunk, done, this);
      },
    });
    const error = await run('yes', { stdout: stream }).catch((e) => e);
    expect(error).toBeInstanceOf(RunError);
    expect(error.cause).toMatchObject({ message: 'broken' });
    expect(error.result.reason).toBe('error');
  });

  it('that is closed before it has taken all is an error', async () => {
    const stream = new Writable({
      write() {
        this.destroy();
      },
    });
    const error = await run('yes', { stdout: stream }).catch((e) => e);
    expect(error).toBeInstanceOf(RunError);
    expect(error.result.reason).toBe('error');
  });
});

describe('A target { tail }', () => {
  it.each([
    [1, 1_288_894],
    [100, 1_288_795],
    [100_000, 1_188_895],
    [2_000_000, 0],
  ])('keeps the last %i bytes and counts those before them', async (tail, omitted) => {
    const result = await run('seq', ['1', '200000'], { stdout: { tail } });
    const all = Array.from({ length: 200_000 }, (_, i) => `${i + 1}\n`).join('');
    expect((await result.output.stdout.text()) === all.slice(-tail)).toBe(true);
    expect(result.output.stdout.omitted).toBe(omitted);
  });

  it('is what an error shows', async () => {
    const script = 'seq 1 100000 >&2; echo the very last >&2; exit 1';
    const error = await run('sh', ['-c', script], { stderr: { tail: 100 } }).catch((e) => e);
    expect(error.message).toMatch(/100000\n {2}the very last$/);
  });
});

describe("A target 'inherit'", () => {
  it.each([
    ['alone', "'inherit'"],
    ['among others', "['inherit', 'capture']"],
  ])('writes to the streams of the program, %s', async (_name, target) => {
    const finished = await runNode(`
      const script = 'seq 1 30000; seq 1 30000 >&2';
      const result = await run('sh', ['-c', script], { stdout: ${target}, stderr: ${target} });
      const size = result.output.stdout?.size ?? 168894;
      if (size !== 168894) process.exitCode = 1;
    `);
    const wanted = Array.from({ length: 30_000 }, (_, i) => `${i + 1}\n`).join('');
    expect(finished.stdout === wanted).toBe(true);
    expect(finished.stderr === wanted).toBe(true);
    expect(finished.code).toBe(0);
  });
});
