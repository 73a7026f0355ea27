/** In which call a process sleeps, as /proc shows it. */
import { DoctorError, takeSnapshot } from '../../doctor/index.js';
import { processStat, showsOwnProcesses } from '../../system/index.js';
import { CannotRun } from '../notes.js';
import { eventually } from './conditions.js';

/** Throws CannotRun without a /proc that shows this process's own namespace. */
export function requireProc(): void {
  if (process.platform !== 'linux')
    throw new CannotRun(`only Linux has /proc, and this is ${process.platform}`);
  if (!showsOwnProcesses())
    throw new CannotRun(
      'what a process waits for is read from /proc, which is not mounted here for this namespace',
    );
}

/**
 * Waits until a process sleeps in one of these calls, and gives its name: `read`, or for a process whose
 * calls may not be read, the kernel's function, such as `pipe_read`. What it does instead otherwise. Throws
 * CannotRun when it was still busy: a slow machine is no difference.
 */
export async function sleepOf(pid: number, calls: readonly string[]): Promise<string> {
  requireProc();
  let last = 'nothing';
  const found = await eventually(() => {
    last = doingOf(pid);
    return calls.find((call) => last === call || last.endsWith(`pipe_${call}`));
  });
  if (found === undefined && BUSY.includes(last))
    throw new CannotRun(`process ${pid} was still busy: ${last}`);
  return found ?? last;
}

const BUSY = ['running', 'execve', 'state R', 'state D', 'R', 'D'];

function doingOf(pid: number): string {
  try {
    const record = takeSnapshot({ pids: [pid], mayHaveEnded: true }).processes.find((one) => one.pid === pid);
    if (!record) return 'it is gone';
    if (record.state === 'Z') return 'it has exited';
    const [thread] = record.threads;
    if (thread?.call) return thread.call.name;
    if (thread?.waitChannel !== undefined) return thread.waitChannel;
    const refused = record.unreadable.find(({ what }) => what === 'calls');
    if (refused) throw new CannotRun(`the calls of process ${pid} cannot be read: ${refused.reason}`);
    return `state ${record.state}`;
  } catch (error) {
    if (error instanceof DoctorError) throw new CannotRun(error.message);
    throw error;
  }
}

/** Waits for one of these states (proc_pid_stat(5)), or `gone`, and gives what it is in the end. */
export async function stateOf(pid: number, ...wanted: readonly string[]): Promise<string> {
  requireProc();
  const state = () => processStat(pid)?.state ?? 'gone';
  const found = (await eventually(() => wanted.find((one) => one === state()))) ?? state();
  if (!wanted.includes(found) && BUSY.includes(found)) throw new CannotRun(`process ${pid} was still busy`);
  return found;
}
