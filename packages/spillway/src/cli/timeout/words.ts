/** The words of the command line as bytes. Node decodes them as UTF-8, in which file names need not be. */
import { readFileSync } from 'node:fs';

/** The same words, each byte as it was given. */
export function exactWords(words: readonly string[]): Buffer[] {
  const decoded = words.map((word) => Buffer.from(word));
  // U+FFFD stands where Node could not decode.
  if (!words.some((word) => word.includes('\ufffd'))) return decoded;
  const all = ownCommandLine();
  return all && all.length > words.length ? all.slice(-words.length) : decoded;
}

/** argv of this process (proc_pid_cmdline(5)), Node's own words first; undefined where there is no /proc. */
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
