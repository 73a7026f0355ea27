/** Starts the guard's process, by the backend of this thread. */
import { accessSync, constants } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { builtin, GUARD_NAME } from '../../base/index.js';
import {
  closeDescriptor,
  createPipe,
  errnoOf,
  processStat,
  type SpawnRequest,
  SystemError,
} from '../../system/index.js';
import { MARK_OF_THIS_PROCESS } from '../mark.js';
import { inCall, type Steps, TURN } from '../queue/index.js';
import { mayStartByPosix, requireDescriptors } from '../start/index.js';
import { reaper } from '../wait/index.js';
import { GUARD_SCRIPT, GUARD_TOOLS, PROBE, WATCHES_LEASES } from './guard-script.js';

export interface GuardProcess {
  readonly pid: number;
  /** The write end of the pipe on which the guard waits for end of file, if its number is known. */
  readonly lifeline: number | undefined;
  /** Ends the guard's input: it does its work and exits. */
  close(): void;
}

const SHELL = '/bin/sh';
const argumentsOf = (watchesLeases: boolean) => [
  '-c',
  GUARD_SCRIPT,
  GUARD_NAME,
  MARK_OF_THIS_PROCESS,
  ...(watchesLeases ? [WATCHES_LEASES] : []),
];

/** The system's directories first: the program's own may contain anything. */
const pathOfGuard = () => ['/usr/bin', '/bin', ...(process.env.PATH ?? '').split(':')];

/** Why a guard would end nothing; undefined if it can work. */
export function guardObstacle(): string | undefined {
  if (processStat(process.pid) === undefined)
    return 'the guard finds processes in /proc, which cannot be read';
  const missing = GUARD_TOOLS.filter(
    (tool) => !pathOfGuard().some((directory) => isThere(join(directory, tool))),
  );
  return missing.length === 0
    ? undefined
    : `the guard needs ${missing.join(' and ')}, which PATH does not have`;
}

function isThere(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Starts the guard, which does not hold the event loop; calls `ended` at its exit. Errors: SystemError. */
export function startGuard(
  records: number,
  watchesLeases: boolean,
  ended: (pid: number) => void,
): Steps<GuardProcess> {
  const words = argumentsOf(watchesLeases);
  // Without the mark of an outer run, whose cleanup would kill the guard as a leftover.
  const variables = { PATH: pathOfGuard().join(':'), LC_ALL: 'C', [PROBE]: 'yes' };
  return mayStartByPosix()
    ? byPosix(words, records, variables, ended)
    : inCall(() => byNode(words, records, variables, ended));
}

function* byPosix(
  words: readonly string[],
  records: number,
  variables: Record<string, string>,
  ended: (pid: number) => void,
): Steps<GuardProcess> {
  yield TURN;
  const { read, write } = createPipe('making the pipe of the guard');
  try {
    const nowhere = { kind: 'open', path: '/dev/null', flags: constants.O_RDWR } as const;
    const request: SpawnRequest = {
      path: SHELL,
      argv: ['sh', ...words],
      environment: Object.entries(variables).map(([name, value]) => `${name}=${value}`),
      cwd: '/',
      descriptors: [{ kind: 'duplicate', of: read }, nowhere, nowhere, { kind: 'duplicate', of: records }],
      leads: 'session',
      variable: undefined,
      terminal: undefined,
    };
    const pid = yield { is: 'spawn', request };
    reaper.addInBackground(pid, () => ended(pid));
    return { pid, lifeline: write, close: () => closeDescriptor(write) };
  } catch (error) {
    closeDescriptor(write);
    throw error;
  } finally {
    closeDescriptor(read);
  }
}

/** In a worker thread the guard also notices the end of the thread, which closes the thread's sockets. */
function byNode(
  words: readonly string[],
  records: number,
  env: Record<string, string>,
  ended: (pid: number) => void,
): GuardProcess {
  requireDescriptors(1, 'starting the guard');
  const child = builtin('child_process').spawn(SHELL, words, {
    argv0: 'sh',
    env,
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore', records],
  });
  const { pid } = child;
  const stdin = child.stdin as Socket;
  child.on('error', () => {});
  stdin.on('error', () => {});
  if (pid === undefined) {
    stdin.destroy();
    throw new SystemError('spawn', errnoOf.EAGAIN, 'starting the guard');
  }
  child.on('exit', () => ended(pid));
  child.unref();
  // Bun's stream of a child has no unref.
  (stdin as Partial<Socket>).unref?.();
  // Private to Node; only tests use it.
  const lifeline = (stdin as unknown as { _handle?: { fd?: number } })._handle?.fd;
  return { pid, lifeline, close: () => stdin.destroy() };
}
