/** Plain reads of Linux's /proc (proc(5)). Each answers undefined where there is no /proc, or it may not be read. */
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessStat {
  readonly pid: number;
  /** `R`, `S`, `D`, `T`, `Z`, `X`, … (proc_pid_stat(5)). */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
}

/** One process's line in /proc, or undefined when it is gone. */
export function processStat(pid: number): ProcessStat | undefined {
  let line: string;
  try {
    line = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The command stands in parentheses and may hold anything, parentheses and newlines included: the last one ends it.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const [state, parent, group, session] = fields;
  if (state === undefined || session === undefined) return undefined;
  return { pid, state, parent: Number(parent), group: Number(group), session: Number(session) };
}

/** The live members of a process group: zombies and the dead are not counted. */
export function liveGroupMembers(group: number): number[] | undefined {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return undefined;
  }
  const members: number[] = [];
  for (const name of names) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const stat = processStat(pid);
    if (stat?.group === group && stat.state !== 'Z' && stat.state !== 'X') members.push(pid);
  }
  return members;
}
