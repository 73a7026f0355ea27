/** What of a command is larger than the kernel takes (execve(2), "Limits on size of arguments"). */
import { readFileSync } from 'node:fs';
import { bytesOf, isWellFormed, shellWord } from '../../base/index.js';
import { pageBytes } from '../../system/index.js';
import { problemOfPipes } from './backend.js';
import type { Launch } from './child-spec.js';
import { inheritedLines, nameIn } from './environment.js';

interface Sized {
  /** As in `argument 2 (aaaa…)`. */
  readonly name: string;
  /** With the NUL at its end. */
  readonly bytes: number;
}

const HINT = 'on stdin or in a file';

/** Why execve(2) refuses the command's words, and what to do. */
export function explainSize({ child, mark }: Launch): string {
  const argv = [child.argv0 ?? child.file, ...child.args];
  const variables = [...(child.environment.lines ?? inheritedLines()), mark.variable];
  const words = argv.map((word, index) => sized(word, () => nameOfArgument(word, index)));
  const lines = variables.map((line) => sized(line, () => `the variable ${shellWord(nameIn(line))}`));
  const largest = [...words, ...lines].reduce((most, one) => (one.bytes > most.bytes ? one : most));
  const most = longestWord();
  if (largest.bytes > most)
    return `${largest.name} has ${largest.bytes - 1} bytes, and one may have ${most - 1}; pass it ${HINT}`;
  const [ofArguments, ofVariables] = [words.slice(1), lines].map(sum);
  return (
    `its ${child.args.length} arguments have ${ofArguments} bytes and ${lines.length} variables ` +
    `${ofVariables}, which together is more than the kernel takes${limitOfAll()}; ` +
    `the largest is ${largest.name} with ${largest.bytes - 1}; pass them ${HINT}`
  );
}

function nameOfArgument(word: string, index: number): string {
  const shown = shellWord(word.length > SHOWN ? `${word.slice(0, SHOWN)}…` : word);
  return index === 0 ? `its name for itself (${shown})` : `argument ${index} (${shown})`;
}

const SHOWN = 20;

function sized(word: string, name: () => string): Sized {
  const bytes = (isWellFormed(word) ? Buffer.byteLength(word) : bytesOf(word).length) + 1;
  return {
    bytes,
    get name() {
      return name();
    },
  };
}

function sum(words: readonly Sized[]): number {
  return words.reduce((all, { bytes }) => all + bytes, 0);
}

/** MAX_ARG_STRLEN, in include/uapi/linux/binfmts.h. Other systems bound only the sum. */
function longestWord(): number {
  if (process.platform !== 'linux') return Number.POSITIVE_INFINITY;
  return 32 * (problemOfPipes() === undefined ? pageBytes() : 4096);
}

const MiB = 1024 * 1024;

/** bprm_stack_limits() in fs/exec.c, which also counts a pointer for each word. */
function limitOfAll(): string {
  if (process.platform !== 'linux') return ' (getconf ARG_MAX)';
  try {
    const soft = /^Max stack size +(\w+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
    const quarter = soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft) / 4;
    const most = Math.max(Math.min(quarter, 6 * MiB), MiB / 8);
    const raise = quarter < 6 * MiB ? ', which ulimit -s raises up to 6 MiB' : '';
    return Number.isNaN(most) ? '' : `, ${Math.floor(most)} bytes with a pointer for each${raise}`;
  } catch {
    return '';
  }
}
