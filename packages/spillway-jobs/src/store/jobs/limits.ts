/** How many jobs of a group may run at once on all machines together. */
import type { Base } from '../database/index.js';

export async function setGroupLimit(
  { database }: Base,
  group: string,
  slots: number | undefined,
): Promise<void> {
  if (slots === undefined)
    await database.query('delete from spillway_jobs.group_limit where grp = $1', [group]);
  else
    await database.query(
      `insert into spillway_jobs.group_limit (grp, slots) values ($1, $2)
       on conflict (grp) do update set slots = excluded.slots`,
      [group, slots],
    );
}

export async function groupLimits({ database }: Base): Promise<ReadonlyMap<string, number>> {
  const rows = await database.query<{ grp: string; slots: number }>(
    'select grp, slots from spillway_jobs.group_limit order by grp',
    [],
  );
  return new Map(rows.map(({ grp, slots }) => [grp, slots]));
}
