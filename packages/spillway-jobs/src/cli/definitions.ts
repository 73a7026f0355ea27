/** The options of each command, with their help. Each command's code is loaded only when it runs. */
import type { Command } from 'commander';
import type {
  RawAddOptions,
  RawCleanOptions,
  RawListOptions,
  RawLogOptions,
  RawMigrateOptions,
  RawStopOptions,
  RawWaitOptions,
} from './job/index.js';
import type { Parts } from './parts.js';
import type { CommonOptions } from './session.js';
import type { RawWorkerOptions } from './worker/index.js';

/** Gets the exit status. */
type Settle = (status: number) => void;

const repeated = (value: string, before: string[] = []) => [...before, value];

function common(command: Command, json: string): Command {
  return command
    .option('--database <url>', 'a PostgreSQL, or embedded (default: DATABASE_URL, or else embedded)')
    .option('--json', json)
    .helpOption('-h, --help', 'print this help');
}

/** `words`: all of the command line, to see whether `--` stands in it. */
export function defineJob(program: Command, parts: Parts, words: readonly string[], settle: Settle): Command {
  const job = program
    .command('job')
    .summary('add, list, follow and stop durable jobs')
    .description(
      'Commands as jobs: never lost, never two attempts at a time, and nothing of an attempt outlives it. ' +
        'Workers run them: see spillway worker --help.',
    )
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', JOB_NOTES);
  defineAdd(job, parts, words, settle);
  defineReading(job, parts, settle);
  defineChanges(job, parts, settle);
  defineAdministration(job, parts, settle);
  return job;
}

function defineAdd(job: Command, parts: Parts, words: readonly string[], settle: Settle): void {
  const add = job
    .command('add')
    .summary('add a job, and print its number')
    .description('Adds a job, and prints its number. Options end at the command.')
    .usage('[options] [--] command [args...]')
    .argument('<command>', 'the program, by name or path')
    .argument('[args...]', 'its arguments; no shell reads them; with options among them, -- is needed')
    .option('-g, --group <name>', 'the group whose limits it counts for (default: default)')
    .option('-p, --priority <number>', 'higher ones first (default: 0)')
    .option('-r, --retries <count>', 'run it again after a failure, up to this many times (default: 0)')
    .option('--backoff <duration>', 'pause before the first retry, then doubled, at most 1h (default: 5s)')
    .option('-t, --timeout <duration>', 'how long one attempt may take')
    .option('--idle <duration>', 'end an attempt after this time without output')
    .option('--grace <duration>', 'time from TERM to KILL, when it is ended (default: 5s)')
    .option('--at <time>', "not before this moment: 18:00, '2026-12-24 18:00', 2026-12-24T18:00:00Z")
    .option('--in <duration>', 'not before this time has passed')
    .option(
      '--cron <expression>',
      "add it at each of these times, such as '0 3 * * *'; prints a schedule's number",
    )
    .option('--tz <zone>', 'of the cron expression, such as Europe/Berlin (default: that of this machine)')
    .option('--deadline <time>', 'skip it if it has not begun by then, end it if it has; also a duration')
    .option('--unique <name>', 'add nothing while a job of this name is open; prints the number of that one')
    .option('--after <id>', 'wait until this job has ended; may be repeated', repeated)
    .option('--after-ok <id>', 'skip it unless this job succeeds; may be repeated', repeated)
    .option('-e, --env <name>', 'give it this variable of the worker; may be repeated', repeated)
    .option('-C, --cwd <directory>', 'its directory on the worker (default: this one)')
    .option('--on-end <command>', 'a line for sh that gets the job as JSON on stdin when it has ended')
    .passThroughOptions();
  common(add, 'print { "id", "isNew" }').action(async (file: string, args: string[], raw: RawAddOptions) => {
    const { addCommand } = await import('./job/index.js');
    const argv = [file, ...args];
    const hasDashes = words[words.length - argv.length - 1] === '--';
    settle(await addCommand(parts, argv, hasDashes, raw));
  });
}

function defineReading(job: Command, parts: Parts, settle: Settle): void {
  const list = job
    .command('list')
    .summary('show jobs as a table')
    .description('Shows the open jobs, and the last 20 that have ended.')
    .option('-a, --all', 'all of them')
    .option('-s, --state <state>', 'those in this state; may be repeated', repeated)
    .option('-g, --group <name>', 'those of this group')
    .option('-n, --limit <count>', 'the latest so many (default: 1000)')
    .option('-f, --follow', 'show them again and again, until Ctrl-C');
  common(list, 'one array').action(async (raw: RawListOptions) => {
    const { listCommand } = await import('./job/index.js');
    settle(await listCommand(parts, raw));
  });
  const log = job
    .command('log')
    .summary('print what a job wrote')
    .description(
      'Prints stdout and stderr of the last attempt, in their order: the bytes as they are, but on a ' +
        'terminal with control characters made visible.',
    )
    .argument('<id>', 'its number')
    .option('-f, --follow', 'go on until the job has ended')
    .option('--attempt <number>', 'of this attempt');
  common(log, 'a line for each piece').action(async (id: string, raw: RawLogOptions) => {
    const { logCommand } = await import('./job/index.js');
    settle(await logCommand(parts, id, raw));
  });
  const why = job
    .command('why')
    .summary('tell why a job waits, what it does, or how it ended')
    .description('Tells why a job waits, what it does, or how it ended; after a timeout, what it waited for.')
    .argument('<id>', 'its number');
  common(why, 'all that is known of it').action(async (id: string, raw: CommonOptions) => {
    const { whyCommand } = await import('./job/index.js');
    settle(await whyCommand(parts, id, raw));
  });
  const wait = job
    .command('wait')
    .summary('wait until jobs have ended, and exit as their commands did')
    .description('Waits until jobs have ended. Exits as the first of them that did not succeed, or with 0.')
    .argument('<id...>', 'their numbers')
    .option('-t, --timeout <duration>', 'wait at most this time, then exit with 75')
    .addHelpText('after', WAIT_NOTES);
  common(wait, 'a line for each job, when it has ended').action(
    async (ids: string[], raw: RawWaitOptions) => {
      const { waitCommand } = await import('./job/index.js');
      settle(await waitCommand(parts, ids, raw));
    },
  );
}

function defineChanges(job: Command, parts: Parts, settle: Settle): void {
  const stop = job
    .command('stop')
    .summary('stop jobs: what waits never runs, what runs is ended')
    .description(
      'Stops jobs. One that runs is ended with all its processes, on whichever machine; this does not wait ' +
        'for it.',
    )
    .argument('<id...>', 'their numbers')
    .option('-w, --wait', 'wait until they have ended');
  common(stop, 'an array of the jobs').action(async (ids: string[], raw: RawStopOptions) => {
    const { stopCommand } = await import('./job/index.js');
    settle(await stopCommand(parts, ids, raw));
  });
  const retry = job
    .command('retry')
    .summary('run jobs again that have ended, and not well')
    .description('Runs jobs again that have failed, or were stopped, skipped or lost.')
    .argument('<id...>', 'their numbers');
  common(retry, 'an array of the jobs').action(async (ids: string[], raw: CommonOptions) => {
    const { retryCommand } = await import('./job/index.js');
    settle(await retryCommand(parts, ids, raw));
  });
  const clean = job
    .command('clean')
    .summary('remove jobs that have ended, with their logs')
    .description('Removes jobs that have ended, with their logs.')
    .requiredOption('--older <duration>', 'those that ended longer ago than this, such as 14d');
  common(clean, 'print { "removed" }').action(async (raw: RawCleanOptions) => {
    const { cleanCommand } = await import('./job/index.js');
    settle(await cleanCommand(parts, raw));
  });
}

function defineAdministration(job: Command, parts: Parts, settle: Settle): void {
  const limit = job
    .command('limit')
    .summary('show or set how many jobs of a group run at a time, on all machines together')
    .description('Shows or sets how many jobs of a group run at a time, on all machines together.')
    .argument('[group]', 'the group; without it, all limits are shown')
    .argument('[limit]', 'a number, or none; 0 lets none of them begin');
  common(limit, 'an array of { "group", "limit" }').action(
    async (group: string | undefined, slots: string | undefined, raw: CommonOptions) => {
      const { limitCommand } = await import('./job/index.js');
      settle(await limitCommand(parts, group, slots, raw));
    },
  );
  const schedules = job
    .command('schedules')
    .summary('show what job add --cron has made')
    .description(
      'Shows the schedules that job add --cron has made: when each adds a job next, and the last one.',
    );
  common(schedules, 'one array').action(async (raw: CommonOptions) => {
    const { schedulesCommand } = await import('./job/index.js');
    settle(await schedulesCommand(parts, raw));
  });
  const unschedule = job
    .command('unschedule')
    .summary('remove schedules; jobs that they have added stay')
    .description('Removes schedules. Jobs that they have added stay.')
    .argument('<id...>', 'their numbers');
  common(unschedule, 'an array').action(async (ids: string[], raw: CommonOptions) => {
    const { unscheduleCommand } = await import('./job/index.js');
    settle(await unscheduleCommand(parts, ids, raw));
  });
  job
    .command('migrate')
    .summary('move all jobs from one database to another')
    .description(
      'Moves jobs with their numbers and logs, schedules and limits to an empty database, while no worker ' +
        'runs. In the old one jobs stay to be looked at; those that were open are stopped there.',
    )
    .requiredOption('--from <url>', 'a PostgreSQL, or embedded')
    .requiredOption('--to <url>', 'a PostgreSQL, or embedded')
    .option('--json', 'print { "jobs", "open", "schedules" }')
    .helpOption('-h, --help', 'print this help')
    .action(async (raw: RawMigrateOptions) => {
      const { migrateCommand } = await import('./job/index.js');
      settle(await migrateCommand(parts, raw));
    });
}

export function defineWorker(program: Command, parts: Parts, settle: Settle): void {
  const worker = program
    .command('worker')
    .summary('run durable jobs')
    .description('Takes jobs and runs them, until TERM or Ctrl-C. It stays in the foreground.')
    .option(
      '--groups <slots>',
      'the groups that it takes, and how many jobs of each at a time, such as net=2,cpu=4 ' +
        '(default: default, with one for each core)',
    )
    .option('--lease <duration>', 'others take its jobs when it is silent for so long (default: 15s)')
    .option('--once', 'end when no job is left that it could take')
    .addHelpText('after', WORKER_NOTES);
  common(worker, 'events as lines of JSON on stdout').action(async (raw: RawWorkerOptions) => {
    const { workerCommand } = await import('./worker/index.js');
    settle(await workerCommand(parts, raw));
  });
}

const JOB_NOTES = `
DATABASE_URL names a PostgreSQL for many machines. Without it jobs are kept in $XDG_STATE_HOME/spillway/jobs
(~/.local/state/spillway/jobs), for one user on one machine.

Exit status: 0 done; 1 not done, for the reason that is told; 2 usage, or no such job; 69 the database cannot
be reached or used; 125 spillway fails; 128+n ended by signal n. job wait exits as the command did.`;

const WAIT_NOTES = `
Exit status: the command's own; 124 timed out; 128+n when signal n ended it, 143 also when it was stopped;
127 not started; 75 lost, skipped, or not finished in time; 2 no such job; 69 no database.`;

const WORKER_NOTES = `
TERM or Ctrl-C once: it takes no more, ends what runs (TERM, after its grace KILL), and offers it again.
Twice: at once. A worker that dies without this leaves nothing running either, and others take its jobs.

Exit status: 0 ended in order; 2 usage; 69 the database cannot be reached or used; 125 spillway fails.`;
