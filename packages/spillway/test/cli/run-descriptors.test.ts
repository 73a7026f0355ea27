/** What `spillway run` was given above stdin, stdout and stderr is its command's. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { pipe } from '../../src/channel.js';
import { run, start } from '../../src/index.js';
import { checkForLeaks, scratchDirectory } from '../helpers/leaks.js';
import { PROGRAM } from './spillway.js';

checkForLeaks();

const bash = (script: string) =>
  run('bash', ['-c', script], { env: { SPILLWAY: PROGRAM }, cwd: scratchDirectory() });

it('is read: process substitution, also through two of them and with a log', async () => {
  expect((await bash('"$SPILLWAY" run -- cat <(echo from bash)')).stdout).toBe('from bash');
  expect((await bash('"$SPILLWAY" run -- "$SPILLWAY" run -- cat <(echo nested)')).stdout).toBe('nested');
  expect((await bash('"$SPILLWAY" run --log log -- cat <(echo logged)')).stdout).toBe('logged');
});

it('is written, and nothing else is open', async () => {
  await bash('"$SPILLWAY" run -- sh -c "echo out >&7" 7>seven');
  expect(readFileSync(join(scratchDirectory(), 'seven'), 'utf8')).toBe('out\n');
  // The listing has one for itself.
  const { stdout } = await bash('"$SPILLWAY" run -- ls /proc/self/fd 6</dev/null');
  expect(stdout.split('\n')).toEqual(['0', '1', '2', '3', '6']);
});

it("is make's jobserver, which a make below takes part in", async () => {
  writeFileSync(join(scratchDirectory(), 'inner.mk'), 'all: a b\na b:\n\t@echo $@ "$(MAKEFLAGS)"\n');
  writeFileSync(join(scratchDirectory(), 'Makefile'), 'all:\n\t+@"$$SPILLWAY" run -- $(MAKE) -f inner.mk\n');
  const { stdout, stderr } = await bash('make -j3');
  expect(stdout).toMatch(/^b .*--jobserver-\w+=/m);
  expect(stderr).not.toContain('jobserver');
});

it('is a channel, whose name the command finds', async () => {
  const { reader, writer } = pipe<string>();
  const script = `import { inherited } from 'spillway/channel';
    const jobs = await inherited('jobs');
    console.log('got ' + (await jobs.receive()));
    jobs.close();`;
  const args = ['run', '--', process.execPath, '--input-type=module', '-e', script];
  const child = start(PROGRAM, args, { channels: { jobs: reader } });
  await writer.send('a job');
  expect((await child.result).stdout).toBe('got a job');
  writer.close();
});
