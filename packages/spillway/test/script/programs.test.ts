/** The programs of examples/scripts do what they say. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { $, run, start } from '../../src/index.js';
import { checkForLeaks, scratchDirectory } from '../helpers/leaks.js';

checkForLeaks();

const program = (name: string) =>
  fileURLToPath(new URL(`../../../../examples/scripts/${name}`, import.meta.url));

function put(name: string, text: string): string {
  const path = join(scratchDirectory(), name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

describe('examples/scripts/release.js', () => {
  const AUTHOR = {
    GIT_AUTHOR_NAME: 'a',
    GIT_AUTHOR_EMAIL: 'a',
    GIT_COMMITTER_NAME: 'a',
    GIT_COMMITTER_EMAIL: 'a',
  };

  it('tests, commits, tags and pushes; refuses what is not committed, and a second time', async () => {
    put('work/package.json', '{ "name": "x", "version": "0.0.1", "scripts": { "test": "echo tested" } }');
    const cwd = join(scratchDirectory(), 'work');
    const $$ = $({ cwd, env: AUTHOR, timeout: '30s' });
    await $$`git init --quiet --bare ../remote.git`;
    await $$`git init --quiet`;
    await $$`git remote add origin ../remote.git`;
    await $$`git add .`;
    await $$`git commit --quiet -m ${"it's the first"}`;
    const release = () =>
      run(process.execPath, [program('release.js'), '1.0.0'], {
        cwd,
        env: AUTHOR,
        check: false,
        timeout: '60s',
      });
    put('work/more', 'not committed');
    expect((await release()).stderr).toContain('release: not committed:\n?? more');
    await $$`git add .`;
    await $$`git commit --quiet -m second`;
    const { stdout, stderr, exitCode } = await release();
    expect(stdout).toContain("test │ tested\nreleased 1.0.0:\n- second\n- it's the first");
    expect(stderr).toContain('+ git push --atomic origin HEAD v1.0.0');
    expect(exitCode).toBe(0);
    const tag = await $$({ cwd: join(scratchDirectory(), 'remote.git') })`git cat-file -p v1.0.0`.text();
    expect(tag).toMatch(/1\.0\.0\n\n- second\n- it's the first$/);
    expect((await release()).stderr).toContain('release: the tag v1.0.0 is there already');
  });
});

describe('examples/scripts/lint.js', () => {
  it('runs all linters, shows their lines as they come, and fails when one does', async () => {
    const scripts = {
      'lint:one': 'echo first; echo second',
      'lint:other': 'echo wrong >&2; printf unfinished; exit 2',
      build: 'echo never',
    };
    put('package.json', JSON.stringify({ name: 'x', scripts }));
    const options = { cwd: scratchDirectory(), check: false, timeout: '60s' } as const;
    const { stdout, stderr, exitCode } = await run(process.execPath, [program('lint.js')], options);
    expect(stdout.split('\n').slice(0, -3).sort()).toEqual([
      'lint:one   │ first',
      'lint:one   │ second',
      'lint:other │ unfinished',
    ]);
    expect(stderr).toBe('lint:other │ wrong');
    expect(stdout.split('\n').slice(-3).join('\n')).toMatch(
      /^ok {5}lint:one .* s\nFAILED lint:other .* s\n1 of 2 passed in \d+ ms$/,
    );
    expect(exitCode).toBe(1);
  });
});

describe('examples/scripts/dev.js', () => {
  it('starts the server anew after a change and after a crash, and ends all of it on Ctrl-C', async () => {
    const server = put(
      'src/server.sh',
      'mode=$(cat src/mode); echo warning >&2; echo "listening $mode"; sleep 60 &\n' +
        '[ "$mode" = run ] && wait; exit 7\n',
    );
    put('src/mode', 'run');
    const words = ['--watch', 'src', '--', 'sh', server];
    const dev = start(process.execPath, [program('dev.js'), ...words], {
      cwd: scratchDirectory(),
      timeout: '60s',
    });
    const sees = (line: string) => dev.stdout.until(line, { timeout: '50s' });
    await sees('server │ listening run');
    await sees('dev    │ ready');
    put('src/mode', 'crash');
    await sees('dev    │ a file has changed');
    await sees('server │ listening crash');
    await sees('dev    │ the server ended (7)');
    put('src/mode', 'run');
    await sees('server │ listening run');
    dev.kill('SIGINT');
    const { stdout, exitCode } = await dev.result;
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/dev {4}│ ended$/);
  });
});
