/** Takes a command line apart, and runs the command that it names. */
import { Command, CommanderError } from 'commander';
import { safeLine, safeLines } from '../base/index.js';
import { defineCommands, ownWords, usageErrorStatus } from './commands.js';
import { COULD_NOT_TELL, OWN_ERROR } from './exit-status.js';
import { OutputError, print, say, writeLine } from './messages.js';
import { version } from './version.js';

/** Runs a command line and sets the exit status. */
export async function runCommandLine(argv: readonly string[]): Promise<void> {
  const program = new Command('spillway')
    .description('Child processes that cannot hang.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    // Words after the command of `run` belong to that command, options included.
    .enablePositionalOptions()
    .exitOverride(usageErrorStatus(OWN_ERROR))
    .configureOutput({
      outputError: (text) =>
        say(
          onOneLine(text, argv)
            .replace(/^error: /, '')
            .trimEnd(),
        ),
      // process.stderr does not exist here (withhold-stderr.ts).
      writeOut: print,
      writeErr: (text) => writeLine(2, safeLines(text.trimEnd())),
      getErrHelpWidth: () => process.stdout.columns ?? 80,
      getErrHasColors: () => false,
    });
  defineCommands(program, argv);
  try {
    await program.parseAsync(ownWords(argv));
  } catch (error) {
    if (error instanceof OutputError) {
      say(error.message);
      process.exitCode = ['doctor', 'lab'].includes(argv[2] ?? '') ? COULD_NOT_TELL : OWN_ERROR;
      return;
    }
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode;
    if (argv[2] === 'sync' && error.exitCode !== 0) await tellRefusal(argv, error.message);
  }
}

/** The last line of `--json` is a summary, also of a command line that was refused. */
async function tellRefusal(argv: readonly string[], message: string): Promise<void> {
  if (!ownWords(argv).includes('--json')) return;
  const { refusedLine } = await import('./sync/index.js');
  print(refusedLine(message.replace(/^error: /, '')));
}

/** The message with these words, which commander quotes as they are, each on one line. */
function onOneLine(message: string, words: readonly string[]): string {
  const split = words.filter((word) => word.includes('\n'));
  return split.reduce((text, word) => text.replaceAll(word, safeLine(word)), message);
}
