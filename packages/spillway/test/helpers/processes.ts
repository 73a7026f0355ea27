/** What /proc tells about one process, as conditions to wait for. */
import { readFileSync } from 'node:fs';
import { until } from './leaks.js';

/** `R`, `S`, `T`, `Z`, …; undefined when the process is gone. */
export function stateOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat[stat.lastIndexOf(')') + 2];
  } catch {
    return undefined;
  }
}

/** Bytes that the process has written so far, wherever to. */
export function bytesWritten(pid: number): number {
  return Number(/^wchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'latin1'))?.[1]);
}

/**
 * Waits until the process sleeps and has written nothing for 20 looks; returns what it had written by then.
 */
export async function untilItWaits(pid: number): Promise<number> {
  let last = -1;
  let same = 0;
  await until(() => {
    const now = bytesWritten(pid);
    same = stateOf(pid) === 'S' && now === last && now > 0 ? same + 1 : 0;
    last = now;
    return same === 20;
  });
  return last;
}

/**
 * Holds the event loop until the process has exited, so that its exit and its last output are found together.
 */
export function blockUntilExited(pid: number): void {
  const end = performance.now() + 20_000;
  while (stateOf(pid) !== 'Z') {
    if (performance.now() > end) throw new Error(`process ${pid} has not exited`);
  }
}

/** Processor time that it has used so far, in ticks of 10 ms. */
export function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
