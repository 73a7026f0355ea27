/** Values of options and arguments, from text. All throw UsageError. */
import { shown, UsageError } from './failures.js';
import { tools } from './tools.js';

export function count(option: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`${option} is ${shown(text)}; allowed: a whole number`);
}

/** Also below zero. */
export function wholeNumber(option: string, text: string): number {
  if (/^[-+]?\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`${option} is ${shown(text)}; allowed: a whole number`);
}

/** Milliseconds. */
export function duration(option: string, text: string): number {
  const ms = tools.parseDuration(text);
  if (ms !== undefined) return ms;
  throw new UsageError(`${option} is ${shown(text)}; allowed: 250ms, 30s, 1h30m, 14d`);
}

/** The number of a job or a schedule. */
export function id(text: string, what = 'job'): number {
  const number = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(number)) return number;
  throw new UsageError(`${shown(text)} is no number of a ${what}; allowed: such as 17`);
}

const TIME =
  /^(?:(\d{4})-(\d\d)-(\d\d)(?:[T ](?=\d))?)?(?:(\d\d?):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?(Z|[-+]\d\d:?\d\d)?$/;

/**
 * A moment: `2026-12-24T18:00:00Z`; without a zone, in that of this machine; a date alone is its midnight; a
 * time alone, such as `18:00`, is the next one. `now`: from when on.
 */
export function time(option: string, text: string, now = new Date()): Date {
  const [match, year, month, day, hour, minute, second = '0', zone] = TIME.exec(text.trim()) ?? [];
  const allowed =
    "a moment, such as 2026-12-24T18:00:00Z, '2026-12-24 18:00' (in the time zone of this machine), or 18:00";
  const wrong = new UsageError(`${option} is ${shown(text)}; allowed: ${allowed}`);
  if (!match || (year === undefined && hour === undefined) || (zone !== undefined && year === undefined))
    throw wrong;
  const given = [hour ?? '0', minute ?? '0', second].map(Number);
  if ((given[0] as number) > 23 || (given[1] as number) > 59 || (given[2] as number) > 59) throw wrong;
  const [hours = 0, minutes = 0, seconds = 0] = given;
  if (year === undefined) {
    const today = new Date(now);
    today.setHours(hours, minutes, seconds, 0);
    if (today <= now) today.setDate(today.getDate() + 1);
    return today;
  }
  const [y, m, d] = [Number(year), Number(month) - 1, Number(day)];
  // The 30th of February would be the 2nd of March.
  const utc = new Date(Date.UTC(y, m, d));
  if (utc.getUTCMonth() !== m || utc.getUTCDate() !== d) throw wrong;
  if (zone === undefined) return new Date(y, m, d, hours, minutes, seconds);
  return new Date(Date.UTC(y, m, d, hours, minutes - minutesOf(zone), seconds));
}

/** East of Greenwich. */
function minutesOf(zone: string): number {
  if (zone === 'Z') return 0;
  const [, sign, hours, minutes] = /^([-+])(\d\d):?(\d\d)$/.exec(zone) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

/** A duration from now, or a moment. */
export function durationOrTime(option: string, text: string, now?: Date): Date | number {
  return tools.parseDuration(text) ?? time(option, text, now);
}

/** `net=2,cpu=4`: slots by group. */
export function groupSlots(option: string, text: string): Record<string, number> {
  const slots: Record<string, number> = Object.create(null);
  for (const part of text.split(',')) {
    const [, name = '', number = ''] = /^\s*([\w-]{1,100})=(\d{1,4})\s*$/.exec(part) ?? [];
    if (name === '' || Number(number) === 0)
      throw new UsageError(
        `${option} has ${shown(part)}; allowed: a group and how many of its jobs may run at a time, ` +
          'such as net=2,cpu=4',
      );
    if (name in slots) throw new UsageError(`${option} names the group ${name} twice`);
    slots[name] = Number(number);
  }
  return slots;
}

/** The name of a variable, whose value comes from the worker. */
export function variableName(option: string, text: string): string {
  if (/^[^=\0]+$/.test(text)) return text;
  const hint = text.includes('=') ? ': its value comes from the environment of the worker' : '';
  throw new UsageError(`${option} is ${shown(text)}; allowed: the name of a variable alone${hint}`);
}
