/** The options of each command, with their help. Each command's code is loaded only when it runs. */
import { type Command, CommanderError, Option } from 'commander';
import type { DoctorOptions } from './doctor/index.js';
import type { RawEveryOptions } from './every/index.js';
import { COULD_NOT_TELL, REFUSED } from './exit-status.js';
import type { LabOptions } from './lab/index.js';
import type { RawOptions } from './run/index.js';
import type { RawSyncOptions } from './sync/index.js';

/** `argv`: the words as they were given. */
export function defineCommands(program: Command, argv: readonly string[]): void {
  defineRun(program);
  defineTimeout(program);
  defineSync(program, argv);
  defineEvery(program);
  defineJobs(program);
  defineDoctor(program);
  defineLab(program);
}

/**
 * `sync` hands what follows `--` on to rsync; commander would take it for addresses. The schedule of `every`
 * may stand in front of its options, where commander would end them.
 */
export function ownWords(argv: readonly string[]): readonly string[] {
  const [node = '', file = '', name = '', first, ...others] = argv;
  if (name === 'every' && first !== undefined && !first.startsWith('-'))
    return [node, file, name, '--schedule', first, ...others];
  const dashes = argv[2] === 'sync' ? argv.indexOf('--') : -1;
  return dashes < 0 ? argv : argv.slice(0, dashes);
}

/** Exit status for a usage error; it differs by command. Subcommands inherit it; help and version keep 0. */
export function usageErrorStatus(status: number): (error: CommanderError) => never {
  return (error) => {
    throw error.exitCode === 0 ? error : new CommanderError(status, error.code, error.message);
  };
}

function defineRun(program: Command): void {
  program
    .command('run')
    .summary('run a command with timeouts, logs and retries, and clean up after it')
    .description(
      "Runs a command on spillway's stdin, stdout, stderr and terminal. Options end at the command.",
    )
    .usage('[options] [--] command [args...]')
    .argument('<command>', 'the program, by name or path')
    .argument('[args...]', 'its arguments; no shell reads them')
    .option('-t, --timeout <duration>', 'end the command after this time, such as 30s or 1h30m')
    .option('--idle-timeout <duration>', 'end it after this time without output')
    .option('--no-diagnose', 'on timeout, skip the diagnosis')
    .option('-s, --signal <signal>', 'first signal to end it with, by name or number (default: TERM)')
    .option('--grace <duration>', 'time from that signal to KILL (default: 5s)')
    .option('--leftovers-grace <duration>', 'that time for what is left after its exit (default: 500ms)')
    .option('-l, --log <file>', 'append stdout and stderr to a file as they arrive')
    .option('--log-timestamps', 'start each line of the log with the time and "out" or "err"')
    .option('-q, --quiet', "do not show the command's output")
    .option('--json', 'write the result to stderr as one line of JSON instead of a message')
    .option('--json-file <file>', 'write that JSON line to a file')
    .option('-r, --retry <count>', 'rerun a failed command up to this many times, each with the full timeout')
    .option(
      '--retry-delay <duration>',
      'pause before the first retry, doubled for each further one up to a minute (default: 1s)',
    )
    .option(
      '--leftovers <action>',
      'leftover processes: kill (except daemons), kill-all, wait, leave (default: kill)',
    )
    .option('-C, --cwd <directory>', 'run it in this directory')
    .option(
      '-e, --env <name=value>',
      'set an environment variable for it; may be repeated',
      (value: string, before: string[] = []) => [...before, value],
    )
    .passThroughOptions()
    .addHelpText('after', RUN_NOTES)
    .action(async (file: string, args: string[], options: RawOptions) => {
      const { runCommand } = await import('./run/index.js');
      await runCommand(file, args, options);
    });
}

/** For the list of commands only: main.ts handles `timeout` as the first word. */
function defineTimeout(program: Command): void {
  program
    .command('timeout')
    .summary("run a command with a time limit; a drop-in for GNU's timeout")
    .usage('[options] [--] duration command [args...]')
    .description("Runs a command with a time limit, as GNU's timeout does: see spillway timeout --help.");
}

function defineSync(program: Command, argv: readonly string[]): void {
  const rules: string[] = [];
  const rule = (sign: string) => (pattern: string) => {
    rules.push(`${sign}${pattern}`);
    return rules;
  };
  program
    .command('sync')
    .summary('make a folder the same as another, by rsync, until it is done')
    .description(
      'Runs rsync in archive mode, tries again where that helps, from where it ended, and never hangs. ' +
        'Addresses are those of rsync: path, host:path, host::module/path, rsync://host/module/path.',
    )
    .usage('[options] source... destination [-- rsync options]')
    .argument('<address...>', 'the sources, and last the destination')
    .option('--delete', 'delete what the sources do not have')
    .option(
      '--exclude <pattern>',
      'leave out; may be repeated, and the first rule that fits counts',
      rule('- '),
    )
    .option('--include <pattern>', 'do not leave out; may be repeated', rule('+ '))
    .option('--filter <rule>', "a rule of rsync's; may be repeated", rule(''))
    .option('--bwlimit <rate>', 'highest rate, such as 20m (MiB a second)')
    .option('-c, --checksum', 'compare files by checksum, not by size and time')
    .option('-n, --dry-run', 'change nothing, and tell what would change')
    .option('--move', 'remove each source file once it is verified at the destination, then empty folders')
    .option('--verify', 'compare everything by checksum afterwards')
    .option('-j, --jobs <count>', 'let this many rsyncs share the files (default: 1)')
    .option('--no-delay-updates', 'put each file into its place at once, not all at the end')
    .option('-t, --timeout <duration>', 'how long one attempt may take')
    .option('--stall <duration>', 'end an attempt after this time without a byte or a file (default: 10m)')
    .option('-r, --retries <count>', 'further attempts, where one may help (default: 3)')
    .option('--retry-delay <duration>', 'pause before the second, doubled for each further one (default: 1s)')
    .option('--max-duration <duration>', 'how long all of it may take')
    .option('--strict', 'exit with 3 when files vanished meanwhile')
    .option('--wait-lock <duration>', 'wait for another sync to the same destination (default: exit with 75)')
    .option('--no-lock', 'do not look for another sync to the same destination')
    .option('--no-far-guard', 'send no guard along over ssh')
    .option('--grace <duration>', 'time from TERM to KILL for what has to be ended (default: 5s)')
    .option('-q, --quiet', 'print nothing but errors')
    .option('--names', 'tell each file that changes')
    .option('--json', 'events as lines of JSON on stdout, the last one a summary; text goes to stderr')
    .option('--report <file>', 'write the result, with each failed file and each attempt, as JSON')
    .option('-l, --log <file>', 'append messages to a file, each with its time')
    .option('--log-size <bytes>', 'start a new log at this size (default: 10m)')
    .option('--log-keep <count>', 'how many older logs to keep (default: 5)')
    .addHelpText('after', SYNC_NOTES)
    .exitOverride(usageErrorStatus(REFUSED))
    .action(async (addresses: string[], options: RawSyncOptions) => {
      const { syncCommand } = await import('./sync/index.js');
      await syncCommand(addresses, { ...options, rules }, argv.slice(ownWords(argv).length + 1));
    });
}

const SYNC_NOTES = `
Exit status: 0 done; 1 failed after its retries; 2 usage, or refused before anything was changed; 3 partial:
some files are missing, and are listed; 75 another sync to the same destination runs; 124 timed out or
stalled; 126 rsync cannot be used; 127 no rsync; 128+n cancelled by signal n. rsync's own is in the report.

Ctrl-C once ends it in order, and the same command continues from there; twice ends it at once.`;

function defineEvery(program: Command): void {
  program
    .command('every')
    .summary('run a command again and again, at its times, never twice at once')
    .description(
      "Runs a command at an interval, such as 15m, beginning now, or by a cron expression, '0 3 * * *'. " +
        'It stays in the foreground; TERM and Ctrl-C end it, and the command, in order.',
    )
    .usage("<interval | 'cron expression'> [options] [--] command [args...]")
    .argument('<command>', 'the program, by name or path')
    .argument('[args...]', 'its arguments; no shell reads them')
    .addOption(new Option('--schedule <schedule>').hideHelp())
    .option('--jitter <duration>', 'put each start off by up to this time, at random')
    .option(
      '--timezone <name>',
      'of the cron expression, such as Europe/Berlin (default: that of this machine)',
    )
    .option('--status <file>', 'keep state, next start and last result in a file, as JSON')
    .option('--grace <duration>', 'time from TERM to KILL for the command, when it has to end (default: 5s)')
    .option('-q, --quiet', "do not show the command's stdout")
    .passThroughOptions()
    .addHelpText('after', EVERY_NOTES)
    .action(async (file: string, args: string[], options: RawEveryOptions & { schedule?: string }) => {
      const { everyCommand } = await import('./every/index.js');
      const { schedule, ...own } = options;
      const command = schedule === undefined ? args : [file, ...args];
      await everyCommand(schedule ?? file, command[0] === '--' ? command.slice(1) : command, own);
    });
}

const EVERY_NOTES = `
A run that is due while the last one still runs is skipped, and told. A failure ends nothing: the command
runs again at its next time. As process 1 of a container it reaps what others leave.

Exit status: 128+n after signal n; 0 when the schedule has no further time; 125 when spillway fails.`;

/** For the list of commands only: main.ts hands `job` and `worker` to the package spillway-jobs. */
function defineJobs(program: Command): void {
  program
    .command('job')
    .summary('add, list, follow and stop durable jobs (needs the package spillway-jobs)')
    .usage('command [options]')
    .description('Adds, lists, follows and stops durable jobs: see spillway job --help.');
  program
    .command('worker')
    .summary('run durable jobs (needs the package spillway-jobs)')
    .usage('[options]')
    .description('Runs durable jobs: see spillway worker --help.');
}

function defineDoctor(program: Command): void {
  program
    .command('doctor')
    .summary('find processes that hang, and explain why')
    .description(
      'Finds processes that wait for each other, names the pipe, and suggests a fix. Examines the tree of ' +
        'each PID, or every process you may see. Linux only; it changes nothing.',
    )
    .argument('[pid...]', 'processes to examine, each with its descendants')
    .option('--json', 'write the diagnosis to stdout as one line of JSON')
    .option('--watch', 'examine them repeatedly and report changes, until they end or Ctrl-C')
    .option('--interval <duration>', 'pause between two looks of --watch, at least 100ms (default: 2s)')
    .option('--snapshot <file>', 'save what was seen, for --from; the file contains command lines')
    .option('--from <file>', 'diagnose a saved snapshot, also one from another machine')
    .option(
      '--graph <file>',
      'draw which process waits for which, as .svg or .dot (Graphviz); it shows command lines',
    )
    .addHelpText('after', DOCTOR_NOTES)
    // 1 is taken: something hangs.
    .exitOverride(usageErrorStatus(COULD_NOT_TELL))
    .action(async (pids: string[], options: DoctorOptions) => {
      const { doctorCommand } = await import('./doctor/index.js');
      await doctorCommand(pids, options);
    });
}

function defineLab(program: Command): void {
  program
    .command('lab')
    .summary('try what pipes and processes really do on this machine')
    .description(
      'Runs experiments on pipes and processes, and compares what happens with POSIX and the manual pages. ' +
        'NAME is an experiment, a group of them, or claims: what articles say, beside what happens here.',
    )
    .argument('[name...]', 'what to run; everything without a name')
    .option('--list', 'name the experiments instead of running them')
    .option('--json', 'write the results to stdout as one line of JSON')
    .option('--report <file>', 'write a page with tables and pictures, as .html')
    .option('--pictures <directory>', 'write each picture there, as .svg')
    .addOption(new Option('--perform <file>').hideHelp())
    .addHelpText('after', LAB_NOTES)
    // 1 is taken: the library cannot rely on this machine.
    .exitOverride(usageErrorStatus(COULD_NOT_TELL))
    .action(async (names: string[], options: LabOptions) => {
      const { labCommand } = await import('./lab/index.js');
      await labCommand(names, options);
    });
}

const LAB_NOTES = `
Exit status: 1 when this machine differs in what the library relies on, 2 for a wrong option or a file that
cannot be written, 0 otherwise: also for differences that are merely interesting (marked *), and for what
could not be run here.

Everything takes a minute and a half. Each experiment is a process of its own with a time limit; nothing of
it is left.`;

const DOCTOR_NOTES = `
Exit status: 0 when nothing hangs; 1 when something hangs; 2 without a verdict: no /proc, no such process,
an unreadable process, an invalid snapshot, a file that cannot be written, a wrong option.
With --watch, the exit status is that of the last examination.

On a colour terminal a deadlock is also drawn, unless NO_COLOR is set.`;

const RUN_NOTES = `
Exit status: the command's own; 128+n when signal n ended it; 124 after a timeout; 125 when spillway fails;
126 when the command cannot be executed; 127 when it is not found.

With --log or --idle-timeout the command's output passes through spillway: the command writes to pipes,
not to the terminal.`;
