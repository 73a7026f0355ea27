/** Output of attempts, in pieces, within bounds. */
import type { LogPiece } from '../../job/index.js';
import type { Base, Connection } from '../database/index.js';
import type { LogAppend } from '../store.js';

const MIB = 1024 * 1024;
/** Of each attempt. */
const FIRST_BYTES = MIB;
const LAST_BYTES = 15 * MIB;
/** How much more there may be before the middle is removed. */
const SLACK_BYTES = 2 * MIB;
const PIECES_AT_ONCE = 2000;

/** The bytes of all pieces go as one binary value, which the database cuts. */
const APPEND = `
  with given as (
    select * from unnest($3::bigint[], $4::int[], $5::bigint[], $6::timestamptz[], $7::text[], $8::bigint[],
      $9::int[], $10::int[]) as g(job, number, seq, at, stream, gap, start, length)
  ), added as (
    insert into spillway_jobs.log (job, number, seq, at, stream, gap, bytes)
    select g.job, g.number, g.seq, g.at, g.stream, g.gap, substring($2::bytea from g.start for g.length)
    from given g join spillway_jobs.attempt a on a.job = g.job and a.number = g.number and a.worker = $1
    on conflict do nothing returning job, number, octet_length(bytes) as length
  ), sums as (select job, number, sum(length) as bytes from added group by job, number)
  update spillway_jobs.attempt a set log_bytes = a.log_bytes + s.bytes
  from sums s where a.job = s.job and a.number = s.number
  returning a.job, a.number, a.log_bytes`;

export async function appendLog(
  { database }: Base,
  worker: string,
  pieces: readonly LogAppend[],
): Promise<void> {
  if (pieces.length === 0) return;
  const starts: number[] = [];
  let start = 1;
  for (const { bytes } of pieces) {
    starts.push(start);
    start += bytes.length;
  }
  const grown = await database.query<{ job: string; number: number; log_bytes: string }>(APPEND, [
    worker,
    Buffer.concat(pieces.map(({ bytes }) => bytes)),
    pieces.map(({ job }) => job),
    pieces.map(({ number }) => number),
    pieces.map(({ seq }) => seq),
    pieces.map(({ at }) => at),
    pieces.map(({ stream }) => stream),
    pieces.map(({ gap }) => gap),
    starts,
    pieces.map(({ bytes }) => bytes.length),
  ]);
  for (const { job, number, log_bytes } of grown)
    if (Number(log_bytes) > FIRST_BYTES + LAST_BYTES + SLACK_BYTES)
      await database.transaction((connection) => removeMiddle(connection, job, number));
}

/** What follows the gap is told how much is missing before it. */
const REMOVE_MIDDLE = `
  with sized as (
    select seq, octet_length(bytes) as length, gap,
      sum(octet_length(bytes)) over (order by seq) as up_to,
      sum(octet_length(bytes)) over (order by seq desc) as from_here
    from spillway_jobs.log where job = $1 and number = $2
  ), removed as (
    delete from spillway_jobs.log l using sized s
    where l.job = $1 and l.number = $2 and l.seq = s.seq and s.up_to > $3 and s.from_here > $4
    returning l.seq, s.length, s.gap
  ), told as (
    update spillway_jobs.log l
    set gap = l.gap + (select coalesce(sum(length + gap), 0) from removed)
    where l.job = $1 and l.number = $2 and l.seq = (
      select min(s.seq) from sized s where s.up_to > $3 and s.from_here <= $4)
  )
  update spillway_jobs.attempt
  set log_bytes = log_bytes - (select coalesce(sum(length), 0) from removed)
  where job = $1 and number = $2`;

async function removeMiddle(connection: Connection, job: string, number: number): Promise<void> {
  await connection.query(REMOVE_MIDDLE, [job, number, FIRST_BYTES, LAST_BYTES]);
}

interface PieceRow {
  readonly seq: string;
  readonly at: Date;
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Buffer;
  readonly gap: string;
}

export async function log(
  { database }: Base,
  id: number,
  attempt: number,
  sinceSeq: number,
): Promise<LogPiece[]> {
  const rows = await database.query<PieceRow>(
    `select l.seq, l.at, l.stream, l.bytes, l.gap from (
       select seq, sum(octet_length(bytes)) over (order by seq) - octet_length(bytes) as before from (
         select seq, bytes from spillway_jobs.log
         where job = $1 and number = $2 and seq > $3 order by seq limit ${PIECES_AT_ONCE}) first
     ) sized join spillway_jobs.log l on l.job = $1 and l.number = $2 and l.seq = sized.seq
     where sized.before < ${MIB} order by l.seq`,
    [id, attempt, sinceSeq],
  );
  return rows.map(({ seq, at, stream, bytes, gap }) => ({
    ...{ attempt, at, stream, bytes },
    seq: Number(seq),
    gap: Number(gap),
  }));
}

/** Removes logs of attempts that ended long ago, then the oldest ones until the rest is within `bytes`. */
export async function removeOldLogs(
  { database }: Base,
  { ageMs, bytes }: { readonly ageMs: number; readonly bytes: number },
): Promise<void> {
  const old = await database.query<{ job: string; number: number }>(
    `select job, number from (
       select job, number, ended, sum(log_bytes) over (order by ended desc, job desc, number desc) as newer
       from spillway_jobs.attempt where log_bytes > 0 and ended is not null
     ) sized
     where ended < now() - least($1::float8, 1e14) * interval '1 ms'
       or newer > $2::float8 - (select coalesce(sum(log_bytes), 0) from spillway_jobs.attempt
                                where log_bytes > 0 and ended is null)`,
    [ageMs, bytes],
  );
  if (old.length === 0) return;
  await database.query(
    `with old as (select * from unnest($1::bigint[], $2::int[]) as g(job, number)),
     removed as (
       delete from spillway_jobs.log l using old o where l.job = o.job and l.number = o.number
     )
     update spillway_jobs.attempt a set log_bytes = 0 from old o where a.job = o.job and a.number = o.number`,
    [old.map(({ job }) => job), old.map(({ number }) => number)],
  );
}
