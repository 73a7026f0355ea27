import { readdirSync, readFileSync } from 'node:fs';
import { reap, SystemError, setLimit } from '../../system/index.js';
import { becomeOverflowUser, endRaw, exited, requireProc, startRaw } from '../bench/index.js';
import type { Experiment } from '../experiment.js';
import { CannotRun } from '../notes.js';

const ROOM = 12;

export const zombieCost: Experiment = {
  name: 'zombie-cost',
  group: 'life',
  question: 'Does a zombie cost anything?',
  steps: [
    `become a user without privileges, who may have ${ROOM} processes more`,
    'start children that exit, and do not wait for them, until a start fails',
    'wait for them, and start one more',
  ],
  expected: 'No memory, but a pid and a place in the limit on processes: starts fail with EAGAIN.',
  source: 'wait(2), NOTES; getrlimit(2), RLIMIT_NPROC; fork(2), EAGAIN',
  follows: 'A server that kills and does not wait runs out of processes in the end.',
  async perform(notes) {
    requireProc();
    becomeOverflowUser('the limit would be that of all processes of this user');
    const user = process.getuid?.() ?? -1;
    const before = tasksOf(user);
    setLimit(process.pid, 'processes', before + ROOM);
    const zombies: number[] = [];
    const problem = await startUntilRefused(zombies);
    notes.check('a start beside the zombies', 'EAGAIN', problem);
    const memory = zombies[0] === undefined ? 'none' : memoryOf(zombies[0]);
    notes.check('memory of a zombie', 'none', memory);
    notes.figure('zombies that filled the limit', zombies.length);
    for (const pid of zombies.splice(0)) reap(pid);
    const after: number[] = [];
    try {
      after.push(startRaw('nothing', 'true'));
      notes.check('a start after waiting for them', 'succeeds', 'succeeds');
    } catch (error) {
      notes.check('a start after waiting for them', 'succeeds', (error as SystemError).code);
    }
    for (const pid of after) await endRaw(pid);
  },
};

async function startUntilRefused(zombies: number[]): Promise<string> {
  while (zombies.length < 20 * ROOM) {
    try {
      const pid = startRaw('nothing', 'true');
      await exited(pid);
      zombies.push(pid);
    } catch (error) {
      if (error instanceof SystemError) return error.code;
      throw error;
    }
  }
  for (const pid of zombies.splice(0)) reap(pid);
  throw new CannotRun('the limit on processes is not applied to this user here');
}

/** Threads count as processes in this limit. */
function tasksOf(user: number): number {
  let count = 0;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const status = readFileSync(`/proc/${name}/status`, 'latin1');
      if (Number(/^Uid:\t(\d+)/m.exec(status)?.[1]) === user)
        count += Number(/^Threads:\t(\d+)/m.exec(status)?.[1]);
    } catch {
      // It has ended meanwhile.
    }
  }
  return count;
}

function memoryOf(pid: number): string {
  return /^VmRSS:\s*(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 'none';
}
