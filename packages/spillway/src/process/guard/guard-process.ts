/** The process of the guard, started as this thread starts children. */
import { spawn as spawnByNode } from 'node:child_process';
import { constants } from 'node:fs';
import type { Socket } from 'node:net';
import { closeDescriptor, createPipe, errnoOf, SystemError, spawn } from '../../system/index.js';
import { mayStartByPosix, requireDescriptors } from '../start/index.js';
import { reaper } from '../wait/index.js';
import { GUARD_SCRIPT } from './guard-script.js';

export interface GuardProcess {
  readonly pid: number;
  /** The descriptor of which the guard waits for the end, if it can be told. */
  readonly lifeline: number | undefined;
  /** At the end of its input it does its work, and ends. */
  close(): void;
}

const SHELL = '/bin/sh';
const ARGUMENTS = ['-c', GUARD_SCRIPT, 'spillway-guard'];

/** Starts it, holding nothing alive here; `ended` is called when it is over. Errors: SystemError. */
export function startGuard(records: number, ended: (pid: number) => void): GuardProcess {
  // Not the mark of the run that this program may itself be part of: nobody's cleaning up is to end it.
  const variables = { PATH: `${process.env.PATH ?? ''}:/usr/bin:/bin`, LC_ALL: 'C' };
  return mayStartByPosix() ? byPosix(records, variables, ended) : byNode(records, variables, ended);
}

function byPosix(
  records: number,
  variables: Record<string, string>,
  ended: (pid: number) => void,
): GuardProcess {
  const { read, write } = createPipe('making the pipe of the guard');
  try {
    const nowhere = { kind: 'open', path: '/dev/null', flags: constants.O_RDWR } as const;
    const pid = spawn({
      path: SHELL,
      argv: ['sh', ...ARGUMENTS],
      environment: Object.entries(variables).map(([name, value]) => `${name}=${value}`),
      cwd: '/',
      descriptors: [{ kind: 'duplicate', of: read }, nowhere, nowhere, { kind: 'duplicate', of: records }],
      leads: 'session',
    });
    reaper.addInBackground(pid, () => ended(pid));
    return { pid, lifeline: write, close: () => closeDescriptor(write) };
  } catch (error) {
    closeDescriptor(write);
    throw error;
  } finally {
    closeDescriptor(read);
  }
}

/** In a worker thread this also notices the end of the thread, with which its sockets are closed. */
function byNode(records: number, env: Record<string, string>, ended: (pid: number) => void): GuardProcess {
  requireDescriptors(1, 'starting the guard');
  const child = spawnByNode(SHELL, ARGUMENTS, {
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
  stdin.unref();
  // Private to Node, and told to tests alone.
  const lifeline = (stdin as unknown as { _handle?: { fd?: number } })._handle?.fd;
  return { pid, lifeline, close: () => stdin.destroy() };
}
