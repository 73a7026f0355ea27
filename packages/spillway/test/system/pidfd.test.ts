import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { start } from '../../src/index.js';
import { openPidfd, SystemError, signalPidfd, signals } from '../../src/system/index.js';
import { checkForLeaks, until } from '../helpers/leaks.js';

checkForLeaks();

/** Above any pid_max. */
const FREE_PID = 2 ** 22 + 1;

describe('openPidfd()', () => {
  it('returns a descriptor through which signals reach the process', async () => {
    const child = start('sleep', ['20'], { check: false });
    const pidfd = openPidfd(child.pid) as number;
    expect(signalPidfd(pidfd, 0)).toBe(true);
    expect(signalPidfd(pidfd, signals.SIGUSR1)).toBe(true);
    expect(await child.result).toMatchObject({ signal: 'SIGUSR1' });
    expect(signalPidfd(pidfd, signals.SIGKILL)).toBe(false);
    closeSync(pidfd);
  });

  it('returns undefined for a process that has gone', async () => {
    expect(openPidfd(FREE_PID)).toBeUndefined();
    const child = spawn('true');
    await once(child, 'exit');
    await until(() => openPidfd(child.pid as number) === undefined);
  });

  it.each([0, -1])('refuses %i, which is no pid', (pid) => {
    expect(() => openPidfd(pid)).toThrow(SystemError);
    expect(() => openPidfd(pid)).toThrow(/pidfd_open: .*EINVAL/);
  });
});

describe('signalPidfd()', () => {
  it('refuses a descriptor that is no pidfd', () => {
    expect(() => signalPidfd(1_000_000, 0)).toThrow(/pidfd_send_signal: .*EBADF/);
  });
});
