/** Giving up what root may do. */
import { CannotRun } from '../notes.js';

/** The kernel's overflow user, which owns no files and has no privileges (user_namespaces(7)). */
const OVERFLOW_USER = 65534;

/** Calls it without root's privileges, where this process has them: they go with the effective user. */
export function withoutPrivilege<T>(act: () => T): T {
  if (process.geteuid?.() !== 0) return act();
  try {
    process.seteuid?.(OVERFLOW_USER);
  } catch (error) {
    throw new CannotRun(`root cannot be given up here: ${(error as Error).message}`);
  }
  try {
    return act();
  } finally {
    process.seteuid?.(0);
  }
}

/** This process is the overflow user's from here on. Throws CannotRun for any but root. */
export function becomeOverflowUser(why: string): void {
  if (process.geteuid?.() !== 0) throw new CannotRun(`only root can become another user, and ${why}`);
  try {
    process.setgroups?.([]);
    process.setgid?.(OVERFLOW_USER);
    process.setuid?.(OVERFLOW_USER);
  } catch (error) {
    throw new CannotRun(`root cannot become another user here: ${(error as Error).message}`);
  }
}
