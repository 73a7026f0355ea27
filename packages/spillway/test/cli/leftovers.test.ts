import { describe, expect, it } from 'vitest';
import { checkForLeaks, isAlive, scratchDirectory, until } from '../helpers/leaks.js';
import { spillway } from './spillway.js';

checkForLeaks();

/** A daemon without any variable, so that no mark leads to it; prints its pid. */
const forgetful = `mkfifo fifo
  env -i setsid sh -c 'echo $$ >fifo; exec sleep 20' </dev/null >/dev/null 2>&1 &
  read -r pid <fifo; rm fifo; echo $pid`;

describe('spillway run --leftovers', () => {
  it('kill-all finds a daemon without its environment, as it becomes a child of spillway', async () => {
    const args = [
      'run',
      '--leftovers',
      'kill-all',
      '--json',
      '--cwd',
      scratchDirectory(),
      '--',
      'sh',
      '-c',
      forgetful,
    ];
    const { stdout, stderr } = await spillway(args);
    const { leftovers } = JSON.parse(stderr);
    expect(leftovers).toMatchObject([
      {
        pid: Number(stdout),
        command: expect.stringContaining('sleep 20'),
        descriptors: [],
        leftGroup: true,
        action: 'killed',
        signal: 'SIGTERM',
      },
    ]);
    expect(isAlive(Number(stdout))).toBe(false);
  });

  it('leaves a daemon alone by default, and reports it in --json', async () => {
    const args = ['run', '--json', '--cwd', scratchDirectory(), '--', 'sh', '-c', forgetful];
    const { stdout, stderr } = await spillway(args);
    const pid = Number(stdout);
    expect(isAlive(pid)).toBe(true);
    process.kill(pid, 'SIGKILL');
    await until(() => !isAlive(pid));
    expect(JSON.parse(stderr).leftovers).toMatchObject([{ pid, leftGroup: true, action: 'left' }]);
  });

  it('gives what is left the time of --leftovers-grace, and then kills it', async () => {
    const args = [
      'run',
      '--json',
      '--leftovers-grace',
      '100ms',
      '--',
      'sh',
      '-c',
      "trap '' TERM; sleep 20 &",
    ];
    const { stderr } = await spillway(args);
    const { leftovers, durationMs } = JSON.parse(stderr);
    expect(leftovers).toMatchObject([{ action: 'killed', signal: 'SIGKILL' }]);
    expect(durationMs).toBeGreaterThanOrEqual(100);
  });

  it('refuses another word', async () => {
    const { stderr, status } = await spillway(['run', '--leftovers', 'all', '--', 'true']);
    expect(stderr).toBe('spillway: --leftovers is "all"; allowed: kill, kill-all, wait, leave\n');
    expect(status).toBe(125);
  });
});
