/** Targets and sources that fail, hang up or wait while the command does not notice. */
import { execFileSync } from 'node:child_process';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { WritableStream as WebWritable } from 'node:stream/web';
import { describe, expect, it } from 'vitest';
import { PipelineError, pipeline, RunError, run, runSync, start, startPipeline } from '../../src/index.js';
import { posixOnly } from '../helpers/backend.js';
import { errorOf } from '../helpers/errors.js';
import { checkForLeaks, scratchDirectory, until } from '../helpers/leaks.js';

checkForLeaks();

const posix = posixOnly('it needs posix_spawn');

/** Fails in the middle: the child must not take this for the end of its input. */
const BROKEN: [string, () => Readable | Iterable<string> | AsyncIterable<string> | ReadableStream][] = [
  ['a generator', () => broken()],
  ['an asynchronous generator', () => brokenLater()],
  ['a Readable', () => Readable.from(brokenLater())],
  ['a Readable that is destroyed', () => destroyedInTheMiddle()],
  ['a ReadableStream', () => Readable.toWeb(Readable.from(brokenLater())) as ReadableStream],
];

function* broken(): Generator<string> {
  yield 'half\n';
  throw new Error('the disk failed');
}

async function* brokenLater(): AsyncGenerator<string> {
  yield 'half\n';
  await new Promise((resolve) => setTimeout(resolve, 20));
  throw new Error('the disk failed');
}

function destroyedInTheMiddle(): Readable {
  const stream = new Readable({ read: () => {} });
  stream.push('half\n');
  setTimeout(() => stream.destroy(new Error('the disk failed')), 20);
  return stream;
}

describe('An input that breaks off', () => {
  it.each(BROKEN)('ends the command with its error: %s', async (_name, source) => {
    for (const option of ['input', 'stdin']) {
      const error = await errorOf(run('sh', ['-c', 'cat; sleep 1000'], { [option]: source() }), RunError);
      expect(error.message).toContain('the disk failed');
      expect(error.result).toMatchObject({ ok: false, reason: 'error' });
    }
    const child = start('cat', [], { input: source() as never });
    expect((await errorOf(child.result, RunError)).result.reason).toBe('error');
  });

  posix('ends a pipeline and a command on a terminal', async () => {
    for (const [, source] of BROKEN) {
      const wish = { input: source() as never };
      const error = await errorOf(pipeline([['cat'], ['cat']], wish), PipelineError);
      expect(error.message).toContain('the disk failed');
      const started = startPipeline([['cat'], ['cat']], { input: source() as never });
      expect((await errorOf(started.result, PipelineError)).result.reason).toBe('error');
      const typed = await errorOf(run('cat', { pty: true, input: source() as never }), RunError);
      expect(typed.message).toContain('the disk failed');
      expect(typed.result.reason).toBe('error');
    }
  });
});

describe('A named pipe that no process opens', () => {
  const fifo = () => {
    const path = join(scratchDirectory(), 'fifo');
    execFileSync('mkfifo', [path]);
    return path;
  };

  it('is left when the AbortSignal is aborted', async () => {
    const path = fifo();
    for (const options of [
      { stdin: { file: path } },
      { stdout: { file: path } },
      { stderr: { file: path } },
    ]) {
      const controller = new AbortController();
      const running = run('sh', ['-c', 'echo a; echo e >&2; cat'], { ...options, signal: controller.signal });
      setTimeout(() => controller.abort(), 50);
      expect((await errorOf(running, RunError)).code).toBe('ERR_RUN_ABORT');
    }
  });

  posix('is within the limits of a pipeline, of a terminal and of runSync', async () => {
    const file = fifo();
    const options = { timeout: 100, terminate: { grace: 50 }, check: false } as const;
    const reasons = [
      (await pipeline([['cat'], ['cat']], { ...options, stdin: { file } })).reason,
      (await pipeline([['echo', 'a'], ['cat']], { ...options, stdout: { file } })).reason,
      (await run('echo', ['a'], { ...options, pty: true, stdout: { file } })).reason,
      runSync('cat', { ...options, stdin: { file } }).reason,
      runSync('echo', ['a'], { ...options, stdout: { file } }).reason,
    ];
    expect(reasons).toEqual(Array(5).fill('timeout'));
  });
});

describe('A receiver', () => {
  it('of HTTP that hangs up ends the command, which is silent', async () => {
    let running: Promise<unknown> | undefined;
    const server = createServer((_request, response) => {
      running = errorOf(run('sh', ['-c', 'echo a; sleep 1000'], { stdout: response }), RunError);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const request = get({ port, host: '127.0.0.1' }, (response) => {
      response.once('data', () => request.destroy());
      response.on('error', () => {});
    });
    request.on('error', () => {});
    await until(() => running !== undefined);
    expect(await running).toMatchObject({ code: 'ERR_RUN_ERROR' });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('that calls back late has all, and one that calls back with an error ends the command', async () => {
    let taken = 0;
    const late = new Writable({
      write(chunk: Buffer, _encoding, done) {
        setTimeout(() => {
          taken += chunk.length;
          done();
        }, 20);
      },
    });
    await run('sh', ['-c', 'echo a; sleep 0.05; echo b'], { stdout: late });
    expect(taken).toBe(4);
    const failing = new Writable({
      write: (_chunk, _encoding, done) => void setTimeout(() => done(new Error('no room')), 20),
    });
    failing.on('error', () => {});
    const error = await errorOf(run('sh', ['-c', 'echo a; sleep 1000'], { stdout: failing }), RunError);
    expect(error.message).toContain('no room');
  });

  it('on a full disk ends a command that says no more', async () => {
    for (const targets of [
      ['capture', { file: '/dev/full' }],
      [{ file: '/dev/full' }, { tail: 10 }],
    ] as const) {
      const error = await errorOf(run('sh', ['-c', 'echo a; sleep 1000'], { stdout: targets }), RunError);
      expect(error.message).toContain('ENOSPC');
      expect(error.result.reason).toBe('error');
    }
  });

  it('of the web that is slow keeps the child waiting', async () => {
    let taken = 0;
    let most = 0;
    let received = 0;
    const slow = new WebWritable<Uint8Array>({
      async write(chunk) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        taken += chunk.length;
      },
    });
    const count = (chunk: Buffer) => {
      received += chunk.length;
      most = Math.max(most, received - taken);
    };
    const bytes = 20_000_000;
    await run('head', ['-c', String(bytes), '/dev/zero'], { stdout: [slow as never, count] });
    expect(taken).toBe(bytes);
    expect(most).toBeLessThan(3_000_000);
  });
});

describe('outputLimit', () => {
  posix('bounds runSync and a pipeline, in all and by stream', async () => {
    const both = 'head -c 1000 /dev/zero; head -c 1000 /dev/zero >&2; sleep 0.2';
    const options = { check: false } as const;
    for (const [outputLimit, reason] of [
      [1500, 'output-limit'],
      [{ stdout: 999 }, 'output-limit'],
      [{ stderr: 999 }, 'output-limit'],
      [{ stdout: 1000, stderr: 1000 }, 'exit'],
      [2000, 'exit'],
    ] as const) {
      expect(runSync('sh', ['-c', both], { ...options, outputLimit }).reason).toBe(reason);
      const piped = await pipeline([['sh', '-c', both], ['cat']], { ...options, outputLimit });
      expect(piped.reason).toBe(reason);
    }
  });
});

describe('The error of a failed command on a terminal', () => {
  posix('shows what it said last, though nothing kept it', async () => {
    const error = await errorOf(
      run('sh', ['-c', 'echo it cannot; exit 3'], { pty: true, stdout: () => {} }),
      RunError,
    );
    expect(error.message).toMatch(/exited with code 3 after .*\nstdout:\n {2}it cannot$/s);
    expect(error.result.stdout).toBe('it cannot');
  });
});
