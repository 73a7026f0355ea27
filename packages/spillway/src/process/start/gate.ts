/**
 * A start in two steps, for what must be in force before the program runs and cannot be said to posix_spawn:
 * its limits and its priority. A shell is started in the program's place and waits at a pipe. The limits are
 * laid on its process, the pipe lets it go, and it becomes the program by exec, which keeps them.
 */
import { accessSync, constants, statSync, writeSync } from 'node:fs';
import {
  closeDescriptor,
  createPipe,
  errnoOf,
  kill,
  type Resource,
  type SpawnRequest,
  SystemError,
  setLimit,
  setNice,
  signals,
  spawn,
} from '../../system/index.js';
import { reaper } from '../wait/index.js';

export interface Constraints {
  readonly limits: ReadonlyMap<Resource, number>;
  readonly nice: number | undefined;
}

const SHELL = '/bin/sh';
/** Of the shell; what the program gets besides its streams stands behind it. */
export const GATE_DESCRIPTOR = 3;
/** Without the line from here, as when this process is gone, there is nothing to run. */
export const GATE_SCRIPT = 'read -r go <&3 || exit 125; exec "$@" 3<&-';

/**
 * Starts the program with the constraints in force from its first instruction on. Throws SystemError; then
 * nothing runs.
 */
export function spawnConstrained(request: SpawnRequest, constraints: Constraints): number {
  const shell = (gate: number) => {
    const streams = request.descriptors.slice(0, GATE_DESCRIPTOR);
    const behind = request.descriptors.slice(GATE_DESCRIPTOR);
    return spawn({
      ...request,
      path: SHELL,
      argv: ['sh', '-c', GATE_SCRIPT, 'sh', request.path, ...request.argv.slice(1)],
      descriptors: [...streams, { kind: 'duplicate', of: gate }, ...behind],
    });
  };
  return behindGate(request.path, constraints, shell, (pid) => reaper.addInBackground(pid));
}

/**
 * `shell` starts `/bin/sh` with GATE_SCRIPT and the gate as descriptor 3; `abandon` is told of one that is
 * killed after all.
 */
export function behindGate(
  path: string,
  constraints: Constraints,
  shell: (gate: number) => number,
  abandon: (pid: number) => void,
): number {
  // The shell would say it on stderr, where nobody could tell it from the program's own words.
  requireExecutable(path);
  const gate = createPipe('making the pipe that holds the program back');
  try {
    const pid = shell(gate.read);
    try {
      constrain(pid, constraints);
      writeSync(gate.write, '\n');
    } catch (error) {
      abandon(pid);
      kill(pid, signals.SIGKILL);
      throw error;
    }
    return pid;
  } finally {
    closeDescriptor(gate.read);
    closeDescriptor(gate.write);
  }
}

function constrain(pid: number, { limits, nice }: Constraints): void {
  if (nice !== undefined) setNice(pid, nice);
  for (const [resource, value] of limits) {
    // At the soft limit comes SIGXCPU, which says why; at the hard one SIGKILL, for those who catch it
    // (setrlimit(2)).
    setLimit(pid, resource, value, resource === 'cpuSeconds' ? value + 1 : value);
  }
}

function requireExecutable(path: string): void {
  try {
    accessSync(path, constants.X_OK);
    if (statSync(path).isDirectory()) throw Object.assign(new Error('is a directory'), { code: 'EACCES' });
  } catch (error) {
    const { code = 'EACCES' } = error as NodeJS.ErrnoException;
    throw new SystemError('access', errnoOf[code as 'EACCES'] ?? errnoOf.EACCES, `starting ${path}`);
  }
}
