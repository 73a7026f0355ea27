/** The option `descriptors`, and streams that are handed on by their descriptors. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  createReadStream,
  createWriteStream,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { connect as connectTo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { pipeline, type RunOptions, run, runSync, start, startPipeline } from '../../src/index.js';
import { createPipe, type ReadEnd } from '../../src/pipe.js';
import { backend, posixOnly, SOCKETS } from '../helpers/backend.js';
import { checkForLeaks, scratchDirectory } from '../helpers/leaks.js';

checkForLeaks();

const path = (name: string) => join(scratchDirectory(), name);
const file = (name: string, text: string) => {
  writeFileSync(path(name), text);
  return path(name);
};
/** The numbers that are open; `-e` leaves out the one that lists them. */
const LIST = 'for n in /proc/self/fd/*; do [ -e "$n" ] && basename "$n"; done';
function textIn(reader: ReadEnd): string {
  const outcome = reader.read();
  return outcome.kind === 'bytes' ? outcome.bytes.toString() : outcome.kind;
}

const listed = (text: string) => text.split('\n').map(Number);

describe('descriptors', () => {
  it('are files to read and to write, by number', async () => {
    const log = file('log', 'old\n');
    const out = file('out', 'old\n');
    const descriptors = {
      3: { file: file('in', 'read\n') },
      7: { file: log, append: true },
      5: { file: out, append: false },
    };
    await run('sh', ['-c', 'cat <&3; echo more >&7; echo new >&5'], { descriptors }).then(({ stdout }) =>
      expect(stdout).toBe('read'),
    );
    expect(readFileSync(log, 'utf8')).toBe('old\nmore\n');
    expect(readFileSync(out, 'utf8')).toBe('new\n');
  });

  it('are alone above stderr, with gaps between them', async () => {
    const descriptors = { 4: { file: '/dev/null' }, 9: { file: '/dev/null' } };
    const more = backend === 'posix' ? [{ nice: 0 }] : [];
    for (const one of [{}, { cwd: '/' }, ...more]) {
      const options = { descriptors, ...one };
      const { stdout } = await run('sh', ['-c', LIST], options);
      expect(listed(stdout).filter((fd) => fd > 2 && fd < 10)).toEqual([4, 9]);
    }
  });

  it('are given by number, as a FileHandle and as an open stream, which stay open here', async () => {
    const fd = openSync(file('a', 'number\n'), 'r');
    const handle = await open(file('b', 'handle\n'));
    const stream = createReadStream(file('c', 'stream\n'));
    await once(stream, 'open');
    const descriptors = { 3: fd, 4: handle, 5: stream };
    const { stdout } = await run('sh', ['-c', 'cat <&3; cat <&4; cat <&5'], { descriptors });
    expect(stdout).toBe('number\nhandle\nstream');
    closeSync(fd);
    await handle.close();
    stream.destroy();
    await once(stream, 'close');
  });

  it('change places: each number is a copy of what it was here', async () => {
    const names = ['a', 'b', 'c'];
    const fds = names.map((name) => openSync(file(name, `${name}\n`), 'r'));
    const lowest = Math.min(...fds);
    // The numbers that these descriptors have here, the other way round.
    const descriptors = Object.fromEntries(fds.map((_, index) => [lowest + index, fds.at(-1 - index)]));
    const read = [0, 1, 2].map((index) => `cat /proc/self/fd/${lowest + index}`).join('; ');
    const { stdout } = await run('sh', ['-c', read], { descriptors });
    expect(stdout).toBe('c\nb\na');
    for (const fd of fds) closeSync(fd);
  });

  it('may be the stdout of this program, above the child’s own', async () => {
    const script = `import { run } from 'spillway';
      await run('sh', ['-c', 'echo inner; echo outer >&3'], { descriptors: { 3: 1 } });`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script]);
    expect(stdout).toBe('outer');
  });

  it("are inherited under their own number with 'inherit'", async () => {
    const script = `import { run } from 'spillway';
      console.log((await run('cat', [], { stdin: 3, descriptors: { 3: 'inherit', 4: 3 } })).stdout);`;
    const descriptors = { 3: { file: file('in', 'outer') } };
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { descriptors });
    expect(stdout).toBe('outer');
  });

  const verbs = ['run', 'start', ...(backend === 'posix' ? ['runSync'] : [])];
  it.each(verbs)('are ends of pipes with %s', async (verb) => {
    const { reader, writer } = createPipe();
    const options = { descriptors: { 6: writer } };
    const command = ['sh', ['-c', 'echo through >&6']] as const;
    if (verb === 'run') await run(...command, options);
    else if (verb === 'start') await start(...command, options).result;
    else runSync(...command, options);
    expect(textIn(reader)).toBe('through\n');
    expect(writer.isOpen).toBe(false);
    reader.close();
  });

  it('leave an end of a pipe usable when the start fails', async () => {
    const { reader, writer } = createPipe();
    await expect(run('/no/such/program', [], { descriptors: { 3: writer } })).rejects.toThrow('/no/such');
    await run('sh', ['-c', 'echo again >&3'], { descriptors: { 3: writer } });
    expect(textIn(reader)).toBe('again\n');
    reader.close();
  });

  it('stand beside named channels and limits, which take other numbers', async () => {
    const { reader, writer } = createPipe();
    const descriptors = { 3: { file: file('in', 'three\n') }, 5: { file: '/dev/null' } };
    const script = 'cat <&3; echo "$SPILLWAY_CHANNELS"';
    const plain = await run('sh', ['-c', script], { descriptors, channels: { jobs: reader } });
    expect(plain.stdout).toMatch(/^three\njobs=4r:/);
    const limits = backend === 'posix' ? { openFiles: 64 } : undefined;
    const limited = await run('sh', ['-c', script], { descriptors, limits, channels: { jobs: writer } });
    expect(limited.stdout).toMatch(/^three\njobs=4w:/);
  });

  posixOnly(SOCKETS)('belong to a single command of a pipeline', async () => {
    const descriptors = { 3: { file: file('in', 'into the second\n') } };
    const commands = [['true'], { file: 'sh', args: ['-c', 'cat <&3'], descriptors }] as const;
    expect((await pipeline(commands)).stdout).toBe('into the second');
    expect((await startPipeline(commands).result).stdout).toBe('into the second');
    await expect(pipeline([['true']], { descriptors } as never)).rejects.toThrow('each command its own');
  });

  it('are refused beyond the limit of open files, which the error names', async () => {
    const script = `import { run } from 'spillway';
      const descriptors = { 100: { file: '/dev/null' } };
      console.log((await run('true', [], { descriptors }).catch((error) => error)).message);`;
    const limited = 'ulimit -n 64; exec "$0" --input-type=module -e "$1"';
    const { stdout } = await run('sh', ['-c', limited, process.execPath, script]);
    expect(stdout).toMatch(/would have descriptor 100, .* is 63; raise its limit/);
  });

  posixOnly('its streams are sockets')('are the same with limits, whatever numbers they have', async () => {
    for (const numbers of [[3, 4, 5, 6, 7, 8, 9], [3, 5, 7, 9], [9], [10, 40]]) {
      const file = { file: '/dev/null' };
      const descriptors = Object.fromEntries(numbers.map((number) => [number, file]));
      const show = async (options: RunOptions) => {
        const { stdout } = await run('sh', ['-c', 'cd /proc/$$/fd; echo *'], { ...options, descriptors });
        return stdout
          .split(' ')
          .filter((fd) => fd !== '255')
          .join(' ');
      };
      const plain = await show({});
      for (const number of numbers) expect(plain.split(' ')).toContain(String(number));
      expect(await show({ limits: { fileSize: 4096 } })).toBe(plain);
    }
  });

  posixOnly('it needs a terminal')('stand beside a terminal of the child', async () => {
    const descriptors = { 3: { file: file('in', 'typed nowhere\n') } };
    const { stdout } = await run('sh', ['-c', 'test -t 1 && cat <&3'], { descriptors, pty: true });
    expect(stdout).toContain('typed nowhere');
  });

  it.each([
    [{ 0: 5 }, 'is the option stdin'],
    [{ 2: 5 }, 'is the option stderr'],
    [{ 1024: 5 }, 'from 3 to 1023'],
    [{ '03': 5 }, 'from 3 to 1023'],
    [{ log: 5 }, 'from 3 to 1023'],
    [{ 3: 'pipe' }, "'inherit', { file } to read"],
    [{ 3: 'ignore' }, "'inherit', { file } to read"],
    [{ 3: -1 }, 'an open descriptor'],
    [{ 3: { file: '' } }, 'a path'],
    [{ 3: { fiel: 'x' } }, "'inherit', { file } to read"],
    [[5], 'by number'],
    [5, '{ 3:'],
  ])('%j is refused, and nothing is started', async (descriptors, words) => {
    await expect(run('true', [], { descriptors } as never)).rejects.toThrow(words);
    expect(() => runSync('true', [], { descriptors } as never)).toThrow(words);
  });

  it('say which of them could not be had', async () => {
    const closed = openSync('/dev/null', 'r');
    closeSync(closed);
    const missing = { 3: { file: '/no/such/file' } };
    await expect(run('true', [], { descriptors: missing })).rejects.toThrow(
      'the file for its descriptor 3, /no/such/file, cannot be opened',
    );
    await expect(run('true', [], { descriptors: { 4: closed } })).rejects.toThrow(
      `descriptor ${closed}, given for its descriptor 4, is not open`,
    );
    const fifo = path('fifo');
    execFileSync('mkfifo', [fifo]);
    await expect(run('true', [], { descriptors: { 3: { file: fifo } } })).rejects.toThrow('named pipe');
    await expect(run('true', [], { descriptors: { 3: { file: fifo, append: true } } })).rejects.toThrow(
      'descriptor 3',
    );
  });

  it('refuse an end twice, and one with two descriptors', async () => {
    const { reader, writer } = createPipe();
    await expect(run('true', [], { descriptors: { 3: reader, 4: reader } })).rejects.toThrow('another end');
    const both = { descriptors: { 3: reader }, channels: { jobs: reader } };
    await expect(run('true', [], both)).rejects.toThrow('one end was given to both');
    reader.close();
    writer.close();
  });
});

describe('the jobserver of make', () => {
  const flags = (env: Record<string, string>, descriptors = {}) =>
    run('sh', ['-c', 'echo "[$MAKEFLAGS]"'], { env, descriptors }).then(({ stdout }) => stdout);

  it('is named to the child only where its descriptors are handed on', async () => {
    const MAKEFLAGS = 'k -j4 --jobserver-auth=3,4 --no-print-directory -- CFLAGS=-j2';
    const fds = { 3: { file: '/dev/null' }, 4: { file: '/dev/null', append: true } };
    expect(await flags({ MAKEFLAGS }, fds)).toBe(`[${MAKEFLAGS}]`);
    expect(await flags({ MAKEFLAGS })).toBe('[k --no-print-directory -- CFLAGS=-j2]');
    expect(await flags({ MAKEFLAGS }, { 3: fds[3] })).toBe('[k --no-print-directory -- CFLAGS=-j2]');
    expect(await flags({ MAKEFLAGS: ' -j4 --jobserver-fds=3,4' })).toBe('[]');
    for (const same of ['k', ' -j4 --jobserver-auth=fifo:/tmp/x', 'k -- A=--jobserver-auth=3,4'])
      expect(await flags({ MAKEFLAGS: same })).toBe(`[${same}]`);
  });

  it('keeps its bytes when the child has channels', async () => {
    const { reader, writer } = createPipe();
    const script = 'echo "$MAKEFLAGS $SPILLWAY_CHANNELS"';
    const fds = { 3: { file: '/dev/null' }, 4: { file: '/dev/null' } };
    const env = { MAKEFLAGS: ' -j2 --jobserver-auth=3,4' };
    const options = { env, descriptors: fds, channels: { jobs: reader } };
    expect((await run('sh', ['-c', script], options)).stdout).toMatch(/auth=3,4 jobs=5r:/);
    writer.close();
  });

  it('works in a make below a program, and a make without it does not complain', async () => {
    const makefile = file('Makefile', 'all: a b\na b:\n\t@echo $@ $(MAKEFLAGS)\n');
    const script = (options: string) => `import { run } from 'spillway';
      const { stdout, stderr } = await run('make', ['-f', ${JSON.stringify(makefile)}], ${options});
      console.log(stdout + '|' + stderr);`;
    const outer = (options: string) =>
      run('sh', ['-c', 'make -j2 -f "$OUTER"'], {
        env: {
          OUTER: file('Outer', 'all:\n\t+@"$$NODE" --input-type=module -e "$$SCRIPT"\n'),
          NODE: process.execPath,
          SCRIPT: script(options),
        },
      });
    const handedOn = await outer("{ descriptors: { 3: 'inherit', 4: 'inherit' } }");
    expect(handedOn.stdout).toMatch(/a .*--jobserver-\w+=/);
    expect(handedOn.stdout).not.toContain('warning');
    const alone = await outer('{}');
    expect(alone.stdout).toMatch(/^a/m);
    expect(alone.stdout).not.toMatch(/jobserver|warning/);
  });
});

describe('a socket', () => {
  /** Two connected sockets; bytes stay in the first until something reads it. */
  async function connected(): Promise<{ ours: Socket; theirs: Socket; close(): Promise<void> }> {
    const server = createServer({ pauseOnConnect: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const theirs = connectTo((server.address() as { port: number }).port, '127.0.0.1');
    const [ours] = (await once(server, 'connection')) as [Socket];
    if (theirs.connecting) await once(theirs, 'connect');
    const close = async () => {
      const closed = [ours, theirs].map((one) => one.closed || once(one, 'close'));
      ours.destroy();
      theirs.destroy();
      await Promise.all(closed);
      await new Promise((resolve) => server.close(resolve));
    };
    return { ours, theirs, close };
  }

  it('is a descriptor of the child, and works here again afterwards', async () => {
    const { ours, theirs, close } = await connected();
    theirs.write('question\n');
    await run('sh', ['-c', 'read -r line <&3; echo "answer to $line" >&3'], { descriptors: { 3: ours } });
    const [answer] = await once(theirs, 'data');
    expect(String(answer)).toBe('answer to question\n');
    // It must not block the event loop: more than a socket's buffers hold.
    ours.write(Buffer.alloc(16 * 1024 * 1024));
    ours.resume();
    theirs.write('more\n');
    const [more] = await once(ours, 'data');
    expect(String(more)).toBe('more\n');
    await close();
  });

  posixOnly(SOCKETS)('is stdin and stdout of a synchronous command', async () => {
    const { ours, theirs, close } = await connected();
    theirs.write('line\n');
    runSync('sh', ['-c', 'read -r line; echo "got $line"'], { stdin: ours, stdout: ours });
    const [answer] = await once(theirs, 'data');
    expect(String(answer)).toBe('got line\n');
    await close();
  });

  it('is refused where bytes would be lost', async () => {
    const { ours, theirs, close } = await connected();
    theirs.write('early\n');
    ours.read(0);
    await once(ours, 'readable');
    const descriptors = { 3: ours };
    await expect(run('true', [], { descriptors })).rejects.toThrow('received already');
    ours.read();
    await run('true', [], { descriptors });
    await close();
    await expect(run('true', [], { descriptors })).rejects.toThrow('closed');
  });
});

describe('a stream with a descriptor', () => {
  posixOnly(SOCKETS)('is a target and a source of runSync', async () => {
    const out = createWriteStream(path('out'));
    expect(() => runSync('true', [], { stdout: out })).toThrow("wait for its 'open' event");
    await once(out, 'open');
    const source = createReadStream(file('in', 'text'));
    await once(source, 'open');
    runSync('cat', [], { stdin: source, stdout: out });
    expect(readFileSync(path('out'), 'utf8')).toBe('text');
    source.destroy();
    out.destroy();
    await Promise.all([once(source, 'close'), once(out, 'close')]);
    expect(() => runSync('true', [], { stdout: new PassThrough() as never })).toThrow('use run()');
  });
});
