/** The lines of `--info=progress2`: bytes, percentage, rate, time left, and what is still to be checked. */

export interface RsyncProgress {
  /** Bytes of the files that were processed in this attempt, sent or found in a partial file. */
  readonly bytes: number;
  /** Of all bytes in the list, 0 to 100. */
  readonly percent: number;
  readonly bytesPerSecond: number;
  readonly secondsLeft: number;
  /** Files transferred. Undefined within the first file. */
  readonly files: number | undefined;
  /** Entries that were not looked at yet, and all; undefined within the first file. */
  readonly toCheck: number | undefined;
  readonly entries: number | undefined;
}

const NUMBERS = /^\s*(\d+)\s+(\d+)%\s+([\d.]+)([kMG]?)B\/s\s+/;
const TIME = /(?:(\d+):(\d\d):(\d\d)|\?\?:\?\?:\?\?)/;
const COUNTS = /(?:\s+\(xfr#(\d+), (?:to|ir)-chk=(\d+)\/(\d+)\))?\s*$/;
const LINE = new RegExp(NUMBERS.source + TIME.source + COUNTS.source);

const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1024, M: 1024 ** 2, G: 1024 ** 3 };

export function parseProgress(line: string): RsyncProgress | undefined {
  // A quick look: most lines name a file.
  const first = line.charCodeAt(0);
  if (first !== 32 && !(first >= 48 && first <= 57)) return undefined;
  const match = LINE.exec(line);
  if (!match) return undefined;
  const [, bytes, percent, rate, unit = '', hours, minutes, seconds, files, toCheck, entries] = match;
  const count = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  return {
    bytes: Number(bytes),
    percent: Number(percent),
    bytesPerSecond: Math.round(Number(rate) * (FACTORS[unit] as number)),
    secondsLeft: Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0),
    files: count(files),
    toCheck: count(toCheck),
    entries: count(entries),
  };
}
