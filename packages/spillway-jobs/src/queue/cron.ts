/** The times of cron expressions. */
import { Cron } from 'croner';
import { OptionError } from 'spillway';

/** The first time after this moment; undefined where there is none. */
export function nextTime(cron: string, timeZone: string, after: Date): Date | undefined {
  return new Cron(cron, { timezone: timeZone, paused: true }).nextRun(after) ?? undefined;
}

/** The first time from now. Throws OptionError. */
export function firstTime(cron: unknown, timeZone: string): Date {
  requireTimeZone(timeZone);
  let next: Date | undefined;
  try {
    if (typeof cron !== 'string' || cron.trim().split(/\s+/).length < 5) throw new Error('not five fields');
    next = nextTime(cron, timeZone, new Date());
  } catch (error) {
    const allowed = "a cron expression such as '0 3 * * *' (minute, hour, day, month, day of the week)";
    throw new OptionError('cron', cron, `${allowed}: ${(error as Error).message}`);
  }
  if (next) return next;
  throw OptionError.refused('cron', cron, 'it has no time in the future');
}

export function localTimeZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}

function requireTimeZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw new OptionError('timeZone', timeZone, "an IANA time zone, such as 'Europe/Berlin' or 'UTC'");
  }
}
