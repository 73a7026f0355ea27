/** `spillway job migrate`. */
import { databaseUrl, EMBEDDED, urlWithoutPassword } from '../database.js';
import { UsageError } from '../failures.js';
import { print, printJson } from '../output.js';
import type { Parts } from '../parts.js';
import { tools } from '../tools.js';

export interface RawMigrateOptions {
  readonly from: string;
  readonly to: string;
  readonly json?: true;
}

export async function migrateCommand({ migrate }: Parts, raw: RawMigrateOptions): Promise<number> {
  const from = databaseUrl('--from', raw.from);
  const to = databaseUrl('--to', raw.to);
  if (from === to) throw new UsageError('--from and --to are the same database');
  const { jobs, open, schedules } = await migrate(from, to);
  if (raw.json) await printJson({ jobs, open, schedules });
  else {
    const all = `${tools.counted(jobs, 'job')}, of which ${tools.formatCount(open)} open,`;
    const what = `${all} and ${tools.counted(schedules, 'schedule')}`;
    await print(`${what} moved from ${named(from)} to ${named(to)}\n`);
  }
  return 0;
}

function named(url: string | undefined): string {
  return url === undefined ? `the ${EMBEDDED} database` : tools.safeLine(urlWithoutPassword(url));
}
