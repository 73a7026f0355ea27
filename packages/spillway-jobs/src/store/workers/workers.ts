/** Workers: how they enrol and leave. */
import type { Base } from '../database/index.js';
import type { WorkerSpec } from '../store.js';

/** Until its first beat. */
const FIRST_LEASE = "interval '1 minute'";

/** Returns its name: with a number at its end where another worker has it. */
export async function enrol({ database }: Base, worker: WorkerSpec): Promise<string> {
  for (let number = 1; ; number++) {
    const name = number === 1 ? worker.name : `${worker.name}-${number}`;
    const rows = await database.query(
      `insert into spillway_jobs.worker (name, place, pid, start_time, version, groups, supervisor, lease_until)
       select $1, $2, $3, $4, $5, $6, $7, now() + ${FIRST_LEASE}
       where not exists (select from spillway_jobs.attempt where worker = $1 and ended is null)
       on conflict (name) do nothing returning name`,
      [
        name,
        JSON.stringify(worker.place),
        worker.pid,
        worker.startTime,
        worker.version,
        JSON.stringify(worker.groups),
        worker.supervisor ? JSON.stringify(worker.supervisor) : null,
      ],
    );
    if (rows.length > 0) return name;
  }
}

export async function leave({ database }: Base, worker: string): Promise<void> {
  await database.query('delete from spillway_jobs.worker where name = $1', [worker]);
}
