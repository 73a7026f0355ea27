/** Whether an rsync still gets on: it writes progress, or it reads, as when it compares checksums. */
import { clearInterval, monotonicMs, setInterval } from '../../base/index.js';
import { liveGroupMembers, procFiles } from '../../system/index.js';

const proc = procFiles();

/** Reading less than this is no work: the two ends send each other a few bytes to keep the line open. */
const LEAST_BYTES = 65_536;
/** This program was stopped, or the machine slept: that is no silence of rsync's. */
const STOPPED_MS = 2000;

export class StallWatch {
  readonly #stallMs: number;
  readonly #group: number;
  readonly #timer: NodeJS.Timeout;
  #since = monotonicMs();
  #lookedAt = this.#since;
  /** What its processes had read in the middle of the silence. */
  #bytesRead: number | undefined;

  /** Calls `stalled` once. `group`: the process group. */
  constructor(stallMs: number, group: number, stalled: () => void) {
    this.#stallMs = stallMs;
    this.#group = group;
    const everyMs = Math.min(1000, Math.max(20, stallMs / 8));
    this.#timer = setInterval(() => this.#look(everyMs, stalled), everyMs);
  }

  /** It gets on. */
  moved(): void {
    this.#since = monotonicMs();
    this.#bytesRead = undefined;
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #look(everyMs: number, stalled: () => void): void {
    const now = monotonicMs();
    const wasStopped = now - this.#lookedAt > everyMs + STOPPED_MS;
    this.#lookedAt = now;
    const silentMs = now - this.#since;
    if (wasStopped) this.moved();
    else if (silentMs < this.#stallMs / 2) return;
    else if (this.#bytesRead === undefined) this.#bytesRead = this.#readSoFar();
    else if (silentMs >= this.#stallMs) {
      if (this.#readSoFar() - this.#bytesRead >= LEAST_BYTES) {
        this.moved();
        return;
      }
      this.end();
      stalled();
    }
  }

  /** Of the rsyncs, not of ssh, which gets bytes for itself (proc_pid_io(5)); 0 without /proc. */
  #readSoFar(): number {
    let sum = 0;
    for (const pid of membersOf(this.#group)) {
      // Undefined where it has ended, or belongs to another user.
      if (!proc.text(`${pid}/comm`)?.startsWith('rsync')) continue;
      sum += Number(/^rchar: (\d+)$/m.exec(proc.text(`${pid}/io`) ?? '')?.[1] ?? 0);
    }
    return sum;
  }
}

function membersOf(group: number): readonly number[] {
  try {
    return liveGroupMembers(group) ?? [];
  } catch {
    return [];
  }
}
