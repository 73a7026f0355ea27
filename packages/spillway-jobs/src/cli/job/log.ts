/** `spillway job log`. */
import { noSuchJob, UsageError } from '../failures.js';
import { screen } from '../output.js';
import type { Parts } from '../parts.js';
import { type CommonOptions, withQueue } from '../session.js';
import { tools } from '../tools.js';
import { count, id as idOf } from '../values.js';
import { BytesLog, JsonLog, type LogWriter, TerminalLog } from './log-writers.js';

export interface RawLogOptions extends CommonOptions {
  readonly follow?: true;
  readonly attempt?: string;
}

export async function logCommand(parts: Parts, text: string, raw: RawLogOptions): Promise<number> {
  const id = idOf(text);
  const attempt = raw.attempt === undefined ? undefined : count('--attempt', raw.attempt);
  if (attempt === 0) throw new UsageError('--attempt is 0; allowed: a whole number from 1');
  return await withQueue(parts, raw, async (queue) => {
    const info = await queue.get(id);
    if (!info) throw noSuchJob(id);
    if (attempt !== undefined && attempt > info.attempt && !raw.follow)
      throw new UsageError(`job ${id} has begun ${tools.counted(info.attempt, 'attempt')}`);
    const writer: LogWriter = raw.json
      ? new JsonLog()
      : screen().isTerminal
        ? new TerminalLog()
        : new BytesLog();
    let last: number | undefined;
    for await (const piece of queue.log(id, { attempt, follow: raw.follow ?? false })) {
      if (last !== undefined && last !== piece.attempt && !raw.json) {
        await writer.end();
        tools.say(`job log: attempt ${piece.attempt} of job ${id} begins`);
      }
      last = piece.attempt;
      await writer.write(piece);
    }
    await writer.end();
    if (last === undefined && info.attempt === 0 && !raw.json && !raw.follow)
      tools.say(`job log: job ${id} has not begun${info.note === '' ? '' : `: ${info.note}`}`);
    return 0;
  });
}
