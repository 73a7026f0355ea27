/** setpgid(2). */
import { bind } from '../libc/index.js';

const setpgid = bind<(pid: number, group: number) => number>('int setpgid(int pid, int group)');

/**
 * This process leads a process group of its own from now on. setpgid fails for the leader of a session, which
 * leads its own group already.
 */
export function leadOwnGroup(): void {
  setpgid(0, 0);
}
