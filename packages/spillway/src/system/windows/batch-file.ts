/**
 * Batch files (`.cmd`, `.bat`): Windows starts them by cmd.exe alone, and Node refuses them since
 * CVE-2024-27980. npm's shims are such files. cmd.exe gets one line, in which each of its own characters is
 * escaped, as cross-spawn does it (https://github.com/moxystudio/node-cross-spawn).
 */
import { findOnWindows, type SearchPlaces } from './program.js';

/** What starts in the place of a batch file. Its words are passed on as they are, with spaces between. */
export interface CmdCall {
  readonly path: string;
  readonly argv: readonly string[];
}

/** It cannot be started with these words. */
export interface CmdRefusal {
  readonly code: 'EINVAL' | 'E2BIG';
  readonly reason: string;
}

const BATCH = /\.(?:cmd|bat)$/i;
/** Its last line starts another program with `%*`, and cmd.exe reads the words for a second time. */
const SHIM = /(?:^|[\\/])node_modules[\\/]\.bin[\\/][^\\/]+\.(?:cmd|bat)$/i;
/** cmd.exe drops what is beyond. */
const LONGEST_LINE = 8191;
const OWN_CHARACTERS = /([()\][%!^"`<>&|;, *?])/g;
const COMMANDS = /[&|<>^()]/;

/** Undefined where the name is not a batch file's: the system starts it. */
export function callOfBatchFile(
  file: string,
  args: readonly string[],
  places: SearchPlaces,
  shell: string,
  isFile?: (candidate: string) => boolean,
): CmdCall | CmdRefusal | undefined {
  const path = findOnWindows(file, places, isFile);
  if (path === undefined || !BATCH.test(path)) return undefined;
  const isShim = SHIM.test(path);
  for (const [index, word] of args.entries()) {
    const what = `argument ${index + 1}`;
    if (/[\r\n\0]/.test(word))
      return refusal('EINVAL', `${what} has a line break, where cmd.exe ends a command`);
    // It ends the quotes when the batch file passes the word on, and the rest of it would be a command.
    if (!isShim && word.includes('"') && COMMANDS.test(word))
      return refusal('EINVAL', `${what} has a quotation mark and a character of cmd.exe's`);
  }
  const line = [escaped(path), ...args.map((word) => escapedWord(word, isShim))].join(' ');
  if (line.length + shell.length + '/d /s /c ""'.length + 2 > LONGEST_LINE)
    return { code: 'E2BIG', reason: `cmd.exe takes ${LONGEST_LINE} characters; pass the data on stdin` };
  return { path: shell, argv: [shell, '/d', '/s', '/c', `"${line}"`] };
}

function refusal(code: CmdRefusal['code'], what: string): CmdRefusal {
  return { code, reason: `${what}, which a batch file cannot be given; pass it on stdin or in a file` };
}

function escaped(text: string): string {
  return text.replace(OWN_CHARACTERS, '^$1');
}

/** In quotes by the rules of Microsoft's C library: only backslashes before a quotation mark are special. */
export function quoted(word: string): string {
  return `"${word.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;
}

function escapedWord(word: string, isReadTwice: boolean): string {
  const once = escaped(quoted(word));
  return isReadTwice ? escaped(once) : once;
}
