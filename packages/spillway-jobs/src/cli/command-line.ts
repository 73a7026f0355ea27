/** Takes the words of `spillway job …` and `spillway worker …` apart, and runs what they name. */
import { Command } from 'commander';
import { defineJob, defineWorker } from './definitions.js';
import { installedParts } from './installed-parts.js';
import { print } from './output.js';
import type { Parts } from './parts.js';
import { Teller } from './teller.js';
import { lend, type Tools, tools } from './tools.js';

/** `words`: `job` or `worker`, and what follows. Gives the exit status. Never rejects. */
export async function commandLine(
  words: readonly string[],
  lent: Tools,
  parts: Parts = installedParts,
): Promise<number> {
  lend(lent);
  let status = 0;
  const settle = (given: number) => {
    status = given;
  };
  // commander writes help before it throws; it is printed when that can be waited for.
  const help: string[] = [];
  const program = new Command('spillway')
    .enablePositionalOptions()
    .helpCommand(false)
    .helpOption(false)
    .exitOverride()
    .configureOutput({
      outputError: (text) => teller.say(text.replace(/^error: /, '').replace(/\n\((.*)\)\n$/, ' ($1)')),
      writeOut: (text) => help.push(text),
      // A command that lacks its subcommand.
      writeErr: (text) => tools.writeLine(2, tools.safeLines(text.trimEnd())),
      getErrHasColors: () => false,
    });
  const job = defineJob(program, parts, words, settle);
  defineWorker(program, parts, settle);
  const [name = '', second] = words;
  const isKnown = name === 'job' && job.commands.some((one) => one.name() === second);
  const teller = new Teller(isKnown ? `${name} ${second}` : name, words);
  try {
    await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    status = teller.statusOf(error);
  }
  try {
    if (help.length > 0) await print(help.join(''));
  } catch (error) {
    status = teller.statusOf(error);
  }
  return status;
}
