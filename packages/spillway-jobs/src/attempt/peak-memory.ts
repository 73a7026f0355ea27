/**
 * The most memory that a command has had, as far as it was looked at. The kernel's own figure (ru_maxrss) is
 * of no use: a child begins with that of the program that starts it (getrusage(2), execve(2)).
 */
import { readFileSync } from 'node:fs';

const INTERVAL_MS = 500;
/** Of a tree with more, some are left out. */
const MOST_PROCESSES = 64;

export class PeakMemory {
  readonly #pid: number;
  #timer: NodeJS.Timeout | undefined;
  #peak = 0;

  constructor(pid: number) {
    this.#pid = pid;
  }

  /** Bytes of the largest process; undefined when none has been seen. */
  get peak(): number | undefined {
    return this.#peak || undefined;
  }

  watch(): void {
    this.#timer = setInterval(() => this.#look(), INTERVAL_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const pids = [this.#pid];
    for (let i = 0; i < pids.length && i < MOST_PROCESSES; i++) {
      const pid = pids[i] as number;
      // The high-water mark of its resident set.
      const peak = /^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1];
      this.#peak = Math.max(this.#peak, Number(peak ?? 0) * 1024);
      pids.push(...read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number));
    }
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
