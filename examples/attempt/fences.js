/** Fences of attempts in a table of PostgreSQL, for queues whose own rows have no room for them. */

export const FENCE_TABLE = `create table if not exists attempt_fence
  (job text primary key, fence jsonb not null, at timestamptz not null)`;

/**
 * The options of `attempt()` that concern the fence, and `forget`: after an attempt nothing of it is left, so
 * the next one has nothing to wait for. `query`: that of pg.
 *
 * A fence is stored only in place of the one that was read here, so of two attempts one is refused.
 */
export async function fencing(query, job) {
  const { rows } = await query(
    `select fence, extract(epoch from now() - at) * 1000 - (fence->>'leaseMs')::float8 as over
       from attempt_fence where job = $1`,
    [job],
  );
  const { fence: previous, over } = rows[0] ?? {};
  let mark;
  return {
    previous,
    msSinceLeaseOver: over ?? undefined,
    fence: async (fence) => {
      mark = fence.mark;
      const { rowCount } = await query(
        `insert into attempt_fence as stored values ($1, $2, now())
           on conflict (job) do update set fence = excluded.fence, at = excluded.at
           where stored.fence->>'mark' = $3`,
        [job, fence, previous?.mark ?? ''],
      );
      return rowCount === 1;
    },
    forget: () => query(`delete from attempt_fence where job = $1 and fence->>'mark' = $2`, [job, mark]),
  };
}
