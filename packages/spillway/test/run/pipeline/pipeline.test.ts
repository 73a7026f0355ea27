/** Commands with kernel pipes between them: input, output, and that no byte passes through this process. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { PipelineResult, pipeline, Result, run, startPipeline } from '../../../src/index.js';
import { checkForLeaks, scratchDirectory } from '../../helpers/leaks.js';
import { runNode } from '../../helpers/programs.js';

checkForLeaks();

function has(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function sum256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('A pipeline', () => {
  it('gives the last output and every result', async () => {
    const result = await pipeline([
      ['seq', '1', '100'],
      ['grep', '7'],
      { file: 'sort', args: ['-rn'] },
      ['head', '-2'],
    ]);
    expect(result).toBeInstanceOf(PipelineResult);
    expect(result.stdout).toBe('97\n87');
    expect(await result.output.stdout.text()).toBe('97\n87\n');
    expect(result).toMatchObject({ ok: true, exitCode: 0, signal: undefined, reason: 'exit', decidedBy: 3 });
    expect(result.stages.map(({ file }) => file)).toEqual(['seq', 'grep', 'sort', 'head']);
    for (const stage of result.stages) {
      expect(stage).toBeInstanceOf(Result);
      expect(stage).toMatchObject({ ok: true, exitCode: 0, reason: 'exit', stderr: '' });
      expect(stage.pid).toBeGreaterThan(0);
      expect(stage.durationMs).toBeLessThanOrEqual(result.durationMs);
    }
    expect(result.stages.map(({ stdout }) => stdout)).toEqual([undefined, undefined, undefined, '97\n87']);
    expect(new Set(result.stages.map(({ pid }) => pid)).size).toBe(4);
    expect(inspect(result)).toContain("'seq 1 100 | grep 7 | sort -rn | head -2'");
  });

  it('of one command is that command', async () => {
    const { stdout, stages } = await pipeline([['echo', 'alone']]);
    expect(stdout).toBe('alone');
    expect(stages).toHaveLength(1);
  });

  it('adds up the processor time of its commands', async () => {
    const busy = ['sh', '-c', 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; cat'];
    const { cpu, stages } = await pipeline([['true'], busy, busy]);
    const total = stages.reduce((sum, stage) => sum + stage.cpu.userMs + stage.cpu.systemMs, 0);
    expect(cpu.userMs + cpu.systemMs).toBeCloseTo(total, 6);
    expect(total).toBeGreaterThan(0);
  });

  it('keeps each stderr apart', async () => {
    const say = (word: string) => ['sh', '-c', `cat; echo ${word} >&2`];
    const { stages, stdout } = await pipeline([['echo', 'in'], say('one'), say('two')]);
    expect(stages.map(({ stderr }) => stderr)).toEqual(['', 'one', 'two']);
    expect(await stages[1].output.stderr.text()).toBe('one\n');
    expect(stdout).toBe('in');
  });

  it('sends a stderr that is to go with stdout to the next command, in the order of the writes', async () => {
    const script = 'echo a; echo b >&2; echo c';
    const own = await pipeline([{ file: 'sh', args: ['-c', script], stderr: 'stdout' }, ['cat', '-n']]);
    expect(own.stdout.replace(/\s+/g, ' ')).toBe(' 1 a 2 b 3 c');
    expect(own.stages[0].stderr).toBeUndefined();
    expect(own.stages[1].stderr).toBe('');
    const all = await pipeline(
      [
        ['sh', '-c', script],
        ['sh', '-c', 'cat; echo d >&2'],
      ],
      { stderr: 'stdout' },
    );
    expect(all.stdout).toBe('a\nb\nc\nd');
  });

  it('gives each command its directory and variables, or those of all', async () => {
    const directory = scratchDirectory();
    const show = ['sh', '-c', 'cat; echo "$PWD $ALL $OWN"'] as const;
    const [file, ...args] = show;
    const { stdout, stages } = await pipeline(
      [
        show,
        { file, args, cwd: directory, env: { OWN: 'mine' } },
        { file, args, env: { ALL: undefined } },
        {
          file: '/bin/sh',
          args: ['-c', `cat; echo "$PATH $ALL $OWN"`],
          env: { OWN: 'x' },
          inheritEnv: false,
        },
      ],
      { cwd: '/', env: { ALL: 'ours' } },
    );
    expect(stdout.split('\n').slice(0, 3)).toEqual(['/ ours ', `${directory} ours mine`, '/  ']);
    expect(stdout.split('\n')[3]).not.toContain(process.env.PATH);
    expect(stdout.split('\n')[3]).toMatch(/ ours x$/);
    expect(stages[1].cwd).toBe(directory);
  });
});

it('A pipeline gives each command its own priority and limits, or those of all', async () => {
  const show = ['sh', '-c', 'cat; echo $(nice) $(ulimit -n)'] as const;
  const [file, ...args] = show;
  const { stdout } = await pipeline(
    [show, { file, args, nice: 7 }, { file, args, limits: { openFiles: 50 } }],
    {
      nice: 3,
      limits: { openFiles: 60 },
    },
  );
  expect(stdout).toBe('3 60\n7 60\n3 50');
});

describe('stdin of a pipeline', () => {
  const bytes = Buffer.alloc(5_000_000, 'five megabytes of the same, over and over; ');

  it.each([
    ['bytes', () => bytes],
    ['a string', () => bytes.toString()],
    ['a Readable', () => Readable.from([bytes.subarray(0, 3_000_000), bytes.subarray(3_000_000)])],
    [
      'a generator',
      async function* () {
        for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
      },
    ],
    [
      'a file',
      () => {
        const file = join(scratchDirectory(), 'in');
        writeFileSync(file, bytes);
        return { file };
      },
    ],
  ] as const)('reaches the first command from %s', async (name, stdin) => {
    const { stdout } = await pipeline([['cat'], ['sha256sum']], {
      [name === 'a file' ? 'stdin' : 'input']: typeof stdin === 'function' ? stdin() : stdin,
    });
    expect(stdout).toBe(`${sum256(bytes)}  -`);
  });

  it('is empty by default', async () => {
    expect((await pipeline([['cat'], ['wc', '-c']])).stdout.trim()).toBe('0');
  });

  it('that the first command does not read to its end is no error', async () => {
    const { stdout } = await pipeline([['head', '-c', '4'], ['cat']], { input: bytes });
    expect(stdout).toBe('five');
  });

  it('and its output can be those of this process', async () => {
    const script = `
      const options = { stdin: 'inherit', stdout: 'inherit', stderr: 'inherit' };
      await pipeline([['cat'], ['tr', 'a-z', 'A-Z']], options);
    `;
    const { stdout, stderr, code } = await runNode(script, { via: ['sh', '-c', 'echo hello | "$@"', 'sh'] });
    expect({ stdout, stderr, code }).toEqual({ stdout: 'HELLO\n', stderr: '', code: 0 });
  });

  it('can be written to while it runs', async () => {
    const live = startPipeline([['cat'], ['wc', '-l']], { stdin: 'pipe' });
    for (let i = 0; i < 1000; i++) live.stdin.write(`${i}\n`);
    live.stdin.end();
    expect((await live.result).stdout?.trim()).toBe('1000');
  });
});

describe('stdout of a pipeline', () => {
  it('goes from the last command to files, streams, functions, or several of them', async () => {
    const file = join(scratchDirectory(), 'out');
    const through = new PassThrough();
    const chunks: Buffer[] = [];
    const { stdout } = await pipeline([['seq', '5'], ['tac']], {
      stdout: [{ file }, through, (chunk: Buffer) => void chunks.push(chunk), { tail: 4 }],
    });
    through.end();
    const text = '5\n4\n3\n2\n1\n';
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(Buffer.concat(chunks).toString()).toBe(text);
    expect(Buffer.concat(await through.toArray()).toString()).toBe(text);
    expect(stdout).toBe('2\n1');
    await pipeline([['seq', '3'], ['tac']], { stdout: { file, append: true } });
    expect(readFileSync(file, 'utf8')).toBe(`${text}3\n2\n1\n`);
  });

  it('spills to disk, and the disk is freed with the result', async () => {
    using result = await pipeline([['head', '-c', '3000000', '/dev/zero'], ['cat']], {
      memory: 1000,
      encoding: 'buffer',
    });
    expect(result.output.stdout.spilled).toBe(true);
    expect(result.stdout.equals(Buffer.alloc(3_000_000))).toBe(true);
  });

  it('and every stderr may share one file, without overwriting each other', async () => {
    const file = join(scratchDirectory(), 'all.log');
    const say = (word: string) => ['sh', '-c', `cat >/dev/null; echo ${word}; echo ${word} >&2`];
    await pipeline([say('first'), say('second'), say('third')], { stdout: { file }, stderr: { file } });
    const words = readFileSync(file, 'utf8').split('\n').filter(Boolean).sort();
    expect(words).toEqual(['first', 'second', 'third', 'third']);
  });
});

describe('The bytes between the commands of a pipeline', () => {
  it('do not pass through this process', async () => {
    const { stdout, stderr } = await runNode(`
      import { readdirSync, readFileSync } from 'node:fs';
      // Of the threads: the process's own file counts what its reaped children have read, too.
      const io = () => readdirSync('/proc/self/task').reduce((sum, task) => sum
        + Number(/^rchar: (\\d+)$/m.exec(readFileSync('/proc/self/task/' + task + '/io', 'utf8'))[1]), 0);
      await pipeline([['seq', '1'], ['cat'], ['sha256sum']]);
      const before = io();
      const commands = [['yes', 'some text'], ['head', '-c', '100000000'], ['cat'], ['sha256sum']];
      const { stdout, stages } = await pipeline(commands);
      console.log(JSON.stringify({ sum: stdout, read: io() - before }));
      readFileSync('/proc/self/exe');
      console.log(io() - before);
    `);
    expect(stderr).toBe('');
    const [figures, more] = stdout.split('\n') as [string, string];
    const { sum, read } = JSON.parse(figures);
    expect(sum).toBe(`${sum256(Buffer.alloc(100_000_000, 'some text\n'))}  -`);
    expect(read).toBeLessThan(1_000_000);
    // Had it read them, it would show.
    expect(Number(more)).toBeGreaterThan(10_000_000);
  });

  it('wait in a pipe of the capacity that was asked for', async () => {
    const ask =
      'import fcntl, sys; print(fcntl.fcntl(0, 1032), file=sys.stderr); ' +
      'sys.stdout.write(str(fcntl.fcntl(1, 1032)) + " "); sys.stdout.flush(); ' +
      'sys.stdout.write(sys.stdin.read())';
    const python = ['python3', '-c', ask];
    const { stages, stdout } = await pipeline([['true'], python, python], { pipeCapacity: 131_072 });
    expect(stages.slice(1).map(({ stderr }) => stderr)).toEqual(['131072', '131072']);
    expect(stdout).toBe('131072 131072 ');
  });

  it('are held by no other command: each has its three descriptors alone', async () => {
    const list = ['sh', '-c', 'cat; ls /proc/self/fd | tr "\\n" " "; echo'];
    const { stdout } = await pipeline([['true'], list, list, list]);
    // The fourth is that of the listing itself.
    expect(stdout).toBe('0 1 2 3 \n0 1 2 3 \n0 1 2 3 ');
  });
});

describe('A pipeline runs', () => {
  it.skipIf(!has('git'))('git log | grep | wc', async () => {
    const cwd = scratchDirectory();
    const env = {
      GIT_AUTHOR_NAME: 'A',
      GIT_AUTHOR_EMAIL: 'a@localhost',
      GIT_COMMITTER_NAME: 'A',
      GIT_COMMITTER_EMAIL: 'a@localhost',
    };
    const git = (...args: string[]) => run('git', ['-c', 'commit.gpgsign=false', ...args], { cwd, env });
    await git('init', '-q');
    for (const name of ['fix one', 'add two', 'fix three'])
      await git('commit', '-q', '--allow-empty', '-m', name);
    const { stdout } = await pipeline(
      [
        ['git', 'log', '--oneline'],
        ['grep', 'fix'],
        ['wc', '-l'],
      ],
      { cwd },
    );
    expect(stdout.trim()).toBe('2');
  });

  it('tar | gzip, and back', async () => {
    const directory = join(scratchDirectory(), 'files');
    mkdirSync(directory);
    for (let i = 0; i < 50; i++) writeFileSync(join(directory, `f${i}`), Buffer.alloc(20_000, `${i} `));
    const packed = await pipeline([['tar', 'c', 'files'], ['gzip'], ['wc', '-c']], {
      cwd: scratchDirectory(),
    });
    expect(Number(packed.stdout)).toBeGreaterThan(1000);
    const archive = await pipeline([['tar', 'c', 'files'], ['gzip']], {
      cwd: scratchDirectory(),
      encoding: 'buffer',
    });
    const list = await pipeline([['gunzip'], ['tar', 't'], ['sort']], { stdin: archive.stdout });
    expect(list.stdout.split('\n')).toHaveLength(51);
  });

  it('sort | uniq -c | sort -rn | head', async () => {
    const words = Array.from({ length: 10_000 }, (_, i) => `word${Math.floor(Math.sqrt(i))}`).join('\n');
    const { stdout } = await pipeline([['sort'], ['uniq', '-c'], ['sort', '-rn'], ['head', '-3']], {
      input: `${words}\n`,
    });
    expect(stdout.trim().split(/\s+/)).toEqual(['199', 'word99', '197', 'word98', '195', 'word97']);
  });

  it.skipIf(!has('rsync'))('rsync -av | tail, with a list larger than a pipe', async () => {
    const from = join(scratchDirectory(), 'from');
    mkdirSync(from);
    for (let i = 0; i < 1500; i++)
      writeFileSync(join(from, `a file with a long name, number ${i}, and no content`), '');
    const { stdout, stages } = await pipeline([
      ['rsync', '-av', `${from}/`, `${join(scratchDirectory(), 'to')}/`],
      ['tail', '-1'],
    ]);
    expect(stdout).toMatch(/^total size is 0/);
    expect(stages[0].ok).toBe(true);
  });
});

describe('Many pipelines', () => {
  it('run side by side: 200 of three commands', async () => {
    const all = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        pipeline([['echo', `number ${i}`], ['cat'], ['tr', 'a-z', 'A-Z']]).then(({ stdout }) => stdout),
      ),
    );
    expect(all).toEqual(Array.from({ length: 200 }, (_, i) => `NUMBER ${i}`));
  });
});
