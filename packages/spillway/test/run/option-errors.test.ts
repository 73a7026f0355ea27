import { describe, expect, it } from 'vitest';
import { OptionError, run, start } from '../../src/index.js';
import { checkForLeaks } from '../helpers/leaks.js';

checkForLeaks();

/** The options given, and in the error the option's name, the value as shown, and what is allowed. */
type Case = [options: Record<string, unknown>, option: string, given: string, allowed: string];

const duration = "'1h30m'";
const cases: Case[] = [
  [{ cwd: 3 }, 'cwd', '3', 'a path'],
  [{ cwd: '' }, 'cwd', "''", 'a path'],
  [{ cwd: new URL('http://localhost/') }, 'cwd', 'http:', 'file: URL'],
  [{ env: 'PATH=/bin' }, 'env', "'PATH=/bin'", 'an object of variables'],
  [{ env: { N: 1 } }, 'env.N', '1', 'a string'],
  [{ env: { 'A=B': 'x' } }, 'env', "'A=B'", 'no "="'],
  [{ env: { '': 'x' } }, 'env', "''", 'not empty'],
  [{ env: { '=': 'x' } }, 'env', "'='", 'no "="'],
  [{ env: { 'A\0B': 'x' } }, 'env', "'A\\x00B'", 'no NUL'],
  [{ env: { A: 'x\0y' } }, 'env.A', "'x\\x00y'", 'without NUL'],
  [{ cwd: '/tmp\0/x' }, 'cwd', "'/tmp\\x00/x'", 'without NUL'],
  [{ inheritEnv: 'no' }, 'inheritEnv', "'no'", 'true or false'],
  [{ stdin: 'text' }, 'stdin', "'text'", 'given as input: text'],
  [{ stdin: -7 }, 'stdin', '-7', 'an open descriptor'],
  [{ stdin: {} }, 'stdin', '{}', 'a Readable'],
  [{ input: 7 }, 'input', '7', 'a Readable'],
  [{ input: { file: 'x' } }, 'input', "'x'", 'stdin: { file }'],
  [{ stdin: { file: 3 } }, 'stdin.file', '3', 'a path'],
  [{ stdin: 'pipe' }, 'stdin', "'pipe'", 'with start()'],
  [{ stdout: 'tee' }, 'stdout', "'tee'", "'capture'"],
  [{ stdout: 'pipe' }, 'stdout', "'pipe'", "'capture'"],
  [{ stdout: 'stream' }, 'stdout', "'stream'", 'with start()'],
  [{ stdout: 'auto' }, 'stdout', "'auto'", 'with start()'],
  [{ stdout: 'stdout' }, 'stdout', "'stdout'", "'capture'"],
  [{ stderr: 'stderr' }, 'stderr', "'stderr'", "'stdout'"],
  [{ stdout: 1.5 }, 'stdout', '1.5', 'an open descriptor'],
  [{ stdout: [] }, 'stdout', '[]', 'at least one target'],
  [{ stdout: ['capture', -5] }, 'stdout[1]', '-5', 'an open descriptor'],
  [{ stdout: ['capture', { tail: 5 }] }, 'stdout', "'capture'", "one of 'capture'"],
  [{ stdout: ['ignore', 'capture'] }, 'stdout', "'ignore'", 'stand alone'],
  [{ stderr: ['stdout', 'capture'] }, 'stderr', "'stdout'", 'stand alone'],
  [{ stdout: { tail: 0 } }, 'stdout.tail', '0', 'from 1'],
  [{ stdout: { tail: 1.5 } }, 'stdout.tail', '1.5', 'a whole number'],
  [{ stdout: { file: 'x', append: 1 } }, 'stdout.append', '1', 'true or false'],
  [{ stderr: { file: '' } }, 'stderr.file', "''", 'a path'],
  [{ memory: -1 }, 'memory', '-1', 'from 0'],
  [{ memory: '8M' }, 'memory', "'8M'", 'a whole number of bytes'],
  [{ memory: Number.NaN }, 'memory', 'NaN', 'a whole number of bytes'],
  [{ spillDirectory: 4 }, 'spillDirectory', '4', 'a path'],
  [{ outputLimit: 1.5 }, 'outputLimit', '1.5', 'a whole number of bytes'],
  [{ timeout: -1 }, 'timeout', '-1', duration],
  [{ timeout: Number.NaN }, 'timeout', 'NaN', duration],
  [{ timeout: '5 parsecs' }, 'timeout', "'5 parsecs'", duration],
  [{ timeout: '30' }, 'timeout', "'30'", duration],
  [{ timeout: '-5s' }, 'timeout', "'-5s'", duration],
  [{ timeout: null }, 'timeout', 'null', duration],
  [{ timeout: 5n }, 'timeout', '5n', duration],
  [{ idleTimeout: '' }, 'idleTimeout', "''", duration],
  [{ terminate: 'SIGINT' }, 'terminate', "'SIGINT'", '{ signal, grace, ask }'],
  [{ terminate: { signal: 'SIGNOPE' } }, 'terminate.signal', "'SIGNOPE'", 'SIGTERM'],
  [{ terminate: { signal: 65 } }, 'terminate.signal', '65', 'its number'],
  [{ terminate: { signal: 0 } }, 'terminate.signal', '0', 'its number'],
  [{ terminate: { grace: -5 } }, 'terminate.grace', '-5', duration],
  [{ signal: 'SIGTERM' }, 'signal', "'SIGTERM'", 'terminate: { signal }'],
  [{ signal: {} }, 'signal', '{}', 'an AbortSignal'],
  [{ check: 'yes' }, 'check', "'yes'", 'true or false'],
  [{ leftovers: 'stay' }, 'leftovers', "'stay'", "'kill', 'kill-all', 'wait', 'leave'"],
  [{ pipeCapacity: 0 }, 'pipeCapacity', '0', 'from 1'],
  [{ encoding: 'utf-16' }, 'encoding', "'utf-16'", "'utf8', 'utf16le', 'latin1', 'buffer'"],
  // Names that do not exist, and those of other libraries.
  [{ tiemout: 5 }, 'options', "'tiemout'", 'timeout'],
  [{ shell: true }, 'options', "'shell'", "run('sh', ['-c', text])"],
  [{ maxBuffer: 5 }, 'options', "'maxBuffer'", 'outputLimit'],
  [{ killSignal: 'SIGINT' }, 'options', "'killSignal'", 'terminate: { signal }'],
  [{ stdio: 'pipe' }, 'options', "'stdio'", 'stdin, stdout, stderr and descriptors'],
];

describe('OptionError', () => {
  it('is thrown for an idle timeout when no stream is read here', async () => {
    const options = { idleTimeout: 100, stdout: 'ignore', stderr: 'ignore' } as const;
    await expect(run('true', [], options)).rejects.toMatchObject({
      option: 'idleTimeout',
      message: expect.stringMatching(/^idleTimeout cannot be 100: .* read stdout or stderr here/),
    });
  });

  it.each(cases)('is thrown for %o', async (options, option, given, allowed) => {
    const error = await run('true', [], options).catch((e) => e);
    expect(error).toBeInstanceOf(OptionError);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.option).toBe(option);
    const [what, ...rest] = error.message.split('; allowed: ');
    expect(what).toContain(option === 'options' ? 'unknown option' : option);
    expect(what).toContain(given);
    expect(rest.join()).toContain(allowed);
  });

  it.each([
    ['file', '', "''"],
    ['file', undefined, 'undefined'],
    ['file', 'tr\0ue', "'tr\\x00ue'"],
  ])('is thrown for a program that is none: %s %j', async (option, file, given) => {
    const error = await run(file as string).catch((e) => e);
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toContain(`${option} is ${given}`);
  });

  it.each([
    ['args', 'text', "'text'"],
    ['args[1]', ['a', 5], '5'],
    ['args[0]', ['a\0b'], "'a\\x00b'"],
    ['args[1]', ['a', undefined], 'undefined'],
  ])('is thrown for arguments that are none: %s of %j', async (option, args, given) => {
    const error = await run('true', args as string[]).catch((e) => e);
    expect(error).toMatchObject({ name: 'OptionError', option });
    expect(error.message).toContain(`${option} is ${given}`);
  });

  it('is thrown by start() itself', () => {
    expect(() => start('true', { timeout: -1 })).toThrow(OptionError);
    expect(() => start('true', 'x' as unknown as string[])).toThrow(/^args is 'x'/);
  });

  it.each(['stdin', 'stdout', 'stderr', 'encoding', 'leftovers'])(
    'is thrown for null: %s',
    async (option) => {
      await expect(run('true', { [option]: null })).rejects.toMatchObject({ name: 'OptionError', option });
    },
  );

  it.each([
    [{ terminate: { grcae: 3 } }, 'grcae'],
    [{ stdout: { file: '/dev/null', apend: true } }, 'apend'],
    [{ stdin: { file: '/dev/null', append: true } }, 'append'],
    [{ env: ['A=1'] }, 'env'],
    [{ check: null }, 'check is null'],
    [{ pipeCapacity: Number.POSITIVE_INFINITY }, 'pipeCapacity'],
  ])('is thrown for an unknown name inside %o', async (options, named) => {
    const error = await run('true', options as object).catch((e) => e);
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toContain(named);
  });
});
