/** Children started by the call itself: no part of the library waits for them. */

import { lookUpProgram } from '../../process/index.js';
import { kill, peekChild, reap, signals, spawn } from '../../system/index.js';
import { eventually } from './conditions.js';
import { need } from './programs.js';

const INHERIT_NOTHING = [0, 1, 2].map(() => ({ kind: 'open', path: '/dev/null', flags: 2 }) as const);

/** Starts a program by posix_spawn(3), and returns its pid. It must be reaped. */
export function startRaw(leads: 'group' | 'session' | 'nothing', file: string, ...args: string[]): number {
  need(file);
  return spawn({
    path: lookUpProgram(file, process.env.PATH, undefined).found as string,
    argv: [file, ...args],
    environment: undefined,
    variable: undefined,
    cwd: undefined,
    descriptors: INHERIT_NOTHING,
    leads,
    terminal: undefined,
  });
}

/** Waits until a child has exited, without reaping it. */
export async function exited(pid: number): Promise<boolean> {
  return (await eventually(() => (peekChild(pid) === 'running' ? undefined : true))) ?? false;
}

/** Ends and reaps it. */
export async function endRaw(pid: number): Promise<void> {
  if (peekChild(pid) === 'lost') return;
  kill(pid, signals.SIGKILL);
  await exited(pid);
  reap(pid);
}

/** What kill(pid, 0) says. */
export function killWord(pid: number, signal = 0): string {
  try {
    return kill(pid, signal) ? 'succeeds' : 'ESRCH';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
