/** `until` and `release`: a line that was waited for, and a reader that lets go. */
import { describe, expect, it } from 'vitest';
import { RunError, start, startPipeline } from '../../src/index.js';
import { posixOnly } from '../helpers/backend.js';
import { checkForLeaks } from '../helpers/leaks.js';

checkForLeaks();

const SERVER = 'echo starting; echo listening on 80; seq 200000; echo over';
/** What it writes: some 1.3 MB, far more than a pipe holds. */
const BYTES = 'starting\nlistening on 80\nover\n'.length + 1_288_895;

const errorOf = (pending: Promise<unknown>) =>
  pending.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('until()', () => {
  it.each([
    ['text', 'listening'],
    ['an expression', /LISTEN\w+ on (\d+)/i],
    ['an expression with state', /listening/g],
    ['a function', (line: string) => line.endsWith('80')],
  ])('gives the line that %s finds, and the child goes on to its end', async (_what, wanted) => {
    const child = start('sh', ['-c', SERVER]);
    expect(await child.stdout.until(wanted, { timeout: '30s' })).toBe('listening on 80');
    const result = await child.result;
    expect(result.output.stdout?.size).toBe(BYTES);
    expect(result.stdout).toMatch(/^starting\nlistening on 80\n1\n[\s\S]*\nover$/);
  });

  it('begins again after the line that it gave', async () => {
    const child = start('sh', ['-c', SERVER]);
    expect(await child.stdout.until(/^\d+$/)).toBe('1');
    expect(await child.stdout.until(/^\d+$/)).toBe('2');
    expect(await child.stdout.until('over')).toBe('over');
    expect(await child.result).toMatchObject({ ok: true });
  });

  it('reads stderr', async () => {
    const child = start('sh', ['-c', 'echo ready >&2; exec sleep 1000']);
    expect(await child.stderr.until('ready')).toBe('ready');
    await child.terminate();
  });

  posixOnly('a pipeline needs pipes of its own')('reads the last command of a pipeline', async () => {
    const { stdout, result } = startPipeline([['sh', '-c', SERVER], ['cat']]);
    expect(await stdout.until('listening')).toBe('listening on 80');
    expect((await result).output.stdout?.size).toBe(BYTES);
  });

  it('says what came instead when its time is over, and leaves the child alone', async () => {
    const child = start('sh', ['-c', 'echo starting; exec sleep 1000'], { check: false });
    const error = await errorOf(child.stdout.until('listening', { timeout: 300 }));
    expect(error).toMatchObject({ code: 'ERR_LINE_TIMEOUT' });
    expect((error as Error).message).toMatch(/listening[\s\S]*starting/);
    expect(child.running).toBe(true);
    await child.terminate();
    expect((await child.result).stdout).toBe('starting');
  });

  it('fails with the command, or says that the line never came', async () => {
    const failing = start('sh', ['-c', 'echo starting; exit 3']);
    const error = (await errorOf(failing.stdout.until('listening'))) as Error;
    expect(error.message).toMatch(/listening[\s\S]*exited with code 3[\s\S]*starting/);
    expect(error.cause).toBeInstanceOf(RunError);
    const good = start('sh', ['-c', 'echo starting']);
    expect(await errorOf(good.stdout.until('listening'))).toMatchObject({ code: 'ERR_LINE_NOT_FOUND' });
    expect(await good.result).toMatchObject({ ok: true });
  });
});

describe('release()', () => {
  it('of an iterator lets the child go on, and what follows is captured', async () => {
    const child = start('sh', ['-c', SERVER]);
    const lines = child.stdout.lines();
    expect((await lines.next()).value).toBe('starting');
    lines.release();
    expect((await child.result).stdout).toMatch(/\nover$/);
  });
});

describe('lines({ ends })', () => {
  it("ends lines at \\r, \\n and \\r\\n with 'any', however the bytes are cut", async () => {
    const script =
      "printf '1%%\\r'; sleep 0.1; printf '2%%\\r3'; sleep 0.1; " +
      "printf '%%\\r'; sleep 0.1; printf '\\ndone\\n'";
    const seen: string[] = [];
    for await (const line of start('sh', ['-c', script]).stdout.lines({ ends: 'any' })) seen.push(line);
    expect(seen).toEqual(['1%', '2%', '3%', 'done']);
  });

  it('gives a line that \\r ends at once', async () => {
    const child = start('sh', ['-c', "printf '50%%\\r'; exec sleep 1000"]);
    const lines = child.stdout.lines({ ends: 'any' });
    expect((await lines.next()).value).toBe('50%');
    await child.terminate();
  });
});

describe('child.lines()', () => {
  it('gives both streams with their names, and throws at the end of a failed command', async () => {
    // It writes on only when its line has been read.
    const script = 'echo a; read -r x; echo b >&2; read -r x; echo c; exit 3';
    const child = start('sh', ['-c', script], { stdin: 'pipe' });
    const seen: string[] = [];
    const read = async () => {
      for await (const { stream, line } of child.lines()) {
        seen.push(`${stream}: ${line}`);
        child.stdin.write('\n');
        if (line === 'c') child.stdin.end();
      }
    };
    const error = await errorOf(read());
    expect(seen).toEqual(['stdout: a', 'stderr: b', 'stdout: c']);
    expect(error).toBe(await errorOf(child.result));
  });
});
