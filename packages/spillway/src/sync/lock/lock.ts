/**
 * One sync at a time to a destination: flock(2) on a file of its own. The kernel gives the lock back when the
 * process that holds it ends in any way, so none is ever stale and none is ever stolen. The file stays, with
 * the name of its last holder.
 */
import { createHash } from 'node:crypto';
import { ftruncateSync, lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monotonicMs, setTimeout } from '../../base/index.js';
import { closeSync, libcObstacle, openSync, tryLock, writeSync } from '../../system/index.js';

/** The text of the file: one line of JSON. */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
  readonly destination: string;
  readonly command: string;
  /** False once a sync to this destination has come to its end. */
  readonly isUnderWay: boolean;
}

/** Another process has the lock. */
export class Locked extends Error {
  constructor(
    readonly holder: Holder | undefined,
    readonly path: string,
  ) {
    super(
      holder
        ? `process ${holder.pid} on ${holder.host} syncs to it since ${holder.since}: ${holder.command}`
        : `another process has the lock ${path}`,
    );
  }
}

export class Lock {
  readonly path: string;
  /** Whether the last sync to this destination did not come to its end: it may have left partial files. */
  readonly wasBrokenOff: boolean;
  readonly #fd: number;
  readonly #holder: Holder;

  private constructor(path: string, fd: number, holder: Holder) {
    this.path = path;
    this.#fd = fd;
    this.wasBrokenOff = readHolder(path)?.isUnderWay ?? false;
    this.#holder = holder;
    this.#write(holder);
  }

  /** Waits up to `waitMs`, and calls `waiting` before. Throws Locked; the signal's reason; a system error. */
  static async take(
    destination: string,
    holder: Holder,
    waitMs: number,
    signal: AbortSignal,
    waiting: (holder: Holder | undefined) => void,
  ): Promise<Lock> {
    const path = join(
      lockFolder(),
      `${createHash('sha256').update(destination).digest('hex').slice(0, 32)}.lock`,
    );
    const fd = openSync(path, 'a+', 0o600);
    try {
      const untilMs = monotonicMs() + waitMs;
      for (let tries = 0; !tryLock(fd); tries++) {
        const leftMs = untilMs - monotonicMs();
        if (leftMs <= 0) throw new Locked(readHolder(path), path);
        if (tries === 0) waiting(readHolder(path));
        await pause(Math.min(leftMs, 50 + 50 * Math.min(tries, 9)), signal);
      }
      return new Lock(path, fd, holder);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** `isWhole`: nothing was broken off. */
  release(isWhole: boolean): void {
    try {
      this.#write({ ...this.#holder, isUnderWay: !isWhole });
    } finally {
      closeSync(this.#fd);
    }
  }

  #write(holder: Holder): void {
    ftruncateSync(this.#fd);
    writeSync(this.#fd, `${JSON.stringify(holder)}\n`);
  }
}

/** Why there can be no lock here; undefined where there can. */
export function lockObstacle(): string | undefined {
  return libcObstacle();
}

function readHolder(path: string): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder>;
    return typeof holder.pid === 'number' && typeof holder.command === 'string'
      ? (holder as Holder)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The same from cron and from a terminal, which XDG_RUNTIME_DIR is not. */
function lockFolder(): string {
  try {
    const state = process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state');
    const folder = join(state, 'spillway', 'locks');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  } catch {
    // It cannot be written, or the user has no home: in a container he may have no more than a number.
    const uid = process.geteuid?.();
    const folder = join(tmpdir(), `spillway-${uid}`);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid: owner } = lstatSync(folder);
    if (owner !== uid)
      throw new Error(`${folder} belongs to another user: set XDG_STATE_HOME to a folder of yours`);
    return folder;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    setTimeout(() => (signal.aborted ? reject(signal.reason) : resolve()), ms);
  });
}
