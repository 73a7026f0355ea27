/** The two ends of a pipe: what the kernel does, and who owns them. */
import { closeSync, fstatSync, readFileSync, writeSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { run, start } from '../../src/index.js';
import {
  AtomicWriteError,
  createPipe,
  OptionError,
  PIPE_BUF,
  PipeEndError,
  ReadEnd,
  SystemError,
  WriteEnd,
} from '../../src/pipe.js';
import { checkForLeaks, openDescriptors } from '../helpers/leaks.js';

checkForLeaks();

const KIB = 1024;

describe('read() and write()', () => {
  it('give what was written, then would-block, then the end', () => {
    using reader = createPipeWith('abc');
    expect(reader.available).toBe(3);
    expect(reader.read()).toEqual({ kind: 'bytes', bytes: Buffer.from('abc') });
    expect(reader.read()).toEqual({ kind: 'end' });
    const pipe = createPipe();
    using other = pipe.reader;
    expect(other.read()).toEqual({ kind: 'would-block' });
    pipe.writer.close();
    expect(other.read()).toEqual({ kind: 'end' });
  });

  it('hold the capacity of the pipe, to the byte', () => {
    const { reader, writer } = createPipe();
    using _reader = reader;
    using _writer = writer;
    expect(reader.capacity).toBe(64 * KIB);
    expect(writer.write(Buffer.alloc(64 * KIB))).toEqual({ kind: 'bytes', count: 64 * KIB });
    expect(writer.write(Buffer.alloc(1))).toEqual({ kind: 'would-block' });
    expect(reader.available).toBe(64 * KIB);
    // One byte makes no room: slots are pages.
    expect(reader.read(Buffer.alloc(1))).toMatchObject({ kind: 'bytes' });
    expect(writer.write(Buffer.alloc(1))).toEqual({ kind: 'would-block' });
    expect(reader.read(Buffer.alloc(4 * KIB - 1))).toMatchObject({ kind: 'bytes' });
    expect(writer.write(Buffer.alloc(64 * KIB))).toEqual({ kind: 'bytes', count: 4 * KIB });
  });

  it('take an empty array for nothing to write, and refuse it as room to read into', () => {
    const { reader, writer } = createPipe();
    using _reader = reader;
    using _writer = writer;
    expect(writer.write(Buffer.alloc(0))).toEqual({ kind: 'bytes', count: 0 });
    expect(() => reader.read(Buffer.alloc(0))).toThrow(OptionError);
  });

  it('return broken when the reader has gone', () => {
    const { reader, writer } = createPipe();
    using _writer = writer;
    reader.close();
    expect(writer.write(Buffer.from('x'))).toEqual({ kind: 'broken' });
    expect(writer.writeAtomic(Buffer.from('x'))).toEqual({ kind: 'broken' });
  });

  it('move 65,536 bytes at most in one read, unless maxRead says otherwise', () => {
    for (const [maxRead, most] of [
      [undefined, 65536],
      [100, 100],
      [1_000_000, 200_000],
    ] as const) {
      const { reader, writer } = createPipe({ capacity: 1024 * KIB, maxRead });
      using _reader = reader;
      using _writer = writer;
      writer.write(Buffer.alloc(200_000));
      const first = reader.read();
      expect(first.kind === 'bytes' && first.bytes.length).toBe(most);
      const second = reader.read(Buffer.alloc(300_000));
      if (most < 200_000)
        expect(second.kind === 'bytes' && second.bytes.length).toBe(Math.min(most, 200_000 - most));
    }
  });

  it('fill the memory that they are given, whole or in part', () => {
    using reader = createPipeWith('hello');
    const memory = Buffer.alloc(10, '.');
    const outcome = reader.read(memory.subarray(2, 5));
    expect(outcome).toEqual({ kind: 'bytes', bytes: Buffer.from('hel') });
    expect(memory.toString()).toBe('..hel.....');
    expect(reader.read(memory)).toEqual({ kind: 'bytes', bytes: Buffer.from('lo') });
  });
});

describe('writeAtomic()', () => {
  it('writes all bytes or none', () => {
    const { reader, writer } = createPipe({ capacity: 2 * PIPE_BUF });
    using _reader = reader;
    using _writer = writer;
    expect(writer.writeAtomic(Buffer.alloc(PIPE_BUF))).toEqual({ kind: 'bytes', count: PIPE_BUF });
    writer.writeAtomic(Buffer.alloc(10));
    expect(writer.writeAtomic(Buffer.alloc(PIPE_BUF))).toEqual({ kind: 'would-block' });
    expect(reader.available).toBe(PIPE_BUF + 10);
  });

  it('refuses more than PIPE_BUF bytes, with a reason', () => {
    const { reader, writer } = createPipe();
    using _reader = reader;
    using _writer = writer;
    expect(PIPE_BUF).toBe(4096);
    expect(() => writer.writeAtomic(Buffer.alloc(PIPE_BUF + 1))).toThrow(AtomicWriteError);
    expect(() => writer.writeAtomic(Buffer.alloc(PIPE_BUF + 1))).toThrow(/4097 bytes .* PIPE_BUF, 4096/);
    expect(reader.available).toBe(0);
  });
});

describe('The capacity of a pipe', () => {
  it('is rounded up by the kernel, and can be changed', () => {
    const { reader, writer } = createPipe({ capacity: 5000 });
    using _reader = reader;
    using _writer = writer;
    expect(reader.capacity).toBe(8192);
    expect(writer.setCapacity(100_000)).toBe(131072);
    expect(reader.capacity).toBe(131072);
    writer.write(Buffer.alloc(20_000));
    expect(() => writer.setCapacity(4096)).toThrow(
      expect.objectContaining({ name: 'SystemError', code: 'EBUSY' }),
    );
  });

  it('above the limit of the system is an error that leaves no descriptor', () => {
    const before = openDescriptors();
    expect(() => createPipe({ capacity: 2 ** 31 - 1 })).toThrow(SystemError);
    expect(openDescriptors()).toEqual(before);
  });
});

describe('An end of a pipe', () => {
  it('may be closed once, and says so when it is used afterwards', () => {
    const { reader, writer } = createPipe();
    const { descriptor } = reader;
    reader.close();
    reader.close();
    reader[Symbol.dispose]();
    expect(reader.isOpen).toBe(false);
    expect(() => fstatSync(descriptor)).toThrow('EBADF');
    for (const use of [
      () => reader.read(),
      () => reader.available,
      () => reader.capacity,
      () => reader.setCapacity(4096),
      () => reader.descriptor,
      () => reader.release(),
    ]) {
      expect(use).toThrow(PipeEndError);
      expect(use).toThrow('the read end of this pipe was closed');
    }
    writer.close();
    expect(() => writer.write(Buffer.from('x'))).toThrow('the write end of this pipe was closed');
    expect(() => writer.writeAtomic(Buffer.from('x'))).toThrow(PipeEndError);
  });

  it('that was released is closed by its new owner', () => {
    const { reader, writer } = createPipe();
    using _reader = reader;
    const fd = writer.release();
    writer.close();
    writeSync(fd, 'still open');
    closeSync(fd);
    expect(() => writer.write(Buffer.from('x'))).toThrow(/was released/);
    expect(reader.read()).toMatchObject({ bytes: Buffer.from('still open') });
  });

  it('that is passed on to a child is a plain blocking pipe there, and is closed here', async () => {
    const { reader, writer } = createPipe();
    using _reader = reader;
    const script = 'for i in 1 2 3; do head -c 30000 /dev/zero >&3; done; echo $SPILLWAY_CHANNELS';
    const child = start('sh', ['-c', script], { channels: { out: writer } });
    expect(() => writer.write(Buffer.from('x'))).toThrow('the write end of this pipe was passed on');
    writer.close();
    let total = 0;
    for (let outcome = reader.read(); outcome.kind !== 'end'; outcome = reader.read()) {
      if (outcome.kind === 'bytes') total += outcome.bytes.length;
      else await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const { stdout, ok } = await child.result;
    expect([total, ok]).toEqual([90_000, true]);
    expect(stdout).toMatch(/^out=3w::\d+$/);
  });

  it('can be made of a descriptor that this process inherited', async () => {
    const built = JSON.stringify(new URL('../../dist/pipe.js', import.meta.url).href);
    const script = `
      import { ReadEnd, WriteEnd } from ${built};
      const from = new ReadEnd(3, { blocking: true });
      const to = new WriteEnd(4, { blocking: true });
      const { bytes } = from.read();
      to.write(bytes);
      console.log(from.read().kind);
    `;
    const there = createPipe();
    const back = createPipe();
    using answer = back.reader;
    there.writer.write(Buffer.from('ping'));
    const child = start(process.execPath, ['--input-type=module', '-e', script], {
      channels: { from: there.reader, to: back.writer },
    });
    there.writer.close();
    expect((await child.result).stdout).toBe('end');
    expect(answer.read()).toMatchObject({ bytes: Buffer.from('ping') });
    expect(() => new ReadEnd(-1)).toThrow(OptionError);
    expect(() => new WriteEnd(1_000_000)).toThrow(expect.objectContaining({ code: 'EBADF' }));
  });

  it('blocks when it is asked to', async () => {
    const { reader, writer } = createPipe({ blocking: true });
    using _reader = reader;
    const child = start('sh', ['-c', 'sleep 0.1; echo late >&3'], { channels: { out: writer } });
    // The whole thread waits.
    expect(reader.read()).toEqual({ kind: 'bytes', bytes: Buffer.from('late\n') });
    expect(reader.read()).toEqual({ kind: 'end' });
    await child.result;
  });

  it('is inherited only by the children that it is passed on to', async () => {
    const { reader, writer } = createPipe();
    using _reader = reader;
    using _writer = writer;
    const { ino } = fstatSync(reader.descriptor);
    const { stdout } = await run('sh', ['-c', 'ls -l /proc/self/fd']);
    expect(stdout).not.toContain(`pipe:[${ino}]`);
    expect(readFileSync(`/proc/self/fdinfo/${reader.descriptor}`, 'utf8')).toMatch(/^flags:\s*0*2\d{6}$/m);
  });
});

it.each([
  [{ capacity: 0 }, 'capacity', '0', 'from 1'],
  [{ capacity: '64K' }, 'capacity', "'64K'", 'a whole number of bytes'],
  [{ maxRead: 0 }, 'maxRead', '0', 'from 1'],
  [{ maxRead: 1.5 }, 'maxRead', '1.5', 'a whole number'],
  [{ blocking: 1 }, 'blocking', '1', 'true or false'],
  [{ size: 1 }, 'options', "'size'", 'capacity, blocking, maxRead'],
])('createPipe() refuses the options %o', (options, option, given, allowed) => {
  const make = () => createPipe(options as never);
  expect(make).toThrow(OptionError);
  expect(make).toThrow(expect.objectContaining({ option }));
  expect(make).toThrow(given);
  expect(make).toThrow(allowed);
});

/** The read end of a pipe that holds this and has no writer. */
function createPipeWith(text: string): ReadEnd {
  const { reader, writer } = createPipe();
  writer.write(Buffer.from(text));
  writer.close();
  return reader;
}
