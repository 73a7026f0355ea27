/** Windows has neither groups nor signals: taskkill ends the tree below a process that still exists. */
import { constants } from 'node:os';
import { builtin } from '../../base/index.js';
import { kill } from '../process/index.js';

/**
 * Ends a process and those below it. Where taskkill is missing or fails (access denied, one without /T), at
 * least the process itself, unless it has ended meanwhile.
 */
export function endTree(pid: number, hasEnded: () => boolean, taskkill = 'taskkill'): void {
  const child = builtin('child_process').spawn(taskkill, ['/pid', String(pid), '/T', '/F'], {
    stdio: 'ignore',
    windowsHide: true,
  });
  const endAlone = () => {
    if (hasEnded()) return;
    try {
      kill(pid, constants.signals.SIGKILL);
    } catch {
      // It may not be ended by this user; the result says that it lives.
    }
  };
  child.on('error', endAlone);
  child.on('exit', (code) => {
    if (code !== 0) endAlone();
  });
}
