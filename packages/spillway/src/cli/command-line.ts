/** The options and commands as the user sees them; what they do is loaded when it is asked for. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import type { DoctorOptions } from './doctor/index.js';
import { COULD_NOT_TELL, OWN_ERROR } from './exit-status.js';
import { say, writeLine } from './messages.js';
import type { RawOptions } from './run/index.js';

/** Carries out a command line; sets the exit status. */
export async function runCommandLine(argv: readonly string[]): Promise<void> {
  const program = new Command('spillway')
    .description('Child processes that cannot hang.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    // The options of `run` end where the command begins, and the command's own are none of ours.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      outputError: (text) => say(text.replace(/^error: /, '').trimEnd()),
      // There is no process.stderr here.
      writeErr: (text) => writeLine(2, text.trimEnd()),
      getErrHelpWidth: () => process.stdout.columns ?? 80,
      getErrHasColors: () => false,
    });
  defineRun(program);
  defineTimeout(program);
  defineDoctor(program);
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : statusOfMisuse(program);
  }
}

/** Of options that are none; each command has its own number for what is its own fault. */
function statusOfMisuse({ args }: Command): number {
  return args[0] === 'doctor' ? COULD_NOT_TELL : OWN_ERROR;
}

function defineRun(program: Command): void {
  program
    .command('run')
    .summary('run a command that can neither hang nor leave anything behind')
    .description(
      'Runs a command; its stdin, stdout, stderr and terminal are those of spillway. Options end at the command.',
    )
    .usage('[options] [--] command [args...]')
    .argument('<command>', 'the program, by name or path')
    .argument('[args...]', 'its arguments; no shell reads them')
    .option('-t, --timeout <duration>', 'end the command after this long, such as 30s or 1h30m')
    .option('--idle-timeout <duration>', 'end it when it has written nothing for this long')
    .option('--no-diagnose', 'when the time is up, end it without a look at what it waits for')
    .option('-s, --signal <signal>', 'the first signal that ends it, by name or number (default: TERM)')
    .option('--grace <duration>', 'time until KILL follows (default: 5s)')
    .option('-l, --log <file>', 'append stdout and stderr to a file as they come')
    .option('--log-timestamps', 'begin each of its lines with the time and "out" or "err"')
    .option('-q, --quiet', "do not show the command's output")
    .option('--json', 'write the result to stderr as one line of JSON, in place of a message')
    .option('--json-file <file>', 'write that line to a file')
    .option(
      '-r, --retry <count>',
      'run it up to this many times more while it fails; each time has the whole timeout',
    )
    .option(
      '--retry-delay <duration>',
      'pause before the first retry, doubled each time up to a minute (default: 1s)',
    )
    .option(
      '--leftovers <what>',
      'processes that it leaves behind: kill (but daemons), kill-all, wait, leave (default: kill)',
    )
    .option('-C, --cwd <directory>', 'run it in this directory')
    .option(
      '-e, --env <name=value>',
      'set a variable for it; may be given again',
      (value: string, before: string[]) => [...before, value],
      [],
    )
    .passThroughOptions()
    .addHelpText('after', RUN_NOTES)
    .action(async (file: string, args: string[], options: RawOptions) => {
      const { runCommand } = await import('./run/index.js');
      await runCommand(file, args, options);
    });
}

/** Only for the list of commands: `timeout` as the first word never comes here. */
function defineTimeout(program: Command): void {
  program
    .command('timeout')
    .summary("run a command with a time limit; a drop-in for GNU's timeout")
    .usage('[options] [--] duration command [args...]')
    .description("Runs a command with a time limit, as GNU's timeout does: see spillway timeout --help.");
}

function defineDoctor(program: Command): void {
  program
    .command('doctor')
    .summary('say which processes hang, and why')
    .description(
      'Says which processes wait for each other, over which pipe, and what to do: one tree for each PID, or all that may be seen. ' +
        'It only looks (Linux).',
    )
    .argument('[pid...]', 'processes to look at, each with its descendants')
    .option('--json', 'write the diagnosis to stdout as one line of JSON')
    .option('--watch', 'look again and again, and say what changes, until the processes end or Ctrl-C')
    .option('--interval <duration>', 'pause between two looks of --watch, at least 100ms (default: 2s)')
    .option('--snapshot <file>', 'save what was seen, for --from; it holds command lines')
    .option('--from <file>', 'judge what was saved, here or elsewhere')
    .option(
      '--graph <file>',
      'draw who waits for whom, as .svg or, for Graphviz, as .dot; it shows command lines',
    )
    .addHelpText('after', DOCTOR_NOTES)
    .action(async (pids: string[], options: DoctorOptions) => {
      const { doctorCommand } = await import('./doctor/index.js');
      await doctorCommand(pids, options);
    });
}

const DOCTOR_NOTES = `
Exit status: 0 when nothing hangs, 1 when something does, 2 when it could not tell: no /proc, no such process, a process that may not
be read, a file that is no snapshot, one that cannot be written, a wrong option. With --watch it is that of the last look.

On a terminal with colours a deadlock is drawn, too, unless NO_COLOR is set.`;

const RUN_NOTES = `
Exit status: the command's own; 128+n when signal n ended it; 124 after a timeout; 125 when spillway itself fails;
126 when the command cannot be executed; 127 when it is not found.

With --log and --idle-timeout the command's output passes through spillway, so it writes to pipes, not to the terminal.`;

function version(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}
