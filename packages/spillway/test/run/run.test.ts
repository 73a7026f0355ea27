import { describe, expect, it } from 'vitest';
import { RunError, run, StartError } from '../../src/index.js';
import { checkForLeaks } from '../helpers/leaks.js';

checkForLeaks();

describe('run()', () => {
  it('resolves with the text without its last newline, and the exact bytes', async () => {
    const result = await run('printf', ['a\\nb\\n\\n']);
    expect(result.stdout).toBe('a\nb\n');
    expect(await result.output.stdout.text()).toBe('a\nb\n\n');
    expect(result).toMatchObject({
      ok: true,
      exitCode: 0,
      signal: undefined,
      reason: 'exit',
      file: 'printf',
    });
  });

  it('rejects with the end of stderr when the exit code is not 0', async () => {
    const error = await run('sh', ['-c', 'echo nothing here >&2; exit 3']).catch((e) => e);
    expect(error).toBeInstanceOf(RunError);
    expect(error.message).toMatch(
      /^sh -c 'echo nothing here >&2; exit 3' exited with code 3 after .*\nstderr:\n {2}nothing here$/,
    );
    expect(error.result.exitCode).toBe(3);
  });

  it('resolves with check: false when the exit code is not 0', async () => {
    const result = await run('false', [], { check: false });
    expect(result).toMatchObject({ ok: false, exitCode: 1, reason: 'exit' });
  });

  it('takes options without arguments', async () => {
    expect((await run('pwd', { cwd: '/' })).stdout).toBe('/');
  });

  it('rejects with StartError when the program does not exist', async () => {
    await expect(run('spillway-no-such-program')).rejects.toThrow(StartError);
  });
});
