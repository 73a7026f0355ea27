/** A program whose working directory has been removed still runs commands. */
import { expect, it } from 'vitest';
import { checkForLeaks, scratchDirectory } from '../helpers/leaks.js';
import { runNode } from '../helpers/programs.js';

checkForLeaks();

it('a command runs though the working directory is removed, before it or meanwhile', async () => {
  const finished = await runNode(
    `
    import { mkdirSync, rmdirSync } from 'node:fs';
    const directory = process.argv[2] + '/gone';
    mkdirSync(directory);
    process.chdir(directory);
    const pending = start('cat', [], { stdin: 'pipe' });
    rmdirSync(directory);
    pending.stdin.end();
    console.log((await pending.result).cwd === directory);
    const { stdout, exitCode } = await run('echo', ['hi']);
    console.log(stdout, exitCode);
    console.log((await start('echo', ['hello'], { env: { PATH: ':x:/bin:/usr/bin' } }).result).stdout);
    `,
    { args: [scratchDirectory()] },
  );
  expect(finished).toMatchObject({ code: 0, stdout: 'true\nhi 0\nhello\n' });
});
