/** What an attempt does with much, with strange names, and with failures on this side. */
import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Lease, OptionError } from 'spillway';
import { describe, expect, it } from 'vitest';
import { attempt, type Fence } from '../../src/attempt.js';
import { scratch } from '../helpers/scratch.js';

const id = 'edge';

/** The text that a command writes. */
async function textOf(argv: string[], options: object = {}): Promise<string> {
  let text = '';
  const output = (bytes: Buffer) => {
    text += bytes.toString();
  };
  expect(await attempt(argv, { id, output, ...options })).toMatchObject({ ok: true });
  return text;
}

describe.concurrent('A command with many words', () => {
  it('gets 1 MiB of them', async () => {
    const words = Array.from({ length: 1024 }, (_, index) => String(index).padEnd(1023, '.'));
    const script = 'import sys; print(len(sys.argv) - 1, sum(len(word) + 1 for word in sys.argv[1:]))';
    expect(await textOf(['python3', '-c', script, ...words])).toBe('1024 1048576\n');
  });

  it.each([
    ['one that is too long', ['echo', 'short', 'x'.repeat(131_072)], /argument 2 .*has 131072 bytes/],
    ['too many', ['echo', ...Array(80).fill('x'.repeat(131_000))], /its 80 arguments have 1048\d{4} bytes/],
  ])('with %s is not started, which says why', async (_, argv, message) => {
    let isFenced = false;
    const fence = () => {
      isFenced = true;
    };
    const outcome = await attempt(argv, { id, fence });
    expect(outcome).toMatchObject({ reason: 'not-started', decidedBy: 'system' });
    expect(outcome.message).toMatch(message);
    expect(outcome.message).toMatch(/\(E2BIG\)$/);
    expect(isFenced).toBe(false);
  });
});

describe.concurrent('Its message is one safe line', () => {
  const strange = 'a\u001b[2J\nb\u202e';

  it('with a program whose name has control characters', async () => {
    const outcome = await attempt([strange], { id });
    const reason = 'there is no program a\\x1b[2J\\nb\\u202e, and no shell takes a line apart here (ENOENT)';
    expect(outcome.message).toBe(`was not started: ${reason}`);
  });

  it('with such a directory', async () => {
    const { message } = await attempt(['true'], { id, cwd: `/${strange}` });
    expect(message).toMatch(/directory \S*a\S+\[2J\\nb\S* does not exist/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what must not be there
    expect(message).not.toMatch(/[\u0000-\u001f\u202e]/);
  });

  it('with such an error of the fence', async () => {
    const { message } = await attempt(['true'], { id, fence: () => Promise.reject(new Error(strange)) });
    expect(message).toBe('was not started: its fence was not committed: a\\x1b[2J\\nb\\u202e');
  });

  it('with such a place of the last attempt', async () => {
    const place = { host: strange, bootId: strange, pidNamespace: strange };
    const previous = { id, number: 1, place, pid: 1, startTime: '', mark: '1-0.1;', graceMs: 0 } as Fence;
    expect((await attempt(['true'], { id, previous })).message).toMatch(/another place \(a\\x1b\[2J\\nb/);
  });
});

describe.concurrent('A function that takes the output', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('disk\nfull');
      },
    ],
    ['rejects', () => Promise.reject(new Error('disk\nfull'))],
  ])('and %s ends the attempt', async (_, output) => {
    const outcome = await attempt(['yes'], { id, output, terminate: { grace: 200 } });
    expect(outcome).toMatchObject({ ok: false, reason: 'abort', decidedBy: 'caller' });
    expect(outcome.message).toMatch(/^was ended after \S+.*; its output could not be kept: disk\\nfull$/);
  });

  it('and takes its time holds the command back', async () => {
    let isBusy = false;
    const output = async () => {
      expect(isBusy).toBe(false);
      isBusy = true;
      await new Promise((resolve) => setTimeout(resolve, 20));
      isBusy = false;
    };
    const outcome = await attempt(['head', '-c', '2000000', '/dev/zero'], { id, output });
    expect(outcome).toMatchObject({ ok: true, output: { bytes: 2_000_000, dropped: 0 } });
  });
});

describe.concurrent('A file for the output', () => {
  it('must be a regular one', async () => {
    const fifo = join(scratch(), 'fifo');
    execFileSync('mkfifo', [fifo]);
    for (const output of [fifo, '/dev/null', '/dev/full'])
      await expect(attempt(['true'], { id, output })).rejects.toThrow(OptionError);
  });

  it('that is full ends the attempt, and says so', async () => {
    // In a process of its own, since the limit on files counts for all that it writes.
    const script = `
      process.on('SIGXFSZ', () => {});
      const { attempt } = await import('spillway-jobs/attempt');
      const outcome = await attempt(['head', '-c', '9000000', '/dev/zero'], { id: 'full', output: 'log' });
      console.log(JSON.stringify(outcome));
    `;
    const code = script.replace("'log'", JSON.stringify(join(scratch(), 'log')));
    const limited = 'ulimit -f 2000; exec "$0" --input-type=module -e "$1"';
    const cwd = new URL('.', import.meta.url);
    const text = execFileSync('sh', ['-c', limited, process.execPath, code], { cwd });
    const outcome = JSON.parse(text.toString());
    expect(outcome).toMatchObject({ ok: false, reason: 'abort' });
    expect(outcome.message).toMatch(/its output could not be kept: EFBIG/);
  });
});

describe.concurrent('Its environment', () => {
  it('has variables whose names no shell takes', async () => {
    const env = { 'A.B': '1', 'BASH_FUNC_f%%': '() { echo f; }', PLAIN: '2' };
    const lines = (await textOf(['env'], { env })).split('\n');
    expect(lines).toEqual(expect.arrayContaining(['A.B=1', 'BASH_FUNC_f%%=() { echo f; }', 'PLAIN=2']));
  });
});

describe.concurrent('A fence that is never committed', () => {
  const fence = () => new Promise(() => {});

  it.each([
    ['timeout', { timeout: 300 }, { reason: 'timeout', decidedBy: 'limit' }],
    ['idle timeout', { idleTimeout: 300 }, { reason: 'idle', decidedBy: 'limit' }],
    ['lease', { lease: new Lease(600) }, { reason: 'not-started', decidedBy: 'lease' }],
  ])('does not hold up its %s', async (_, options, expected) => {
    expect(await attempt(['true'], { id, fence, ...options })).toMatchObject(expected);
  });

  it('does not hold up the end of its process, which a stranger kills', async () => {
    const kill = ({ pid }: Fence) => {
      process.kill(pid, 'SIGKILL');
      return fence();
    };
    const outcome = await attempt(['true'], { id, fence: kill });
    expect(outcome).toMatchObject({ reason: 'not-started', decidedBy: 'system' });
    expect(outcome.message).toMatch(/ended by SIGKILL before its fence was committed/);
  });
});

describe.concurrent('A program that is there, but that cannot run', () => {
  it('was not started, and the outcome says why', async () => {
    const path = join(scratch(), 'no-interpreter');
    writeFileSync(path, '#!/nonexistent\n');
    chmodSync(path, 0o755);
    const outcome = await attempt([path], { id });
    expect(outcome).toMatchObject({ ok: false, reason: 'not-started', decidedBy: 'system' });
    expect(outcome.message).toMatch(/asks for the interpreter \/nonexistent, which does not exist/);
  });
});
