/** Words and variables of the command line that are not UTF-8. */
import { execFile } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { checkForLeaks, scratchDirectory } from '../../helpers/leaks.js';
import { MAIN } from '../spillway.js';

checkForLeaks();

interface Said {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A shell script in an empty directory, in which `spillway` is the command; `$x` is the byte 0xff,
 * and `$w` a word with it.
 */
function script(text: string): Promise<Said> {
  const start = `spillway() { "${process.execPath}" "${MAIN}" "$@"; }`;
  const words = `x=$(printf '\\377'); w="$x"b; w="a$w"; cd "$0"`;
  return new Promise((resolve) => {
    execFile(
      'sh',
      ['-c', `${start}; ${words}; ${text}`, scratchDirectory()],
      { encoding: 'latin1' },
      (_error, stdout, stderr) => resolve({ stdout, stderr }),
    );
  });
}

describe('Bytes that are not UTF-8', () => {
  it.each([
    ['in an argument', 'spillway run -- printf %s "$w"'],
    ['in --env', 'spillway run --env "V=$w" -- sh -c \'printf %s "$V"\''],
    ['in a variable', 'V="$w"; export V; spillway run -- sh -c \'printf %s "$V"\''],
    ['in a variable beside --env', 'V="$w"; export V; spillway run -e W=1 -- sh -c \'printf %s "$V"\''],
    ['in --cwd', 'mkdir "$w"; spillway run --cwd "$w" -- sh -c \'basename "$(pwd -P)" | tr -d "\\\\n"\''],
  ])('reach the command %s', async (_, text) => {
    expect(await script(text)).toEqual({ stdout: 'a\xffb', stderr: '' });
  });

  it.each(['run --', 'timeout 10'])('reach the command through spillway %s within another', async (outer) => {
    const text = `V="a$x"; export V
      export SPILLWAY_NODE="${process.execPath}" SPILLWAY_MAIN="${MAIN}"
      spillway ${outer} "$SPILLWAY_NODE" "$SPILLWAY_MAIN" run -- sh -c 'printf %s "$V$1"' sh "\${x}b"`;
    expect(await script(text)).toEqual({ stdout: 'a\xff\xffb', stderr: '' });
  });

  it.each(['run --', 'timeout 10'])('are part of the PATH that spillway %s searches', async (command) => {
    const text = `mkdir "p$x"; printf '#!/bin/sh\\necho found' >"p$x/prog"; chmod +x "p$x/prog"
      export PATH="$PWD/p$x:$PATH"; spillway ${command} prog`;
    expect(await script(text)).toEqual({ stdout: 'found\n', stderr: '' });
  });

  it('are part of the names of --log and --json-file', async () => {
    const text =
      'spillway run --log "l$x" --json-file "j$x" -- echo hi; cat "l$x"; grep -c exitCode "j$x"; ls';
    expect((await script(text)).stdout).toBe('hi\nhi\n1\nj\xff\nl\xff\n');
  });

  it('are part of PWD, which follows --cwd', async () => {
    const { stdout } = await script('mkdir "$w"; spillway run --cwd "$w" -- printenv PWD');
    expect(stdout).toBe(`${scratchDirectory()}/a\xffb\n`);
  });

  it('are shown in messages as a shell takes them', async () => {
    const { stderr } = await script('spillway run -- "./no$x"');
    expect(stderr).toMatch(/cannot start \$'\.\/no\\xff': .* does not exist \(ENOENT\)/);
  });

  it('that node:child_process cannot pass on are a warning', async () => {
    const { stdout, stderr } = await script(
      'V="$x"; export V SPILLWAY_BACKEND=node; spillway run -- echo hi',
    );
    expect(stdout).toBe('hi\n');
    expect(stderr).toMatch(/^spillway: warning: .* UTF-8 .* "V"/);
  });
});
