/** The right to run for some time, which the guard withdraws when the program does not renew it. */
import { type Duration, monotonicMs, OptionError, parseDuration } from '../../base/index.js';
import { ticksSinceBoot } from '../../system/index.js';

/** Gets the end of the lease, in hundredths of a second since boot. */
type Follower = (until: number) => void;

/** The guard's numbers have ten digits at most: three years since boot. */
const LONGEST_MS = 365 * 24 * 3600 * 1000;

/** See `followLease`. */
let follow: (lease: Lease, follower: Follower) => () => void;

/**
 * A lease for commands: the guard ends them, with all that they started, as soon as it has run out. Renew it
 * in time. The guard is another process, so it also ends them when this program is stopped (SIGSTOP, a
 * debugger), does not get on, or can no longer reach what tells it that it may go on.
 *
 * Its clock is that of /proc/uptime: it goes on while the machine is suspended, and no change of the date
 * moves it. The guard looks every half second. Linux; elsewhere nothing enforces it.
 *
 * @example
 * const lease = new Lease('30s');
 * const child = start('make', { lease });
 * setInterval(async () => (await isStillOurs()) && lease.renew(), 10_000);
 */
export class Lease {
  /** How long one renewal lasts, in milliseconds. */
  readonly ms: number;
  readonly #followers = new Set<Follower>();
  #until: number;

  static {
    follow = (lease, follower) => {
      lease.#followers.add(follower);
      follower(lease.#until);
      return () => void lease.#followers.delete(follower);
    };
  }

  /** It begins now. Errors: OptionError unless it lasts from 1 ms to a year. */
  constructor(duration: Duration) {
    const ms = parseDuration(duration);
    if (ms === undefined || ms < 1 || ms > LONGEST_MS)
      throw new OptionError('duration', duration, "1 ms to a year, such as 30_000 or '30s'");
    this.ms = ms;
    this.#until = Lease.now() + this.#length;
  }

  /** A moment of its clock: hundredths of a second since boot. */
  static now(): number {
    return ticksSinceBoot() ?? Math.floor(monotonicMs() / 10);
  }

  /** Milliseconds until it runs out; 0 when it has. */
  get leftMs(): number {
    return Math.max(0, (this.#until - Lease.now()) * 10);
  }

  /** Whether it has run out: its commands are being ended. */
  get isOver(): boolean {
    return this.leftMs === 0;
  }

  /**
   * It lasts for its whole time again. Where another party grants the renewal, `since` is the moment before
   * it was asked, by `Lease.now()`: from then on that party counts at the latest. False when it has run out
   * before; then it stays so.
   */
  renew(since = Lease.now()): boolean {
    if (this.isOver) return false;
    this.#until = Math.max(this.#until, since + this.#length);
    for (const follower of this.#followers) follower(this.#until);
    return true;
  }

  /** In hundredths of a second. */
  get #length(): number {
    return Math.ceil(this.ms / 10);
  }
}

/** Calls `follower` now and at each renewal. Returns what ends that. */
export function followLease(lease: Lease, follower: Follower): () => void {
  return follow(lease, follower);
}
