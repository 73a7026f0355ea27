/** The words of the command line as bytes: Node decodes them as UTF-8, but file names may be any bytes. */
import { readFileSync } from 'node:fs';
import { textOf } from '../base/index.js';

/** The same as text that holds any bytes (see `textOf`). */
export function exactText(words: readonly string[]): readonly string[] {
  return words.some((word) => word.includes('\ufffd')) ? exactWords(words).map(textOf) : words;
}

/** The original bytes of the last `words.length` words of the command line. */
export function exactWords(words: readonly string[]): Buffer[] {
  const decoded = words.map((word) => Buffer.from(word));
  // Node puts U+FFFD in place of invalid bytes.
  if (!words.some((word) => word.includes('\ufffd'))) return decoded;
  const all = ownCommandLine();
  return all && all.length > words.length ? all.slice(-words.length) : decoded;
}

/** argv of this process (proc_pid_cmdline(5)), Node's own words first; undefined without /proc. */
function ownCommandLine(): Buffer[] | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync('/proc/self/cmdline');
  } catch {
    return undefined;
  }
  const words: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0, at);
    words.push(bytes.subarray(at, end));
    at = end + 1;
  }
  return words;
}
