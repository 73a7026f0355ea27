/** `spillway job` and `spillway worker` are commands of another package, where it is installed. */

import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkForLeaks, scratchDirectory } from '../../helpers/leaks.js';
import { endOf } from '../spillway.js';

checkForLeaks();

const source = fileURLToPath(new URL('../../../', import.meta.url));
const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));

/** spillway in a folder of its own, where no other package is found. */
function install(): string {
  const to = join(scratchDirectory(), 'modules/node_modules/spillway');
  mkdirSync(to, { recursive: true });
  for (const name of ['package.json', 'bin', 'dist/cjs'])
    cpSync(join(source, name), join(to, name), { recursive: true });
  return join(to, 'bin/spillway.cjs');
}

/** A stand-in for the package, below this folder. */
function installJobs(folder: string, program: string, dependency = version): void {
  const to = join(scratchDirectory(), folder, 'node_modules/spillway-jobs');
  mkdirSync(to, { recursive: true });
  const exports = { './cli': { default: './cli.js' }, './package.json': './package.json' };
  const description = { name: 'spillway-jobs', version: '9.8.7', type: 'module', exports };
  writeFileSync(
    join(to, 'package.json'),
    JSON.stringify({ ...description, dependencies: { spillway: dependency } }),
  );
  writeFileSync(join(to, 'cli.js'), program);
}

const ECHO = `export async function commandLine(words, tools) {
  await tools.writeAll(1, Buffer.from(JSON.stringify(words) + '\\n'));
  tools.say(tools.safeLine('said\\n' + tools.formatDuration(65_000)));
  console.error('warned');
  return 7;
}`;

function run(
  program: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv = {},
  cwd = scratchDirectory(),
) {
  return endOf(spawn(process.execPath, [program, ...words], { cwd, env: { ...process.env, ...env } }));
}

describe('spillway job and spillway worker', () => {
  it.each(['job', 'worker'])('say how to install their package where it is missing: %s', async (name) => {
    const { status, stdout, stderr } = await run(install(), [name, '--help']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe(
      `spillway: ${name} needs the package spillway-jobs, which is neither installed beside spillway nor ` +
        'in this directory; do: npm install spillway-jobs\n',
    );
  });

  it.each(['modules', 'project'])(
    'hand their words to the package in %s, and exit as it says',
    async (folder) => {
      const program = install();
      installJobs(folder, ECHO);
      const words = ['job', 'add', '--', 'make', '--help', 'a b'];
      const ended = await run(program, words, {}, join(scratchDirectory(), folder));
      expect(ended).toMatchObject({
        status: 7,
        stdout: `${JSON.stringify(words)}\n`,
        stderr: 'spillway: said\\n1 min 5 s\nwarned\n',
      });
    },
  );

  it('prefer the package beside spillway to that of the working directory', async () => {
    const program = install();
    installJobs('modules', ECHO);
    installJobs('project', 'throw new Error("the wrong one")');
    const ended = await run(program, ['worker'], {}, join(scratchDirectory(), 'project'));
    expect(ended).toMatchObject({ status: 7, stdout: '["worker"]\n' });
  });

  it('refuse a package that is for another spillway', async () => {
    const program = install();
    installJobs('modules', ECHO, '0.0.1');
    const { status, stdout, stderr } = await run(program, ['job', 'list']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('spillway-jobs 9.8.7 in ');
    expect(stderr).toContain(`is for spillway 0.0.1, and this is spillway ${version}; do: npm install`);
  });

  it('exit with 125 when the package fails', async () => {
    const program = install();
    installJobs('modules', 'throw new Error("broken\\u001b[2J")');
    const { status, stderr } = await run(program, ['job', 'list']);
    expect(status).toBe(125);
    expect(stderr).toMatch(/^spillway: job: internal error: Error: broken\\x1b\[2J\n/);
  });

  it('get words that are no UTF-8, and no variable of the launcher', async () => {
    const program = install();
    installJobs(
      'modules',
      `export async function commandLine(words) {
        console.log(words[1].charCodeAt(0).toString(16), process.env.SPILLWAY_INHERITED);
        return 0;
      }`,
    );
    const child = spawn('sh', ['-c', `exec sh "$0" job "$(printf '\\377')"`, program], {
      cwd: scratchDirectory(),
    });
    expect(await endOf(child)).toMatchObject({ status: 0, stdout: 'dcff undefined\n', stderr: '' });
  });

  it('are in the list of commands, with what they need', async () => {
    const { stdout } = await run(install(), ['--help']);
    const onOneLine = stdout.replace(/\s+/g, ' ');
    expect(onOneLine).toMatch(
      / job add, list, follow and stop durable jobs \(needs the package spillway-jobs\)/,
    );
    expect(onOneLine).toMatch(/ worker run durable jobs \(needs the package spillway-jobs\)/);
  });
});
