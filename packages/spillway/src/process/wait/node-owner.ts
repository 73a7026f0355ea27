/**
 * Waits for one child of node:child_process.
 *
 * libuv reaps the child before it reports the exit, so the pid is free by then. The group's number stays
 * taken as long as the group has a member (the kernel's struct pid). So the group may still be signalled if
 * its members belong to the child's session.
 */

import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { endTree, isLive, kill, processStat } from '../../system/index.js';
import { Census } from './census.js';
import type { ChildOwner, Ending, Watcher } from './owner.js';
import type { Moment } from './pid-turns.js';

const isWindows = process.platform === 'win32';

/** libuv does not report it. NaN, since a reader would believe 0. */
const UNKNOWN = { userMs: Number.NaN, systemMs: Number.NaN };

const census = new Census(() => false);

export class NodeOwner implements ChildOwner {
  readonly census = census;
  readonly adoptsOrphans = false;
  readonly #child: ChildProcess;
  #ending: Exclude<Ending, 'lost'> | undefined;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  add(pid: number, watcher: Watcher, moment?: Moment): void {
    census.remember(pid, moment, Number(processStat(pid)?.startTime ?? 0));
    this.#child.once('exit', (code, signal) => {
      const status =
        signal === null
          ? ({ kind: 'exited', code: code ?? 0 } as const)
          : ({ kind: 'signaled', signal: constants.signals[signal] } as const);
      this.#ending = { status, cpu: UNKNOWN };
      census.noteGone(pid);
      watcher.exited(false);
    });
  }

  check(pid: number): boolean {
    if (this.#ending !== undefined) return true;
    const stat = processStat(pid);
    // Already reaped, with the event on its way; or there is no /proc, and then only libuv can tell.
    if (!stat) return processStat(process.pid) !== undefined;
    // A zombie's SIGCHLD may still be on its way to libuv.
    return !isLive(stat);
  }

  wasKilled(): boolean {
    return this.#ending?.status.kind === 'signaled';
  }

  holdsNumber(pid: number): boolean {
    return this.#ending === undefined || !processStat(pid);
  }

  reap(pid: number): Ending {
    census.forgetChild(pid);
    return this.#ending ?? 'lost';
  }

  unref(): void {
    this.#child.unref();
  }

  abandon(pid: number): void {
    census.forgetChild(pid);
    this.#child.unref();
  }

  signal(pid: number, signal: number): boolean {
    if (isWindows) return this.#signalTree(pid, signal);
    if (this.#ending !== undefined && !isStillOurs(pid)) return false;
    return kill(-pid, signal);
  }

  #signalTree(pid: number, signal: number): boolean {
    if (this.#ending !== undefined) return false;
    if (!ENDING.has(signal)) return signal !== 0 || kill(pid, 0);
    endTree(pid, () => this.#ending !== undefined);
    return true;
  }
}

/** The signals that Node turns into the end of a process on Windows. */
const ENDING: ReadonlySet<number> = new Set([
  constants.signals.SIGTERM,
  constants.signals.SIGKILL,
  constants.signals.SIGINT,
  constants.signals.SIGQUIT,
]);

/** Whether a group whose leader has been reaped is still that leader's. */
function isStillOurs(group: number): boolean {
  if (!kill(-group, 0)) return false;
  // The kernel has reused the pid for a new process.
  if (processStat(group)) return false;
  const members = (census.descendantsAfter(group) ?? [])
    .map(({ pid }) => processStat(pid))
    .filter((stat) => stat?.group === group);
  // Without /proc (macOS) no members are seen and the answer is unknown; but the group was the child's a
  // moment ago.
  return members.length === 0 || members.some((stat) => stat?.session === group);
}
