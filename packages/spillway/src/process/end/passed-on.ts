/** Tells the ends of channels here that the child with the other end has ended. */
import { readdirSync } from 'node:fs';
import { valueIn } from '../../base/index.js';
import { CHANNELS_VARIABLE, parseChannels } from '../../pipe/index.js';
import { environmentOf, signalName } from '../../system/index.js';
import { MARK_OF_THIS_PROCESS, marksIn } from '../mark.js';
import type { Ending, PassedPipe } from '../wait/index.js';

/** `command`: as in `node worker.js`. */
export function tellOfEnd(
  passed: readonly PassedPipe[],
  command: string,
  ending: Ending | 'abandoned',
): void {
  const how = `${command} ${ending === 'lost' || ending === 'abandoned' ? 'has ended' : inWords(ending)}`;
  for (const { inodes, childEnded } of passed) childEnded?.(how, () => isPassedOn(inodes));
}

function inWords({ status }: Exclude<Ending, 'lost'>): string {
  return status.kind === 'exited'
    ? `exited with code ${status.code}`
    : `was killed by ${signalName(status.signal)}`;
}

/**
 * Whether a live process was passed one of these pipes by name, by a program below this one: its environment
 * names the pipe, and its innermost mark is that program's. A daemon has the environment of a child of this
 * program. Without /proc that cannot be told: true.
 */
function isPassedOn(inodes: readonly number[]): boolean {
  let names: string[];
  try {
    names = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  } catch {
    return true;
  }
  return names.some((pid) => {
    const environment = environmentOf(Number(pid)) ?? '';
    const channels = valueIn(environment.split('\0'), CHANNELS_VARIABLE);
    if (channels === undefined || isOfOwnRun(environment)) return false;
    return parseChannels(channels).some((entry) => entry.inodes.some((inode) => inodes.includes(inode)));
  });
}

/** Whether the innermost run is one that this process started. */
function isOfOwnRun(environment: string): boolean {
  return marksIn(environment).split(';').at(-2)?.startsWith(MARK_OF_THIS_PROCESS) ?? false;
}
