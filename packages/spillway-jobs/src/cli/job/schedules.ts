/** `spillway job schedules` and `unschedule`. */
import type { ScheduleInfo } from '../../queue/types.js';
import { UsageError } from '../failures.js';
import { print, printJson, type Screen, screen } from '../output.js';
import type { Parts } from '../parts.js';
import { type CommonOptions, withQueue } from '../session.js';
import { type Column, table } from '../table.js';
import { tools } from '../tools.js';
import { id as idOf } from '../values.js';
import { commandText, lastText, localTime } from './wording.js';

export async function schedulesCommand(parts: Parts, raw: CommonOptions): Promise<number> {
  return await withQueue(parts, raw, async (queue) => {
    const all = await queue.schedules();
    await (raw.json ? printJson(all) : print(schedulesText(all, screen())));
    return 0;
  });
}

const COLUMNS: readonly Column[] = [
  { title: 'id', align: 'right' },
  { title: 'cron' },
  { title: 'zone' },
  { title: 'next' },
  { title: 'last', givesWay: true },
  { title: 'command', givesWay: true },
];

/** Ends with a newline; empty for none that a program reads. */
export function schedulesText(all: readonly ScheduleInfo[], on: Screen): string {
  if (all.length === 0) return on.isTerminal ? 'no schedules\n' : '';
  const rows = all.map((one) => [
    String(one.id),
    tools.safe(one.cron),
    tools.safe(one.timeZone),
    localTime(one.next),
    lastText(one),
    commandText(one.argv),
  ]);
  return table(COLUMNS, rows, on);
}

export async function unscheduleCommand(
  parts: Parts,
  texts: readonly string[],
  raw: CommonOptions,
): Promise<number> {
  const ids = [...new Set(texts.map((text) => idOf(text, 'schedule')))];
  return await withQueue(parts, raw, async (queue) => {
    const known = new Set((await queue.schedules()).map((one) => one.id));
    const missing = ids.find((id) => !known.has(id));
    if (missing !== undefined) throw new UsageError(`there is no schedule ${missing}`);
    for (const id of ids) await queue.unschedule(id);
    if (raw.json) await printJson(ids.map((schedule) => ({ schedule, isRemoved: true })));
    else await print(ids.map((id) => `schedule ${id} is removed\n`).join(''));
    return 0;
  });
}
