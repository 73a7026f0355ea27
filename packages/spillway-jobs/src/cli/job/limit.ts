/** `spillway job limit`: how many jobs of a group may run at a time, on all machines together. */
import { shown, UsageError } from '../failures.js';
import { print, printJson } from '../output.js';
import type { Parts } from '../parts.js';
import { type CommonOptions, withQueue } from '../session.js';
import { tools } from '../tools.js';

export async function limitCommand(
  parts: Parts,
  group: string | undefined,
  text: string | undefined,
  raw: CommonOptions,
): Promise<number> {
  if (group !== undefined && !/^[\w-]+$/.test(group))
    throw new UsageError(`${shown(group)} is no group; allowed: letters, digits, - and _`);
  const limit = text === undefined ? undefined : limitOf(text);
  return await withQueue(parts, raw, async (queue) => {
    if (group !== undefined && limit !== undefined) await queue.setLimit(group, limit.slots);
    const all = [...(await queue.limits())].filter(([name]) => group === undefined || name === group).sort();
    if (raw.json) await printJson(all.map(([name, slots]) => ({ group: name, limit: slots })));
    else if (all.length > 0) await print(all.map(([name, slots]) => lineOf(name, slots)).join(''));
    else await print(group === undefined ? 'no group has a limit\n' : `${group} has no limit\n`);
    return 0;
  });
}

function lineOf(group: string, slots: number): string {
  return `${tools.safe(group)}: at most ${tools.counted(slots, 'job')} at a time, on all machines together\n`;
}

function limitOf(text: string): { readonly slots: number | undefined } {
  if (text === 'none') return { slots: undefined };
  if (/^\d{1,6}$/.test(text)) return { slots: Number(text) };
  throw new UsageError(`the limit is ${shown(text)}; allowed: a whole number, or none`);
}
