/** Process groups of the session that the child leads, such as the jobs of a shell on a terminal. */
import { foregroundGroup, kill, liveSessionGroups, SystemError } from '../../system/index.js';

/**
 * The groups in a session besides the leader's. The session keeps its number while a member lives or the
 * leader is a zombie, so no group here is a stranger's.
 *
 * Without /proc only the terminal's foreground group is found, through the terminal's master.
 */
export function otherSessionGroups(leader: number, master: number | undefined): readonly number[] {
  const groups = liveSessionGroups(leader) ?? foregroundOf(master);
  return groups.filter((group) => group !== leader);
}

function foregroundOf(master: number | undefined): number[] {
  if (master === undefined) return [];
  try {
    const group = foregroundGroup(master);
    return group > 0 ? [group] : [];
  } catch {
    // No session has it as its terminal any more.
    return [];
  }
}

/** Whether the signal reached a group. Another user's job (EPERM), as under sudo, is left to its parent. */
export function signalGroups(groups: readonly number[], signal: number): boolean {
  let reached = false;
  for (const group of groups) {
    try {
      reached = kill(-group, signal) || reached;
    } catch (error) {
      if (!(error instanceof SystemError && error.code === 'EPERM')) throw error;
    }
  }
  return reached;
}
