/** Copies of results and errors: JSON, spreading, structuredClone. */
import { describe, expect, it } from 'vitest';
import { PipelineError, pipeline, RunError, run, start } from '../../src/index.js';
import { posixOnly } from '../helpers/backend.js';
import { checkForLeaks } from '../helpers/leaks.js';

checkForLeaks();

const SCRIPT = ['-c', 'echo out; echo err >&2; exit 3'] as const;
const failed = { exitCode: 3, ok: false, reason: 'exit', stdout: 'out', stderr: 'err' };

describe('A result', () => {
  it('keeps its text in JSON, in a spread copy, and in a structured clone', async () => {
    const result = await run('sh', SCRIPT, { check: false });
    expect(JSON.parse(JSON.stringify(result))).toMatchObject(failed);
    expect({ ...result }).toMatchObject(failed);
    expect(structuredClone(result)).toMatchObject(failed);
    expect(Object.keys(result)).toEqual(expect.arrayContaining(['stdout', 'stderr', 'exitCode', 'output']));
  });

  it('of start() does as well', async () => {
    const result = await start('sh', SCRIPT, { check: false }).result;
    expect(JSON.parse(JSON.stringify(result))).toMatchObject(failed);
    expect(structuredClone(result)).toMatchObject(failed);
  });

  it('decodes a text only when it is read', async () => {
    const { output, ...rest } = Object.getOwnPropertyDescriptors(await run('echo', ['x']));
    expect([typeof rest.stdout.get, typeof rest.stderr.get]).toEqual(['function', 'function']);
    expect(output.value?.stdout.size).toBe(2);
  });
});

describe('An error', () => {
  it('keeps the result with its text in JSON, and has text for streams that were not kept', async () => {
    const error = await run('sh', SCRIPT).catch((e) => e as RunError);
    if (!(error instanceof RunError)) throw new Error('it did not fail');
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({
      name: 'RunError',
      code: 'ERR_RUN_EXIT',
      message: expect.stringContaining('exited with code 3'),
      result: failed,
    });
    const ignored = await run('sh', SCRIPT, { stdout: 'ignore', stderr: () => {} }).catch((e) => e);
    expect([ignored.result.stdout, ignored.result.stderr.trim(), ignored.stderr]).toEqual(['', 'err', 'err']);
  });

  posixOnly('a pipeline needs pipes of its own')('of a pipeline keeps it, too', async () => {
    const error = await pipeline([['sh', ...SCRIPT], ['cat']]).catch((e) => e as PipelineError);
    if (!(error instanceof PipelineError)) throw new Error('it did not fail');
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ result: { exitCode: 3, stderr: 'err' } });
  });
});
