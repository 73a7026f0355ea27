/** What a command of a template prints: itself, and its output with a prefix. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backend } from '../helpers/backend.js';
import { checkForLeaks, scratchDirectory } from '../helpers/leaks.js';
import { runNode } from '../helpers/programs.js';

checkForLeaks();

describe('echo', () => {
  it('prints a command as it would be typed, and how long it took', async () => {
    const { stderr, stdout } = await runNode(`
      const $$ = $.with({ echo: true });
      await $$\`echo \${'a b'} "c" > /dev/null 2>&1\`;
      await $$({ check: false })\`sh -c 'exit 3'\`;
      await $$\`sh -c 'exit 4'\`.catch(() => {});
      await $$\`spillway-no-such-program\`.catch(() => {});
      await $$\`cat < \${Buffer.from('x')}\`;
      await $$.sh\`echo \${'a b'}; exit 0\`;
      await $$({ stdout: 'ignore' })\`true\`.start().result;
      await $({ echo: false })\`true\`;
    `);
    expect(stdout).toBe('');
    const lines = stderr.replaceAll(/# (failed after )?[\d.]+ m?s/g, '# $1TIME').split('\n');
    expect(lines).toEqual([
      "+ echo 'a b' c > /dev/null 2>&1",
      "+ echo 'a b' c > /dev/null 2>&1  # TIME",
      "+ sh -c 'exit 3'",
      "+ sh -c 'exit 3'  # failed after TIME",
      "+ sh -c 'exit 4'",
      "+ sh -c 'exit 4'  # failed after TIME",
      '+ spillway-no-such-program',
      '+ spillway-no-such-program  # failed after TIME',
      '+ cat < …',
      '+ cat < …  # TIME',
      "+ echo 'a b'; exit 0",
      "+ echo 'a b'; exit 0  # TIME",
      '+ true',
      '+ true  # TIME',
      '',
    ]);
  });

  it('prints what a function makes of each word, before it is quoted', async () => {
    const { stderr } = await runNode(`
      const secret = "it's";
      const $$ = $({ echo: (word) => word.replaceAll(secret, '***') });
      const directory = ${JSON.stringify(scratchDirectory())};
      await $$\`echo --token=\${secret} "a \${secret}" > \${directory}/\${secret}\`;
      await $$.sh\`echo "\${secret}" \${[secret]}\`;
    `);
    expect(stderr).toContain("+ echo '--token=***' 'a ***' > ");
    expect(stderr).toContain(`+ echo "***" '***'\n`);
    expect(stderr).not.toContain("it's");
    expect(stderr).not.toContain("it'\\''s");
  });

  it('prints nothing that a terminal would act on', async () => {
    const { stderr } = await runNode(`await $({ echo: true })\`echo \${'\\x1b[2J'}\`;`);
    expect(stderr).not.toContain('\x1b');
    const shell = await runNode(`await $({ echo: true }).sh\`echo \${'\\x1b[2J'}\`;`);
    expect(shell.stderr).not.toContain('\x1b');
  });
});

describe('prefix', () => {
  it('prints each line of both streams behind it, and keeps the output', async () => {
    const { stdout, stderr } = await runNode(`
      const command = $({ prefix: 'api │ ' })\`sh -c 'echo out; echo err >&2; printf end'\`;
      console.log(JSON.stringify((await command).stdout), (await command).stderr);
    `);
    expect(stdout).toBe('api │ out\napi │ end\n"out\\nend" err\n');
    expect(stderr).toBe('api │ err\n');
  });

  it('never mixes lines of commands that run side by side', async () => {
    const { stdout } = await runNode(`
      const line = 'x'.repeat(1000);
      const write = 'for (let i = 0; i < 100; i++) process.stdout.write(process.argv[1] + "\\\\n")';
      await Promise.all(['a', 'b', 'c'].map((name) =>
        $({ prefix: name + ' ', stdout: 'ignore' })\`\${process.execPath} -e \${write} \${name + line}\`));
    `);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(300);
    for (const line of lines) expect(line).toMatch(/^(a a|b b|c c)x{1000}$/);
  });

  it('splits no character, and shows what is left of a line that is written over', async () => {
    const program = join(scratchDirectory(), 'writes.mjs');
    writeFileSync(
      program,
      `const bytes = Buffer.from('é10%\\r90%\\r\\nend\\r\\n');
       for (const byte of bytes) { process.stdout.write(Buffer.of(byte)); await new Promise(setImmediate); }`,
    );
    const { stdout } = await runNode(
      `await $({ prefix: '> ' })\`\${process.execPath} \${${JSON.stringify(program)}}\`;`,
    );
    expect(stdout).toBe('> 90%\n> end\n');
  });

  it('has its colours on a terminal alone', async () => {
    const { stdout } = await runNode(`await $({ prefix: '\\x1b[31mapi\\x1b[39m ' })\`echo a\`;`);
    expect(stdout).toBe('api a\n');
  });

  it('goes where the command is redirected not, and where it is merged once', async () => {
    const path = join(scratchDirectory(), 'log');
    const { stdout, stderr } = await runNode(`
      const $$ = $({ prefix: '| ' });
      await $$\`sh -c 'echo out; echo err >&2' > ${path}\`;
      await $$\`sh -c 'echo out2; echo err2 >&2' 2>&1\`;
      await $$({ stdout: 'inherit' })\`echo plain\`;
      await $$\`echo started\`.start().result;
    `);
    expect(stdout).toBe('| out2\n| err2\n| plain\n| started\n');
    expect(stderr).toBe('| err\n');
  });

  it.runIf(backend === 'posix')('holds for a terminal of its own, which is one stream', async () => {
    const { stdout } = await runNode("await $({ prefix: 't ', pty: true })`sh -c 'echo a; echo b >&2'`;");
    expect(stdout).toBe('t a\nt b\n');
  });

  it.runIf(backend === 'posix')('holds for pipelines and for $.sync', async () => {
    const { stdout, stderr } = await runNode(`
      await $({ prefix: 'p ' })\`sh -c 'echo a; printf one >&2' | sh -c 'cat; printf two >&2'\`;
      $({ prefix: 's ' }).sync\`printf b\`;
    `);
    expect(stdout).toBe('p a\ns b\n');
    expect(stderr.split('\n').sort()).toEqual(['', 'p one', 'p two']);
  });

  it('is an option of run and start too, with a list of targets and for the last line', async () => {
    const { stdout, stderr } = await runNode(`
      const command = ['-c', 'echo out; printf end; printf err >&2'];
      const result = await run('sh', command, { prefix: 'run │ ' });
      await start('sh', command, { prefix: 'start │ ' }).result;
      await run('sh', command, { prefix: 'list │ ', stdout: ['capture', { file: 'log' }], stderr: 'stdout' });
      await run('sh', command, { prefix: 'file │ ', stdout: { file: 'log' }, stderr: 'ignore' });
      console.log(JSON.stringify([result.stdout, result.stderr]));
    `);
    const lines = (text: string) => text.trimEnd().split('\n');
    expect(lines(stdout)).toEqual([
      'run │ out',
      'run │ end',
      'start │ out',
      'start │ end',
      'list │ out',
      'list │ enderr',
      '["out\\nend","err"]',
    ]);
    expect(lines(stderr)).toEqual(['run │ err', 'start │ err', 'file │ err']);
  });

  it('prints an unfinished line when a timeout, a signal or an abort ends it', async () => {
    const { stdout, code } = await runNode(`
      const command = ['-c', 'printf "$0"; exec sleep 60'];
      const ended = async (name, options) => {
        const stop = new AbortController();
        const child = start('sh', [...command, name], {
          prefix: '> ', check: false, diagnose: false, signal: stop.signal, ...options,
        });
        await child.stdout[Symbol.asyncIterator]().next();
        return { child, stop };
      };
      const timed = await ended('timeout', { timeout: 1000, stdout: ['stream', 'capture'] });
      const killed = await ended('signal', {});
      killed.child.kill('SIGKILL');
      const aborted = await ended('abort', {});
      aborted.stop.abort();
      const left = await ended('terminate', {});
      await left.child.terminate();
      for (const { child } of [killed, aborted, left, timed]) console.log((await child.result).reason);
    `);
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.filter((line) => line.startsWith('>')).sort()).toEqual([
      '> abort',
      '> signal',
      '> terminate',
      '> timeout',
    ]);
  });

  it.runIf(backend === 'posix')('is an option of runSync, pipelines and each command of one', async () => {
    const { stdout, stderr } = await runNode(`
      runSync('sh', ['-c', 'echo a; printf b'], { prefix: 'sync │ ' });
      const both = ['sh', '-c', 'cat; printf last >&2'];
      await pipeline([['echo', 'one'], both], { prefix: 'pipe │ ' });
      await startPipeline([['echo', 'two'], { file: 'sh', args: both.slice(1), prefix: 'own │ ' }]).result;
    `);
    expect(stdout).toBe('sync │ a\nsync │ b\npipe │ one\nown │ two\n');
    expect(stderr).toBe('pipe │ last\nown │ last\n');
  });
});
