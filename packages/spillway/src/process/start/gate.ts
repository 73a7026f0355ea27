/**
 * A start in two steps, for limits and priority: both must be in force before the program runs, and
 * posix_spawn can set neither. A shell starts in the program's place and reads from a pipe, the gate. This
 * process then sets the limits of the shell and writes a line into the gate; the shell becomes the program by
 * exec, which keeps the limits.
 */
import { accessSync, constants, statSync, writeSync } from 'node:fs';
import { exactPath } from '../../base/index.js';
import {
  closeDescriptor,
  createPipe,
  duplicate,
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
/** If this process dies before it writes the line, the shell exits without running the program. */
export function gateScript(number: number): string {
  return `read -r go <&${number} || exit 125; exec "$@" ${number}<&-`;
}

/**
 * Starts the program with the constraints in force from its first instruction. `number`: the gate's in the
 * shell, which is closed when the program runs. Errors: SystemError.
 */
export function spawnConstrained(request: SpawnRequest, constraints: Constraints, number: number): number {
  const shell = (gate: number) => {
    const descriptors = Array.from(request.descriptors);
    while (descriptors.length < number) descriptors.push({ kind: 'closed' });
    descriptors[number] = { kind: 'duplicate', of: gate };
    return spawn({
      ...request,
      path: SHELL,
      argv: ['sh', '-c', gateScript(number), 'sh', request.path, ...request.argv.slice(1)],
      descriptors,
    });
  };
  return behindGate(request.path, constraints, shell, (pid) => reaper.addInBackground(pid));
}

/**
 * `shell` starts `/bin/sh` with the gate's script and the gate, a descriptor above 9. `abandon` receives the
 * pid of a shell that is killed because its constraints were refused.
 */
export function behindGate(
  path: string,
  constraints: Constraints,
  shell: (gate: number) => number,
  abandon: (pid: number) => void,
): number {
  // Otherwise the shell would report it on stderr, indistinguishable from output of the program.
  requireExecutable(path);
  const gate = createPipe('making the pipe that holds the program back');
  let read: number | undefined;
  try {
    // Above each number that it may get in the child: posix_spawn would overwrite a lower one.
    read = duplicate(gate.read, 10, 'passing on the pipe that holds the program back');
    const pid = shell(read);
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
    if (read !== undefined) closeDescriptor(read);
    closeDescriptor(gate.read);
    closeDescriptor(gate.write);
  }
}

function constrain(pid: number, { limits, nice }: Constraints): void {
  if (nice !== undefined) setNice(pid, nice);
  for (const [resource, value] of limits) {
    // SIGXCPU at the soft limit says why the program ended; SIGKILL at the hard limit ends one that catches
    // it (setrlimit(2)).
    setLimit(pid, resource, value, resource === 'cpuSeconds' ? value + 1 : value);
  }
}

function requireExecutable(path: string): void {
  try {
    accessSync(exactPath(path), constants.X_OK);
    if (statSync(exactPath(path)).isDirectory())
      throw Object.assign(new Error('is a directory'), { code: 'EACCES' });
  } catch (error) {
    const { code = 'EACCES' } = error as NodeJS.ErrnoException;
    throw new SystemError('access', errnoOf[code as 'EACCES'] ?? errnoOf.EACCES, `starting ${path}`);
  }
}
