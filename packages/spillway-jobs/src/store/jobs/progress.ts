/**
 * How far a running command is, by the last line that it has written. Programs that tell it do so in the same
 * words: rsync, dd, pv, wget, spillway sync.
 */
import type { Progress } from '../../job/index.js';
import type { Connection } from '../database/index.js';
import type { JobRow } from './job-row.js';

/** Of each piece of a log: a line that has more is no line of progress. */
const TAIL_BYTES = 512;

const TAILS = `
  select r.job, substring(p.bytes from greatest(1, octet_length(p.bytes) - ${TAIL_BYTES - 1})) as tail
  from unnest($1::bigint[], $2::int[]) as r(job, number)
  cross join lateral (
    select l.bytes from spillway_jobs.log l
    where l.job = r.job and l.number = r.number and octet_length(l.bytes) > 0 order by l.seq desc limit 1
  ) p`;

/** Of those that run, and tell it. */
export async function progressOfAll(
  connection: Connection,
  rows: readonly Pick<JobRow, 'id' | 'state' | 'attempt'>[],
): Promise<ReadonlyMap<number, Progress>> {
  const running = rows.filter(({ state }) => state === 'running');
  if (running.length === 0) return new Map();
  const tails = await connection.query<{ job: string; tail: Buffer }>(TAILS, [
    running.map(({ id }) => id),
    running.map(({ attempt }) => attempt),
  ]);
  return new Map(
    tails.flatMap(({ job, tail }) => {
      const progress = progressIn(tail.toString());
      return progress ? [[Number(job), progress]] : [];
    }),
  );
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: what terminals are told begins with one
const TERMINAL_SEQUENCE = /\u001b\[[0-9;?]*[A-Za-z]/g;
const PERCENT = /(?:^|[^\d.,])(\d{1,3}(?:[.,]\d+)?) ?%/;
const RATE = /(?:^|[^\d.,])(\d+(?:[.,]\d+)?) ?([kKMGT]?i?B)\/s/;

/** Of the last line, or of the one before where that has only begun. */
export function progressIn(text: string): Progress | undefined {
  const lines = text.replace(TERMINAL_SEQUENCE, '').split(/[\r\n]+/);
  const begun = lines.pop() ?? '';
  return progressInLine(begun) ?? progressInLine(lines.pop() ?? '');
}

function progressInLine(line: string): Progress | undefined {
  const percent = Number(PERCENT.exec(line)?.[1]?.replace(',', '.'));
  const [, number, unit] = RATE.exec(line) ?? [];
  const rate = number === undefined ? undefined : `${number} ${unit}/s`;
  const isShare = percent <= 100;
  if (!isShare && rate === undefined) return undefined;
  return { ...(isShare ? { percent } : {}), ...(rate === undefined ? {} : { rate }) };
}
