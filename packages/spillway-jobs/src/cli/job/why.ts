/** `spillway job why`: why a job waits, what it does, how it ended. */
import type { Outcome } from '../../attempt/index.js';
import type { JobInfo } from '../../queue/types.js';
import { noSuchJob } from '../failures.js';
import { print, printJson } from '../output.js';
import type { Parts } from '../parts.js';
import { type CommonOptions, withQueue } from '../session.js';
import { tools } from '../tools.js';
import { id as idOf } from '../values.js';
import { commandText, isOpen, localTime } from './wording.js';

export async function whyCommand(parts: Parts, text: string, raw: CommonOptions): Promise<number> {
  const id = idOf(text);
  return await withQueue(parts, raw, async (queue) => {
    const info = await queue.get(id);
    if (!info) throw noSuchJob(id);
    const why = await queue.why(id);
    await (raw.json
      ? printJson({ ...info, why })
      : print(`${tools.safeLines(why).trimEnd()}\n\n${facts(info)}`));
    return 0;
  });
}

/** What is known of it, a line each. Ends with a newline. */
export function facts(info: JobInfo, now = new Date()): string {
  const { group, priority, outcome } = info;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['command', commandText(info.argv)],
    ['directory', info.cwd],
    ['group', priority === 0 ? group : `${group}, with priority ${priority}`],
    ['added', localTime(info.created)],
    ['begins', isOpen(info) && info.runAt > now ? `not before ${localTime(info.runAt)}` : undefined],
    ['deadline', info.deadline && localTime(info.deadline)],
    ['unique', info.unique],
    [
      'attempts',
      info.attempt === 0 ? `none of ${info.attempts} so far` : `${info.attempt} of ${info.attempts}`,
    ],
    ['worker', info.worker],
    ...(outcome ? usage(outcome) : []),
  ];
  return rows
    .flatMap(([name, value]) =>
      value === undefined ? [] : [`  ${name.padEnd(10)} ${tools.safeLine(value)}\n`],
    )
    .join('');
}

/** Of the last attempt that has ended. */
function usage({
  startedAt,
  durationMs,
  cpuMs,
  peakMemory,
  output,
}: Outcome): [string, string | undefined][] {
  const used = [
    ...(cpuMs ? [`${tools.formatDuration(cpuMs.user + cpuMs.system)} of processor time`] : []),
    ...(peakMemory === undefined ? [] : [`${tools.formatBytes(peakMemory)} of memory`]),
  ];
  const missing = output.dropped === 0 ? '' : `, of which ${tools.formatBytes(output.dropped)} are not kept`;
  return [
    ['ran', startedAt && `for ${tools.formatDuration(durationMs)}, from ${localTime(new Date(startedAt))}`],
    ['used', used.length === 0 ? undefined : used.join(', ')],
    ['output', output.bytes === 0 ? undefined : `${tools.formatBytes(output.bytes)}${missing}`],
  ];
}
