/** The jobs of a shell on a terminal: process groups of the session that the child leads. */
import { foregroundGroup, kill, liveSessionGroups, SystemError } from '../../system/index.js';

/**
 * The groups in a session besides the leader's own. Its number belongs to it for as long as a member lives,
 * or the leader is a zombie, so none of these is a stranger.
 *
 * Without /proc only the terminal's foreground group can be found, by its master.
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

/**
 * Whether one of them could be signalled. A job that runs as another user, as of sudo, is left to whoever
 * started it.
 */
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
