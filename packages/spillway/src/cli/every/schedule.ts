/** When a command is due: every so often, or by a cron expression. */
import { Cron } from 'croner';
import { formatDuration, monotonicMs, parseDuration } from '../../base/index.js';
import { UsageError } from '../usage-error.js';

export interface Schedule {
  /** As it is shown. */
  readonly text: string;
  /** Milliseconds from now to the next time that is due; undefined when there is none any more. */
  untilNextMs(now: Date): number | undefined;
}

/** A minute is cron's own step; a second is enough for a test, and too little for most commands. */
const LEAST_MS = 1000;

/** Throws UsageError. */
export function readSchedule(text: string, timezone: string | undefined): Schedule {
  const ms = parseDuration(text);
  if (ms !== undefined) {
    if (timezone !== undefined)
      throw new UsageError('--timezone needs a cron expression: an interval has no time zone');
    if (ms < LEAST_MS || ms === Number.POSITIVE_INFINITY)
      throw new UsageError(`the interval is ${text}; at least ${formatDuration(LEAST_MS)}`);
    return new Interval(text, ms);
  }
  return new CronSchedule(text, timezone);
}

/** By the monotonic clock: a clock that is set does not move it. The first time is now. */
class Interval implements Schedule {
  readonly text: string;
  readonly #ms: number;
  readonly #beganMs = monotonicMs();
  #isFirst = true;

  constructor(text: string, ms: number) {
    this.text = `every ${text.trim()}`;
    this.#ms = ms;
  }

  untilNextMs(): number {
    if (this.#isFirst) {
      this.#isFirst = false;
      return 0;
    }
    const passedMs = monotonicMs() - this.#beganMs;
    return this.#ms - (passedMs % this.#ms);
  }
}

/** By the wall clock, in a time zone with its daylight saving (croner). */
class CronSchedule implements Schedule {
  readonly text: string;
  readonly #cron: Cron;

  constructor(text: string, timezone: string | undefined) {
    this.text = `'${text.trim()}'${timezone === undefined ? '' : ` (${timezone})`}`;
    try {
      this.#cron = new Cron(text, { paused: true, ...(timezone === undefined ? {} : { timezone }) });
      // A wrong time zone is found at the first calculation.
      this.#cron.nextRun(new Date(0));
    } catch (error) {
      const why = (error as Error).message.replace(/^CronPattern: /, '');
      const [what, given] =
        timezone === undefined ? ['schedule', text] : ['schedule or time zone', `${text}, ${timezone}`];
      throw new UsageError(
        `the ${what} ${JSON.stringify(given)} is none: ${why} ` +
          "(allowed: an interval, such as 15m, or a cron expression, such as '0 3 * * *')",
      );
    }
  }

  untilNextMs(now: Date): number | undefined {
    const next = this.#cron.nextRun(now);
    return next ? Math.max(0, next.getTime() - now.getTime()) : undefined;
  }
}
