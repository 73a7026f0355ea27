/** The package where koffi is missing, or has no binary: everything runs with node:child_process. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkForLeaks, isAlive, scratchDirectory } from './helpers/leaks.js';

checkForLeaks();

const root = fileURLToPath(new URL('../../../', import.meta.url));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const WARNING =
  /^.*warning: the C library cannot be called: @koromix\/koffi-.* So children are started by node:child.*\n/i;

/** Copies the built package to a place from where no koffi is found, and runs Node there. */
function runNode(args: readonly string[], input = '', variable = ''): Promise<Ended> {
  const home = join(scratchDirectory(), 'node_modules');
  mkdirSync(home, { recursive: true });
  for (const name of ['dist', 'bin', 'package.json'])
    cpSync(join(root, 'packages/spillway', name), join(home, 'spillway', name), { recursive: true });
  return new Promise((resolve) => {
    const options = {
      cwd: dirname(home),
      env: { ...process.env, SPILLWAY_BACKEND: variable },
      timeout: 30_000,
    };
    const child = execFile(process.execPath, args, options, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}

function runScript(script: string, variable?: string): Promise<Ended> {
  writeFileSync(join(scratchDirectory(), 'script.mjs'), `import { run, start } from 'spillway';\n${script}`);
  return runNode(['script.mjs'], '', variable);
}

const command = ['node_modules/spillway/bin/spillway.cjs', 'run'];

describe('Without koffi', () => {
  it('run() has output, input, lines, errors, and the end of the process group', async () => {
    const { stdout, stderr } = await runScript(`
      console.log((await run('sh', ['-c', 'cat; echo err >&2'], { input: 'in ', stderr: 'stdout' })).stdout);
      for await (const line of start('seq', ['3']).stdout.lines()) console.log(line);
      const error = await run('sh', ['-c', 'sleep 60 | sleep 60'], { timeout: 300 }).catch((e) => e);
      console.log(error.result.reason, error.result.durationMs < 10000);
      console.log((await run('/no/such/program').catch((e) => e)).code);
      console.log((await run('sh', ['-c', 'sleep 60 & echo $!'])).stdout);
    `);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.slice(0, -1).join('\n')).toBe('in err\n1\n2\n3\ntimeout true\nENOENT');
    expect(stderr).toMatch(WARNING);
    expect(stderr.match(/SpillwayWarning/g)).toHaveLength(1);
    expect(isAlive(Number(lines.at(-1)))).toBe(false);
  });

  it('SPILLWAY_BACKEND=posix is an error that says why', async () => {
    const script = "console.log(await run('true').catch(({ code, message }) => code + ' ' + message));";
    const { stdout } = await runScript(script, 'posix');
    expect(stdout).toMatch(
      /^ENOTSUP cannot start true: .*the C library cannot be called: .*koffi-.*; leave the/,
    );
  });

  it('spillway run has its limits and its exit status', async () => {
    const ended = await runNode([...command, '--', 'sh', '-c', 'cat; exit 4'], 'through');
    expect(ended).toMatchObject({ code: 4, stdout: 'through' });
    expect(ended.stderr.replace(WARNING, '')).toBe('');
    const late = await runNode([...command, '--timeout', '300ms', '--', 'sh', '-c', 'echo out; sleep 60']);
    expect(late).toMatchObject({ code: 124, stdout: 'out\n' });
    expect(late.stderr.replace(WARNING, '')).toMatch(/^spillway: sh .* timed out after/);
  });

  it('SPILLWAY_BACKEND=node accepts it without a warning', async () => {
    expect(await runScript("console.log((await run('echo', ['out'])).stdout);", 'node')).toEqual({
      code: 0,
      stdout: 'out\n',
      stderr: '',
    });
  });

  it('what needs the system calls says why they are missing, and what to do', async () => {
    const { stdout } = await runScript(`
      import { pipeline, runSync } from 'spillway';
      import { pipe } from 'spillway/channel';
      import { createPipe } from 'spillway/pipe';
      const calls = [
        () => runSync('true'), () => pipeline([['true']]), () => pipe(), () => createPipe(),
        () => run('true', { pty: true }), () => run('true', { pipeCapacity: 4096 }),
        () => run('true', { nice: 1 }), () => run('true', { limits: { openFiles: 99 } }),
      ];
      for (const call of calls) {
        try {
          await call();
          console.log('no error');
        } catch ({ message }) {
          console.log(message);
        }
      }
    `);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(8);
    for (const line of lines) expect(line).toMatch(/@koromix\/koffi-.* install spillway with its optional/);
  });

  it('spillway timeout, which has no other way, says so', async () => {
    const { code, stderr } = await runNode([command[0] as string, 'timeout', '10', 'true']);
    expect(code).toBe(125);
    expect(stderr).toMatch(/^timeout: cannot work on this machine: .*koffi/);
  });
});
