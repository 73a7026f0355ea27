import { execFileSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { RunError, run, runSync, type SyncRunOptions, start } from '../../src/index.js';
import { backend } from '../helpers/backend.js';
import { checkForLeaks, scratchDirectory } from '../helpers/leaks.js';
import { runNode } from '../helpers/programs.js';

checkForLeaks();

/** There is no synchronous call on node:child_process. */
const blocking = async (file: string, args: string[], options: SyncRunOptions) =>
  backend === 'posix' ? runSync(file, args, options) : run(file, args, options);

const at = (name: string) => join(scratchDirectory(), name);

describe('A receiver that calls no callback', () => {
  it('has taken what it does not refuse', async () => {
    let seen = '';
    const own = process.stdout.write;
    process.stdout.write = (chunk: unknown) => {
      seen += chunk;
      return true;
    };
    try {
      const { stdout } = await run('echo', ['hi'], { stdout: ['capture', 'inherit'] });
      expect(stdout).toBe('hi');
    } finally {
      process.stdout.write = own;
    }
    expect(seen).toBe('hi\n');
  });

  it('goes on at drain', async () => {
    let size = 0;
    const stream = new PassThrough();
    stream.write = (chunk: Buffer) => {
      size += chunk.length;
      setImmediate(() => stream.emit('drain'));
      return false;
    };
    await run('head', ['-c', '300000', '/dev/zero'], { stdout: stream });
    expect(size).toBe(300_000);
  });

  it('may be an object with write and on alone', async () => {
    let text = '';
    const plain = {
      on: () => {},
      write: (chunk: Buffer) => {
        text += chunk;
      },
    };
    await run('echo', ['hi'], { stdout: plain as unknown as Writable });
    expect(text).toBe('hi\n');
  });
});

describe('A receiver that has gone', () => {
  it.each([
    ['is destroyed', (stream: Writable) => stream.destroy()],
    ['fails', (stream: Writable) => stream.destroy(new Error('cable cut'))],
  ])('and %s while the child is silent ends the run', async (_name, act) => {
    const stream = new PassThrough();
    stream.on('error', () => {});
    const child = start('sleep', ['100'], { stdout: stream });
    setImmediate(() => act(stream));
    const error = await child.result.catch((e) => e);
    expect(error).toBeInstanceOf(RunError);
    expect(error.result.reason).toBe('error');
  });

  it('because its owner has ended it is no error with nothing to write, and one with output', async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done() });
    stream.end();
    expect((await run('true', { stdout: stream })).ok).toBe(true);
    const error = await run('echo', ['hi'], { stdout: stream }).catch((e) => e);
    expect(error.message).toContain('write after end');
  });
});

describe('A web stream as target', () => {
  it('gets both streams, stays open and is unlocked at the end', async () => {
    let size = 0;
    const stream = new WritableStream({
      write: (chunk: Uint8Array) => {
        size += chunk.length;
      },
    });
    await run('sh', ['-c', 'echo out; echo err >&2'], { stdout: stream, stderr: stream });
    expect(size).toBe(8);
    expect(stream.locked).toBe(false);
  });
});

describe('A descriptor of the caller', () => {
  it('is written at its position, by the child or from a list, and stays open', async () => {
    const fd = openSync(at('log'), 'w');
    const handle = await open(at('handle'), 'w');
    await run('echo', ['one'], { stdout: fd });
    await run('echo', ['two'], { stdout: [fd, 'capture'] });
    await blocking('echo', ['three'], { stdout: [fd, 'capture'] });
    await blocking('echo', ['four'], { stdout: fd });
    await run('echo', ['five'], { stdout: handle });
    await run('echo', ['six'], { stdout: [handle, 'capture'] });
    closeSync(fd);
    await handle.close();
    expect(readFileSync(at('log'), 'utf8')).toBe('one\ntwo\nthree\nfour\n');
    expect(readFileSync(at('handle'), 'utf8')).toBe('five\nsix\n');
  });

  it('is read', async () => {
    writeFileSync(at('in'), 'from file');
    const fd = openSync(at('in'), 'r');
    const handle = await open(at('in'), 'r');
    expect((await run('cat', { stdin: fd })).stdout).toBe('from file');
    expect((await blocking('cat', [], { stdin: handle })).stdout).toBe('from file');
    closeSync(fd);
    await handle.close();
    await expect(run('cat', { stdin: fd + 500 })).rejects.toMatchObject({ code: 'EBADF' });
    await expect(run('cat', { stdout: handle })).rejects.toMatchObject({ code: 'EBADF' });
    await expect(run('cat', { stdin: -1 })).rejects.toThrow(/open descriptor/);
  });
});

describe('Data for stdin', () => {
  it.each([
    ['a DataView', () => new DataView(new TextEncoder().encode('ab').buffer)],
    ['an ArrayBuffer', () => new TextEncoder().encode('ab').buffer],
    ['an array', () => ['a', Buffer.from('b')]],
    ['a Set', () => new Set(['a', 'b'])],
    ['a Blob', () => new Blob(['a', 'b'])],
    ['bytes of another realm', () => runInNewContext('new Uint8Array([97, 98])')],
    ['a stream that is older than Readable', oldStream],
  ])('may be %s', async (_name, make) => {
    expect((await run('cat', { input: make() as never })).stdout).toBe('ab');
  });

  it('is no keyword, and comes from one place', async () => {
    expect((await run('cat', { input: 'inherit' })).stdout).toBe('inherit');
    await expect(run('cat', { stdin: 'text' as 'ignore' })).rejects.toThrow('given as input');
    await expect(run('cat', { input: 'x', stdin: 'ignore' })).rejects.toThrow(
      'cannot be combined with stdin',
    );
    const ended = Readable.from(['x']);
    await run('cat', { stdin: ended });
    await expect(run('cat', { stdin: ended })).rejects.toThrow('read to its end already');
  });

  it('from process.stdin leaves it usable', async () => {
    const script = `
      const first = await run('head', ['-n', '1'], { stdin: process.stdin });
      await run('true', { stdin: process.stdin });
      let rest = '';
      for await (const chunk of process.stdin) rest += chunk;
      console.log(first.stdout, rest.length > 1e6, rest.endsWith('end'));`;
    const feed = 'echo first; head -c 2000000 /dev/zero | tr "\\0" x; printf end';
    const { stdout } = await runNode(script, { via: ['sh', '-c', `{ ${feed}; } | "$@"`, 'sh'] });
    expect(stdout.trim()).toBe('first true true');
  });
});

function oldStream(): EventEmitter {
  const stream = Object.assign(new EventEmitter(), { pipe: () => {} });
  setImmediate(() => {
    stream.emit('data', 'a');
    stream.emit('data', 'b');
    stream.emit('end');
  });
  return stream;
}

describe('A named pipe', () => {
  const fifo = () => {
    execFileSync('mkfifo', [at('fifo')]);
    return { file: at('fifo') };
  };

  it('that no process writes or reads is within the limits of the command', async () => {
    const file = fifo();
    const options = { timeout: 300, check: false, terminate: { grace: 0 } };
    expect((await run('cat', [], { ...options, stdin: file })).reason).toBe('timeout');
    expect((await blocking('cat', [], { ...options, stdin: file })).reason).toBe('timeout');
    expect((await run('yes', [], { ...options, stdout: file })).reason).toBe('timeout');
    expect((await run('yes', [], { ...options, stdout: [file, 'capture'] })).reason).toBe('timeout');
    expect((await blocking('yes', [], { ...options, stdout: file })).reason).toBe('timeout');
  });

  it('waits for a writer or a reader that comes later', async () => {
    const file = fifo();
    const reader = run('cat', { stdin: file });
    await run('sh', ['-c', 'echo late > "$0"', file.file]);
    expect((await reader).stdout).toBe('late');
    const writer = run('echo', ['out'], { stdout: file });
    expect((await run('cat', [file.file])).stdout).toBe('out');
    expect((await writer).ok).toBe(true);
    const late = start('sh', ['-c', 'echo sync > "$0"', file.file]);
    expect((await blocking('cat', [], { stdin: file })).stdout).toBe('sync');
    await late.result;
  });
});
