/** Pipelines that cannot be started, or not with these options. */
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OptionError, pipeline, StartError, startPipeline } from '../../../src/index.js';
import { errorOf } from '../../helpers/errors.js';
import { checkForLeaks, children, scratchDirectory } from '../../helpers/leaks.js';
import { runNode } from '../../helpers/programs.js';

checkForLeaks();

const startErrorOf = (pending: Promise<unknown>) => errorOf(pending, StartError);

const NAMES = ['the first', 'one in the middle', 'the last'] as const;

describe('A pipeline with a program that does not exist', () => {
  it.each(NAMES.map((name, index) => [name, index] as const))(
    'as %s names it, and starts none of the others',
    async (_name, index) => {
      const file = join(scratchDirectory(), 'touched');
      const commands = [0, 1, 2].map((at) => (at === index ? ['spillway-no-such-program'] : ['touch', file]));
      const whole = commands.map((command) => command.join(' ')).join(' | ');
      const error = await startErrorOf(pipeline(commands));
      expect(error).toMatchObject({ code: 'ENOENT', subject: 'program', file: 'spillway-no-such-program' });
      expect(error.message).toContain(
        `cannot start spillway-no-such-program (command ${index + 1} of ${whole}): no program of this name`,
      );
      expect(existsSync(file)).toBe(false);
    },
  );

  it('names its path, or the working directory that does not exist', async () => {
    const file = join(scratchDirectory(), 'touched');
    const path = await startErrorOf(pipeline([['touch', file], ['/no/such/program']]));
    expect(path).toMatchObject({ code: 'ENOENT', subject: 'program', file: '/no/such/program' });
    const cwd = await startErrorOf(pipeline([['touch', file], { file: 'cat', cwd: '/no/such/directory' }]));
    expect(cwd).toMatchObject({ code: 'ENOENT', subject: 'cwd', cwd: '/no/such/directory' });
    expect(cwd.message).toMatch(/^cannot start cat \(command 2 of touch .* \| cat\): the working directory/);
    expect(existsSync(file)).toBe(false);
  });

  it('names no place when it is the only command', async () => {
    const error = await startErrorOf(pipeline([['spillway-no-such-program']]));
    expect(error.message).toMatch(/^cannot start spillway-no-such-program: /);
  });
});

describe('A pipeline with a command that the system refuses', () => {
  /** Executable, but nothing that the kernel can load: only the start tells. */
  function unknownFormat(): string {
    const path = join(scratchDirectory(), 'no-program');
    writeFileSync(path, '\0\0\0\0');
    chmodSync(path, 0o755);
    return path;
  }

  it.each(NAMES.map((name, index) => [name, index] as const))(
    'as %s, ends and reaps the others when the start fails, those with children and deaf ears included',
    (_name, index) => {
      const stubborn = ['sh', '-c', 'trap "" TERM; sleep 60 & while :; do sleep 0.05; done'];
      const path = unknownFormat();
      const commands = [0, 1, 2].map((at) => (at === index ? [path] : stubborn));
      const before = children();
      let error: unknown;
      try {
        startPipeline(commands, {
          stdin: 'pipe',
          stderr: 'ignore',
          stdout: { file: join(scratchDirectory(), 'out') },
        });
      } catch (caught) {
        error = caught;
      }
      expect(children()).toEqual(before);
      expect(error).toBeInstanceOf(StartError);
      expect(error).toMatchObject({ code: 'ENOEXEC', file: path });
      expect((error as Error).message).toContain(`(command ${index + 1} of `);
    },
  );

  it('makes pipeline() reject after everything is given back', async () => {
    const controller = new AbortController();
    const error = await startErrorOf(
      pipeline([['yes'], [unknownFormat()], ['cat']], {
        timeout: '1h',
        signal: controller.signal,
        idleTimeout: '1h',
      }),
    );
    expect(error.code).toBe('ENOEXEC');
    controller.abort();
  });

  it('for want of descriptors says so, leaks none, and the next pipeline is well', async () => {
    const { stdout, stderr } = await runNode(
      `
      import { closeSync, openSync } from 'node:fs';
      const three = [['cat'], ['cat'], ['cat']];
      await pipeline(three, { input: 'x'.repeat(1e6) });
      const free = () => {
        const more = [];
        try { for (;;) more.push(openSync('/dev/null')); } catch {}
        for (const fd of more) closeSync(fd);
        return more.length;
      };
      const held = [];
      try { for (;;) held.push(openSync('/dev/null')); } catch {}
      const outcomes = new Set();
      let leaked = 0;
      for (let spare = 3; spare < 24; spare++) {
        for (let i = 0; i < spare; i++) closeSync(held.pop());
        const before = free();
        try {
          const { stdout } = await pipeline(three, { input: 'hello' });
          outcomes.add(stdout);
        } catch (error) {
          outcomes.add(error.name + ' ' + error.code + ' ' + /command \\d of/.test(error.message));
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (free() !== before) leaked++;
        try { for (;;) held.push(openSync('/dev/null')); } catch {}
      }
      console.log(JSON.stringify({ outcomes: [...outcomes], leaked }));
      `,
      { via: ['sh', '-c', 'ulimit -n 100; exec "$@"', 'sh'] },
    );
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({ outcomes: ['StartError EMFILE true', 'hello'], leaked: 0 });
  });

  it('reports the refusal, whatever the others did meanwhile', async () => {
    const talks = { file: 'sh', args: ['-c', 'echo x >&2; exec cat'] };
    const stages = Array.from({ length: 40 }, () => talks);
    const seen: Buffer[] = [];
    const taker = (chunk: Buffer) => {
      seen.push(chunk);
      throw new Error('not wanted');
    };
    const error = await startErrorOf(
      pipeline([...stages, [unknownFormat()]], { stderr: taker, outputLimit: 1, input: 'x'.repeat(1e6) }),
    );
    expect(error.code).toBe('ENOEXEC');
    expect(seen.length).toBeGreaterThan(0);
  });

  it('names the command whose argument is too long', async () => {
    const error = await startErrorOf(pipeline([['yes'], ['echo', 'x'.repeat(200_000)], ['cat']]));
    expect(error.code).toBe('E2BIG');
    expect(error.message.length).toBeLessThan(1500);
  });

  it('names the pipe that is larger than it may be', async () => {
    const error = await startErrorOf(pipeline([['true'], ['cat']], { pipeCapacity: 2 ** 31 - 1 }));
    expect(error.message).toContain('capacity of a pipe');
  });

  it('names the command whose file cannot be opened', async () => {
    const file = join(scratchDirectory(), 'touched');
    const error = await startErrorOf(
      pipeline([['touch', file], { file: 'cat', stderr: { file: '/no/such/log' } }, ['cat']]),
    );
    expect(error).toMatchObject({ code: 'ENOENT', subject: 'file', file: 'cat' });
    expect(error.message).toContain('(command 2 of ');
    const input = await startErrorOf(pipeline([['cat'], ['cat']], { stdin: { file: '/no/such/file' } }));
    expect(input).toMatchObject({ code: 'ENOENT', subject: 'file' });
    expect(existsSync(file)).toBe(false);
  });
});

describe('A pipeline with a wrong command or option', () => {
  type Case = [commands: unknown, options: unknown, option: string, given: string, allowed: string];
  const two = [['true'], ['true']];
  const cases: Case[] = [
    ['ls | wc', {}, 'commands', "'ls | wc'", 'a list of'],
    [undefined, {}, 'commands', 'undefined', 'a list of'],
    [[], {}, 'commands', '[]', 'at least one'],
    [[['ls'], 'wc -l'], {}, 'commands[1]', "'wc -l'", "['program', 'argument', …]"],
    [[['ls'], []], {}, 'commands[1]', '[]', "['program'"],
    [[['ls'], ['head', -3]], {}, 'commands[1][1]', '-3', 'String(n)'],
    [[['ls'], ['']], {}, 'commands[1].file', "''", "a program's name"],
    [[['ls', 'a\0b']], {}, 'commands[0].args[0]', "'a\\x00b'", 'without NUL'],
    [[{ args: ['x'] }], {}, 'commands[0].file', 'undefined', "a program's name"],
    [[{ file: 'ls', args: 'x' }], {}, 'commands[0].args', "'x'", 'an array of strings'],
    [[{ file: 'ls', arguments: [] }], {}, 'commands[0]', "'arguments'", 'file, args, cwd'],
    [[{ file: 'ls', stdout: 'inherit' }], {}, 'commands[0]', "'stdout'", 'stderr'],
    [[{ file: 'ls', check: 'no' }], {}, 'commands[0].check', "'no'", 'true or false'],
    [[['ls'], { file: 'ls', cwd: 3 }], {}, 'commands[1].cwd', '3', 'a path'],
    [[['ls'], { file: 'ls', env: 'A=1' }], {}, 'commands[1].env', "'A=1'", 'an object'],
    [[['ls'], { file: 'ls', env: { A: 1 } }], {}, 'commands[1].env.A', '1', 'a string'],
    [[{ file: 'ls', inheritEnv: 0 }], {}, 'commands[0].inheritEnv', '0', 'true or false'],
    [[{ file: 'ls', nice: 40 }], {}, 'commands[0].nice', '40', '-20 to 19'],
    [[{ file: 'ls', limits: { memory: -1 } }], {}, 'commands[0].limits.memory', '-1', 'from 1'],
    [[{ file: 'ls', stderr: 'auto' }], {}, 'commands[0].stderr', "'auto'", 'with start()'],
    [[{ file: 'ls', stderr: { tail: 0 } }], {}, 'commands[0].stderr.tail', '0', 'from 1'],
    [two, null, 'options', 'null', 'an object'],
    [two, { time: 3 }, 'options', "'time'", 'timeout'],
    [two, { timeout: 'soon' }, 'timeout', "'soon'", "'1h30m'"],
    [two, { stdin: 'pipe' }, 'stdin', "'pipe'", 'with start()'],
    [two, { stdin: -7 }, 'stdin', '-7', 'an open descriptor'],
    [two, { stdout: 'stream' }, 'stdout', "'stream'", 'with start()'],
    [two, { stderr: -9 }, 'stderr', '-9', 'an open descriptor'],
    [two, { env: { A: 1 } }, 'env.A', '1', 'a string'],
    [two, { cwd: '' }, 'cwd', "''", 'a path'],
    [two, { pty: true }, 'pty', 'true', 'cannot share a terminal'],
    [two, { check: 1 }, 'check', '1', 'true or false'],
    [two, { signal: 'SIGINT' }, 'signal', "'SIGINT'", 'an AbortSignal'],
    [
      two,
      { idleTimeout: 100, stdout: 'ignore', stderr: 'inherit' },
      'idleTimeout',
      '100',
      'read stdout or a stderr here',
    ],
  ];

  it.each(cases)('throws OptionError for %j with %j', async (commands, options, option, given, allowed) => {
    const error = await pipeline(commands as string[][], options as object).catch((reason) => reason);
    expect(error).toBeInstanceOf(OptionError);
    expect(error.option).toBe(option);
    expect(error.message).toContain(option);
    expect(error.message).toContain(given);
    expect(error.message).toContain(allowed);
  });

  it('opens no file before all of it has been checked', async () => {
    const file = join(scratchDirectory(), 'out');
    const wrong = pipeline([['true'], { file: 'true', stderr: -5 as unknown as 'inherit' }], {
      stdout: { file },
    });
    await expect(wrong).rejects.toBeInstanceOf(OptionError);
    expect(existsSync(file)).toBe(false);
  });
});
