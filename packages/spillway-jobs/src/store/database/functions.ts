/**
 * What workers call for each few jobs, as functions in the database: one round trip instead of five, with
 * plans that it keeps. Each does what can be done without a decision; the rest is left to transactions of
 * this library.
 */
import { ON_END_TAKEN, onEndAt } from './on-end.js';

/**
 * `fetch`: the statement by which pg-boss takes the next jobs of a queue, with $1 its name and $2 how many.
 */
export function functionsText(queue: string, fetch: string): string {
  return `
create function ${queue}.take(text, int)
returns table (taken_id uuid, taken_name text, taken_data jsonb, taken_expire numeric)
language plpgsql rows 4 as $f$
#variable_conflict use_column
begin
  return query ${fetch};
end $f$;

-- The planner takes what is queued for less than it is, and would sort all of it to find the first few; a
-- plan that must sort all the same would then seem worth compiling.
create function spillway_jobs.claim(p_worker text, p_groups text[], p_counts int[], p_lease_ms float8)
returns table (taken_id uuid, taken_group text, id bigint, number int, command json, options json, grp text,
  priority int, run_at timestamptz, deadline timestamptz, unique_key text, fence json, over_ms float8)
language plpgsql set enable_sort = off set jit = off as $f$
#variable_conflict use_column
declare
  v_most int;
  v_slots int;
  v_taken uuid[];
begin
  for i in 1 .. cardinality(p_groups) loop
    v_most := p_counts[i];
    select l.slots into v_slots from spillway_jobs.group_limit l where l.grp = p_groups[i];
    if found then
      -- Claims of a limited group come one after the other; each counts when it has the lock.
      perform pg_advisory_xact_lock(hashtextextended('spillway_jobs group ' || p_groups[i], 0));
      select least(v_most, v_slots - count(*)) into v_most
      from spillway_jobs.job j where j.state = 'running' and j.grp = p_groups[i];
    end if;
    continue when v_most <= 0;
    -- A statement of its own: the next one sees each job whose delivery this one has seen.
    v_taken := array(select t.taken_id from ${queue}.take(p_groups[i], v_most) t);
    continue when cardinality(v_taken) = 0;
    return query
    with fetched as materialized (select t.taken_id from unnest(v_taken) as t(taken_id)),
    begun as (
      update spillway_jobs.job j
      set state = 'running', attempt = j.attempt + 1, worker = p_worker, reason = null
      from fetched f
      where j.id = ('x' || left(replace(f.taken_id::text, '-', ''), 16))::bit(64)::bigint
        and j.state = 'queued' and f.taken_id = spillway_jobs.delivery_id(j.id, j.delivery)
        and (j.deadline is null or j.deadline > now())
      returning j.*
    ), made as (
      insert into spillway_jobs.attempt (job, number, worker, lease_until)
      select b.id, b.attempt, p_worker, now() + p_lease_ms * interval '1 ms' from begun b
    )
    select f.taken_id, p_groups[i], b.id, b.attempt, b.command, b.options, b.grp, b.priority, b.run_at,
      b.deadline, b.unique_key, l.fence, extract(epoch from now() - l.lease_until)::float8 * 1000
    from fetched f
    left join begun b on f.taken_id = spillway_jobs.delivery_id(b.id, b.delivery)
    left join lateral (
      -- An attempt before may have left processes if it was lost after its fence was committed, and no later
      -- one has committed its own: each does so when it has ended what the one before it left.
      select e.fence, e.lease_until from (
        select a.fence, a.lease_until, a.is_lost from spillway_jobs.attempt a
        where a.job = b.id and b.attempt > 1 and a.fence is not null order by a.number desc limit 1
      ) e where e.is_lost
    ) l on true;
  end loop;
end $f$;

create function spillway_jobs.commit_fences(p_worker text, bigint[], int[], text[])
returns setof bigint language plpgsql as $f$
begin
  return query
  update spillway_jobs.attempt a set fence = g.fence::json
  from unnest($2, $3, $4) as g(job, number, fence)
  where a.job = g.job and a.number = g.number and a.worker = p_worker and a.ended is null
    and a.lease_until > now()
  returning a.job;
end $f$;

-- Only jobs that no other waits for, and that are not to be stopped: the rest is not returned.
create function spillway_jobs.succeed(p_worker text, bigint[], int[], text[])
returns setof spillway_jobs.job language plpgsql as $f$
begin
  return query
  with held as materialized (
    select a.job, a.number, g.outcome::json as outcome, j.grp, j.delivery
    from unnest($2, $3, $4) as g(job, number, outcome)
    join spillway_jobs.attempt a on a.job = g.job and a.number = g.number
    join spillway_jobs.job j on j.id = a.job
    where a.ended is null and a.worker = p_worker and not j.is_to_stop and not j.has_dependents
    order by a.job for update of a, j
  ), ended as (
    update spillway_jobs.attempt a set ended = now(), outcome = h.outcome
    from held h where a.job = h.job and a.number = h.number
  ), delivered as (
    delete from ${queue}.job d using held h
    where d.name = h.grp and d.id = spillway_jobs.delivery_id(h.job, h.delivery)
  )
  update spillway_jobs.job j set state = 'succeeded', outcome = h.outcome, losses = 0, reason = null,
    on_end_at = ${onEndAt('j.options', ON_END_TAKEN)}
  from held h where j.id = h.job returning j.*;
end $f$;
`;
}
