/** The option pty: what a program on a terminal of its own sees, and what comes of what it shows. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { OptionError, type Result, run, start } from '../../../src/index.js';
import { checkForLeaks, scratchDirectory, until } from '../../helpers/leaks.js';
import { blockUntilExited, stateOf, untilItWaits } from '../../helpers/processes.js';
import { runNode } from '../../helpers/programs.js';
import { Session } from '../../helpers/pty.js';

checkForLeaks();

describe('A child with pty', () => {
  it('has a terminal as stdin, stdout and stderr, which controls it', async () => {
    const { stdout } = await run('sh', ['-c', 'tty; tty <&1; tty <&2; echo typed nothing > /dev/tty'], {
      pty: true,
    });
    const [first, second, third, last] = stdout.split('\r\n');
    expect(first).toMatch(/^\/dev\/pts\/\d+$/);
    expect([second, third, last]).toEqual([first, first, 'typed nothing']);
  });

  it('leads its session, and its group is in the foreground', async () => {
    const { stdout, pid } = await run('sh', ['-c', 'ps -o pid=,pgid=,sid=,tpgid= -p $$'], { pty: true });
    expect(stdout.trim().split(/\s+/).map(Number)).toEqual([pid, pid, pid, pid]);
  });

  it('has its limits from the start', async () => {
    const options = { pty: true, limits: { openFiles: 77 }, input: 'typed early\n' } as const;
    const { stdout } = await run('sh', ['-c', 'ulimit -n; tty; read word; echo "[$word]"'], options);
    // The echo comes where it falls.
    expect(stdout).toMatch(/^77\r\n/m);
    expect(stdout).toMatch(/\[typed early\]$/);
  });

  it('inherits no other descriptor', async () => {
    const { stdout } = await run('ls', ['/proc/self/fd'], { pty: true, env: { COLUMNS: '1' } });
    // 3 is the listing itself.
    expect(stdout.split(/\s+/)).toEqual(['0', '1', '2', '3']);
  });

  it.each([
    [true, '24 80'],
    [{}, '24 80'],
    [{ columns: 132, rows: 50 }, '50 132'],
    [{ columns: 1 }, '24 1'],
    [{ rows: 65535 }, '65535 80'],
  ])('has the terminal size %o', async (pty, size) => {
    expect((await run('stty', ['size'], { pty })).stdout).toBe(size);
  });

  it('is without a controlling terminal when the option is not given', async () => {
    expect((await run('sh', ['-c', 'tty; echo'], { pty: false })).stdout).toContain('not a tty');
  });

  it('delivers both streams in order as stdout, with \\r\\n', async () => {
    const result = await run('sh', ['-c', 'echo a; echo b >&2; echo c'], { pty: true });
    expect(result.output.stdout.size).toBe(9);
    expect(result.stdout).toBe('a\r\nb\r\nc');
    expect(result.stderr).toBeUndefined();
    expect(result.output.stderr).toBeUndefined();
    expectTypeOf(result.stderr).toEqualTypeOf<undefined>();
    const lines: string[] = [];
    for await (const line of start('seq', ['3'], { pty: true }).stdout.lines()) lines.push(line);
    expect(lines).toEqual(['1', '2', '3']);
  });

  it('has no stderr to read, also by its type', () => {
    const child = () => start('true', [], { pty: { columns: 3 } });
    expectTypeOf(child).returns.toHaveProperty('stderr').toEqualTypeOf<undefined>();
    const either = (pty: boolean) => run('true', [], { pty });
    expectTypeOf(either).returns.resolves.toHaveProperty('stderr').toEqualTypeOf<string | undefined>();
    expectTypeOf(either).returns.resolves.toExtend<Result>();
  });

  it('that fails shows its output in the error, line by line', async () => {
    const error = await run('sh', ['-c', 'echo one; echo two >&2; exit 3'], { pty: true }).catch((e) => e);
    expect(error.message).toMatch(/^sh -c .* exited with code 3 .*\nstdout:\n {2}one\n {2}two$/);
  });
});

describe('A program that buffers by block on a pipe', () => {
  const script = 'import sys, time\nprint("first")\nsys.stdin.read(1)\nprint("second")';
  const env = { PYTHONUNBUFFERED: undefined };

  it('writes line by line on a terminal', async () => {
    const session = new Session('python3', ['-c', script], { env });
    await session.shows(/^first\r\n/);
    session.type('\n');
    expect((await session.child.result).stdout).toBe('first\r\n\r\nsecond');
  });

  it('writes nothing before its end on a pipe', async () => {
    const buffered = start('python3', ['-c', script], { stdin: 'pipe', env });
    let heard = '';
    const reading = (async () => {
      for await (const chunk of buffered.stdout) heard += chunk;
    })();
    await until(() => stateOf(buffered.pid) === 'S' && waitsInRead(buffered.pid));
    expect(heard).toBe('');
    buffered.stdin.end('\n');
    await reading;
    expect(heard).toBe('first\nsecond\n');
  });
});

describe('stdout of a child with pty', () => {
  it.each([
    ['ignore', 'ignore' as const],
    ['a function', () => {}],
  ])('is read all the same with %s', async (_name, stdout) => {
    const result = await run('seq', ['100000'], { pty: true, stdout });
    expect(result).toMatchObject({ ok: true, stdout: undefined });
  });

  it('goes to a file', async () => {
    const file = join(scratchDirectory(), 'out');
    await run('seq', ['20000'], { pty: true, stdout: { file } });
    expect(readFileSync(file, 'utf8')).toBe(numbers(20000));
  });

  it('goes to a tail, a Writable and a list', async () => {
    const { stdout } = await run('seq', ['20000'], { pty: true, stdout: { tail: 7 } });
    expect(stdout).toBe('20000');
    const writable = new PassThrough();
    const reading = writable.toArray();
    const result = await run('seq', ['3'], { pty: true, stdout: ['capture', writable] });
    writable.end();
    expect(Buffer.concat(await reading).toString()).toBe('1\r\n2\r\n3\r\n');
    expect(result.stdout).toBe('1\r\n2\r\n3');
  });

  it("with 'inherit' goes to the stdout of this program", async () => {
    const { stdout } = await runNode(`await run('seq', ['3'], { pty: true, stdout: 'inherit' });`);
    expect(stdout).toBe('1\r\n2\r\n3\r\n');
  });

  it("with 'stream' makes the child wait while it is not read, and comes whole", async () => {
    const child = start('seq', ['100000'], { pty: true, stdout: 'stream' });
    const written = await untilItWaits(child.pid);
    // Without the \r that the terminal adds: 12 KiB in the kernel, one read's worth here.
    expect(written).toBeLessThan(100_000);
    expect(await child.stdout.text()).toBe(numbers(100_000));
    expect((await child.result).ok).toBe(true);
  });

  it('ends the child when the loop over it is left', async () => {
    const child = start('yes', [], { pty: true });
    for await (const line of child.stdout.lines()) {
      expect(line).toBe('y');
      break;
    }
    expect(await child.result).toMatchObject({ ok: true });
  });
});

describe('A terminal loses no byte', () => {
  it('at the end of many short programs', async () => {
    const expected = numbers(300);
    for (let round = 0; round < 15; round++) {
      const results = await Promise.all(
        Array.from({ length: 8 }, () => run('seq', ['300'], { pty: true, encoding: 'buffer' })),
      );
      for (const { stdout } of results) expect(stdout.toString()).toBe(expected);
    }
  });

  it('of a program that closes its terminal just before it exits', async () => {
    // cat closes its streams itself. A terminal that is hung up at that moment would kill it with SIGHUP.
    for (let round = 0; round < 100; round++) {
      const { stdout, reason } = await run('cat', [], { pty: true, input: 'hello\n', check: false });
      expect([reason, stdout]).toEqual(['exit', 'hello\r\nhello']);
    }
  });

  it('of a program that leaves its terminal open to another', async () => {
    for (let round = 0; round < 20; round++) {
      const { stdout } = await run('sh', ['-c', 'sleep 60 & seq 1000'], { pty: true });
      expect(`${stdout}\r\n`).toBe(numbers(1000));
    }
  });

  it('of 50 MB', async () => {
    const hash = createHash('md5');
    let size = 0;
    const { ok } = await run('seq', ['5700000'], {
      pty: true,
      stdout: (chunk) => {
        hash.update(chunk);
        size += chunk.length;
      },
    });
    const wanted = createHash('md5');
    let wantedSize = 0;
    for (let from = 1; from <= 5_700_000; from += 10_000) {
      const part = numbers(from + 9999, from);
      wanted.update(part);
      wantedSize += part.length;
    }
    expect([ok, size, hash.digest('hex')]).toEqual([true, wantedSize, wanted.digest('hex')]);
    expect(size).toBeGreaterThan(50_000_000);
  }, 120_000);

  it('when the exit and the output are found in the same turn', async () => {
    const child = start('seq', ['900'], { pty: true });
    blockUntilExited(child.pid);
    expect(`${(await child.result).stdout}\r\n`).toBe(numbers(900));
  });
});

describe('resize()', () => {
  const watch = ['-c', 'trap "stty size" WINCH; stty size; echo ready; while :; do sleep 0.05; done'];

  it('changes the size, and the program gets SIGWINCH', async () => {
    const session = new Session('sh', watch);
    await session.shows(/24 80\r\nready/);
    expect(session.child.resize({ columns: 100, rows: 40 })).toBe(true);
    await session.shows(/40 100\r\n/);
    expect(session.child.resize({ rows: 41 })).toBe(true);
    await session.shows(/41 100\r\n/);
    await session.child.terminate();
    expect(session.child.resize({ rows: 42 })).toBe(false);
  });

  it.each([
    [{ columns: 0 }, 'size.columns'],
    [{ rows: 65536 }, 'size.rows'],
    [{ rows: '5' }, 'size.rows'],
    [{ cols: 5 }, 'size'],
    [7, 'size'],
  ])('refuses %o', async (size, option) => {
    const child = start('sleep', ['60'], { pty: true });
    const failed = () => child.resize(size as object);
    expect(failed).toThrow(OptionError);
    expect(failed).toThrow(expect.objectContaining({ option }));
    await child.terminate();
  });

  it('says what is missing when the child has no terminal', async () => {
    const child = start('sleep', ['60']);
    expect(() => child.resize({ columns: 5, rows: 5 })).toThrow(/no terminal to resize; .* option pty/);
    await child.terminate();
  });
});

describe('The option pty', () => {
  it.each([
    [{ pty: 5 }, 'pty', 'true, false or { columns, rows }'],
    [{ pty: 'yes' }, 'pty', '{ columns, rows }'],
    [{ pty: null }, 'pty', '{ columns, rows }'],
    [{ pty: { columns: 0 } }, 'pty.columns', '1 to 65535'],
    [{ pty: { rows: 1.5 } }, 'pty.rows', '1 to 65535'],
    [{ pty: { cols: 80 } }, 'pty', 'columns, rows'],
    [{ pty: true, stderr: 'capture' }, 'stderr', 'a terminal is one stream, stdout'],
    [{ pty: true, stderr: () => {} }, 'stderr', 'leave stderr out'],
    [{ pty: true, stdin: 'inherit' }, 'stdin', 'process.stdin'],
    [{ pty: true, stdin: { file: '/dev/null' } }, 'stdin', 'createReadStream(path)'],
    [{ pty: true, pipeCapacity: 4096 }, 'pipeCapacity', 'a terminal is not a pipe'],
  ])('is refused with %o', async (options, option, allowed) => {
    const error = await run('true', options as object).catch((e) => e);
    expect(error).toBeInstanceOf(OptionError);
    expect(error).toMatchObject({ option });
    expect(error.message).toContain(allowed);
  });

  it('is accepted with stderr to stdout, and with an idle timeout without output', async () => {
    const options = { pty: true, stderr: 'stdout', stdout: 'ignore', idleTimeout: '20s' } as const;
    expect((await run('true', options)).ok).toBe(true);
  });
});

/** As seq shows it on a terminal. */
function numbers(upTo: number, from = 1): string {
  let text = '';
  for (let number = from; number <= upTo; number++) text += `${number}\r\n`;
  return text;
}

/** Whether the process sleeps in read(2) of its stdin. */
function waitsInRead(pid: number): boolean {
  return readFileSync(`/proc/${pid}/syscall`, 'latin1').startsWith('0 0x0 ');
}
