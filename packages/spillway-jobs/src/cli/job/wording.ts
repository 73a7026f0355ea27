/** Jobs in words. */
import type { JobInfo, JobState, ScheduleInfo } from '../../queue/types.js';
import { tools } from '../tools.js';

/** As a user would type it, on one line; a longer one, which may be a megabyte, is cut off. */
export function commandText(argv: readonly string[], most = 2000): string {
  let text = '';
  for (const word of argv) {
    if (text.length > most) return `${text} …`;
    const part = word.length > most ? `${tools.shellWord(word.slice(0, most))}…` : tools.shellWord(word);
    text += `${text === '' ? '' : ' '}${part}`;
  }
  return text;
}

/** `48s`, `3m12s`, `3m`, `1h5m`, `2d3h`: two units at most, for a narrow column. */
export function shortAge(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const units = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'm'],
    [1, 's'],
  ] as const;
  const first = units.findIndex(([size]) => seconds >= size);
  if (first < 0) return '0s';
  const [size, unit] = units[first] as (typeof units)[number];
  const [below, name] = units[first + 1] ?? [undefined, ''];
  const rest = below === undefined ? 0 : Math.floor((seconds % size) / below);
  // Days and half-hours: seconds of an hour ago tell nothing.
  return `${Math.floor(seconds / size)}${unit}${rest === 0 ? '' : `${rest}${name}`}`;
}

/** The last one that a Date can hold. */
const NEVER_MS = 8.64e15;

/** `2026-11-30 03:00:00`, in the time zone of this machine. */
export function localTime(date: Date): string {
  if (date.getTime() === NEVER_MS) return 'never';
  const two = (number: number) => String(number).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

export const isOpen = ({ state }: JobInfo): boolean =>
  state === 'waiting' || state === 'queued' || state === 'running';

const ENDS: Readonly<Partial<Record<JobState, string>>> = {
  succeeded: 'has succeeded',
  failed: 'has failed',
  stopped: 'was stopped',
  skipped: 'was skipped',
  lost: 'was lost',
};

/** Columns of a command in a message of one line. */
const MOST_IN_MESSAGE = 60;

/** `job 16 has failed: make check: timed out after 30 min`. */
export function endText(info: JobInfo): string {
  const { id, state, argv, note, outcome } = info;
  const command = tools.clippedTo(commandText(argv, MOST_IN_MESSAGE), MOST_IN_MESSAGE);
  const why = state === 'succeeded' ? '' : (state === 'failed' && outcome?.message) || note;
  // The state is said.
  const reason = why.startsWith(`${state}: `) ? why.slice(state.length + 2) : why;
  const words = [`job ${id} ${ENDS[state] ?? `is ${state}`}`, command, reason];
  return tools.safeLine(words.filter((word) => word !== '').join(': '));
}

/** Of one schedule's last time. */
export function lastText({ last }: ScheduleInfo): string {
  if (!last) return '–';
  const added = last.job === undefined ? '' : `job ${last.job}`;
  const what = last.skipped === undefined ? added : `skipped: ${last.skipped}`;
  return tools.safeLine(`${localTime(last.at)}${what === '' ? '' : `, ${what}`}`);
}
