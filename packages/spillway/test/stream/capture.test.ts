import { describe, expect, it } from 'vitest';
import { RunError, run, start } from '../../src/index.js';
import { backend } from '../helpers/backend.js';
import { checkForLeaks } from '../helpers/leaks.js';
import { blockUntilExited } from '../helpers/processes.js';

checkForLeaks();

/** A shell script that writes bytes one by one, each after the one before it has been read and answered. */
function oneByOne(bytes: Iterable<number>): string {
  return [...bytes].map((byte) => `printf '\\${byte.toString(8).padStart(3, '0')}'; read -r x`).join('; ');
}

const text = 'é€😀 ß\nend';

describe('Captured output', () => {
  it('has no split character, however the bytes come', async () => {
    const answer = () => {
      child.stdin.write('\n');
    };
    const child = start('sh', ['-c', oneByOne(Buffer.from(text))], {
      stdin: 'pipe',
      stdout: [answer, 'capture'],
    });
    const result = await child.result;
    expect(result.stdout).toBe(text);
  });

  it('has no split character for a reader of lines', async () => {
    const answer = () => {
      child.stdin.write('\n');
    };
    const child = start('sh', ['-c', oneByOne(Buffer.from(text))], {
      stdin: 'pipe',
      stdout: [answer, 'stream'],
    });
    const lines: string[] = [];
    for await (const line of child.stdout.lines()) lines.push(line);
    expect(lines).toEqual(['é€😀 ß', 'end']);
    await child.result;
  });

  it.each([
    ['utf8', '\ufffda\ufffd'],
    ['latin1', 'ÿaé'],
    ['buffer', Buffer.from([0xff, 0x61, 0xe9])],
  ] as const)('is decoded with encoding %s', async (encoding, wanted) => {
    const script = "printf '\\377a\\351'; printf '\\377a\\351' >&2";
    const result = await run('sh', ['-c', script], { encoding });
    expect(result.stdout).toEqual(wanted);
    expect(result.stderr).toEqual(wanted);
    expect(await result.output.stdout.bytes()).toEqual(Buffer.from([0xff, 0x61, 0xe9]));
  });

  it.each([
    ['', ''],
    ['a', 'a'],
    ['a\n', 'a'],
    ['a\n\n', 'a\n'],
    ['\n', ''],
    ['a\r\n', 'a'],
    [' a \n', ' a '],
  ])('loses one last newline: %j', async (written, stdout) => {
    const result = await run('printf', ['%s', written]);
    expect(result.stdout).toBe(stdout);
    expect(await result.output.stdout.text()).toBe(written);
  });
});

describe('Both streams of a child', () => {
  it('deliver 200 KB each while 5 MB go in', async () => {
    const script = 'head -c 200000 /dev/zero; head -c 200000 /dev/zero >&2; wc -c';
    const { output } = await run('sh', ['-c', script], { input: Buffer.alloc(5_000_000) });
    expect(output.stderr.size).toBe(200_000);
    expect((await output.stdout.bytes()).subarray(200_000).toString()).toBe('5000000\n');
  });

  it('deliver 200 KB each at once while 5 MB go in and come back', async () => {
    const script =
      '(head -c 200000 /dev/zero >&2) & (head -c 200000 /dev/zero | tr "\\0" x) & wait; exec cat';
    const stdin = Buffer.alloc(5_000_000, 'y');
    const { output } = await run('sh', ['-c', script], { stdin });
    expect(output.stderr.size).toBe(200_000);
    const bytes = await output.stdout.bytes();
    expect(bytes.equals(Buffer.concat([Buffer.alloc(200_000, 'x'), stdin]))).toBe(true);
  });

  it('merged keep the order of the writes', async () => {
    const script = 'i=0; while [ $i -lt 2000 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done';
    const result = await run('sh', ['-c', script], { stderr: 'stdout' });
    const wanted = Array.from({ length: 2000 }, (_, i) => `out ${i}\nerr ${i}`).join('\n');
    expect(result.stdout).toBe(wanted);
    expect(result.stderr).toBeUndefined();
  });
});

describe('outputLimit', () => {
  it('ends the child that exceeds it, and the error keeps the output', async () => {
    const error = await run('yes', { outputLimit: 10_000 }).catch((e) => e);
    expect(error).toBeInstanceOf(RunError);
    expect(error.message).toMatch(/^yes wrote more than 10000 bytes \(outputLimit\) and was ended/);
    expect(error.result).toMatchObject({ reason: 'output-limit', ok: false });
    const { stdout } = error.result.output;
    expect(stdout.size).toBeGreaterThan(10_000);
    expect((await stdout.text()).slice(0, 10_000)).toBe('y\n'.repeat(5_000));
  });

  it('counts both streams together', async () => {
    const script = 'head -c 600 /dev/zero; head -c 600 /dev/zero >&2; sleep 20';
    const result = await run('sh', ['-c', script], { outputLimit: 1000, check: false });
    expect(result.reason).toBe('output-limit');
    expect(result.output.stdout.size + result.output.stderr.size).toBe(1200);
  });

  it('allows exactly as many bytes as it says', async () => {
    const result = await run('head', ['-c', '1000', '/dev/zero'], { outputLimit: 1000 });
    expect(result).toMatchObject({ ok: true, reason: 'exit' });
  });

  it('is exceeded by a child that has exited before it was noticed', async () => {
    const result = await run('head', ['-c', '1001', '/dev/zero'], { outputLimit: 1000, check: false });
    expect(result).toMatchObject({ ok: false, reason: 'output-limit' });
  });
});

describe('An end that is found in the middle of a read', () => {
  // A socket cannot be made to hold more than some 200,000 bytes.
  const [last, capacity] = backend === 'posix' ? [60_000, { pipeCapacity: 1024 * 1024 }] : [20_000, {}];
  const wanted = `a\n${Array.from({ length: last }, (_, i) => `${i + 1}\n`).join('')}`;

  /** Writes a line, and all others at once when that has been read; it exits before any of those is read. */
  async function outcome(options: { outputLimit?: number; signal?: AbortSignal }, see = () => {}) {
    const child = start('sh', ['-c', `echo a; read -r line; exec seq 1 ${last}`], {
      stdin: 'pipe',
      ...capacity,
      check: false,
      stdout: [
        (chunk) => {
          if (chunk.length > 2) return see();
          setImmediate(() => {
            child.stdin.write('\n');
            blockUntilExited(child.pid);
          });
        },
        'capture',
      ],
      ...options,
    });
    return await child.result;
  }

  it.each([10, 100_000, wanted.length - 1])(
    'by outputLimit %i loses and doubles no byte',
    async (outputLimit) => {
      const result = await outcome({ outputLimit });
      expect(result.reason).toBe('output-limit');
      expect((await result.output.stdout.text()) === wanted).toBe(true);
    },
  );

  it('by an abort within a function that takes output loses and doubles no byte', async () => {
    const controller = new AbortController();
    const result = await outcome({ signal: controller.signal }, () => controller.abort());
    expect((await result.output.stdout.text()) === wanted).toBe(true);
  });
});
