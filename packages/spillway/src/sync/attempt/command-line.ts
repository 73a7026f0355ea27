/** The words of one rsync. */
import { type Address, baseOf, type Settings } from '../options/index.js';
import { OUT_FORMAT } from '../rsync/index.js';

/** Where half-transferred files are kept: beside their place, under their own name. */
export const PARTIAL_FOLDER = '.rsync-partial';

/** What one rsync is to do. */
export interface Pass {
  /** `transfer`; `list`: what would be transferred; `verify`: by checksum; `closing`: all but data. */
  readonly kind: 'transfer' | 'list' | 'verify' | 'remove' | 'closing';
  readonly delete: boolean;
  /** Whether updated files stay aside until the end. */
  readonly delayUpdates: boolean;
  /** Whether an earlier attempt may have left partial files: they are read, also on one machine. */
  readonly continues: boolean;
  /** A file with the names that it transfers, each ended by NUL. */
  readonly filesFrom?: string | undefined;
  /** How many rsyncs share the bandwidth. */
  readonly sharedBy: number;
  readonly remoteShell: string | undefined;
  readonly farProgram: string | undefined;
}

export function wordsOf(settings: Settings, pass: Pass): string[] {
  const { sources, destination, extras, stallMs, bwlimit } = settings;
  const isRemote = [...sources, destination].some(({ kind }) => kind !== 'local');
  const isDry = pass.kind === 'list' || pass.kind === 'verify';
  const words = [
    '-a',
    // Sizes as plain numbers, a line for each change, totals of the whole list instead of what is known.
    '--no-h',
    '--no-inc-recursive',
    `--info=progress2,flist2,stats2`,
    '--outbuf=L',
    `--out-format=${OUT_FORMAT}`,
  ];
  if (!extras.inPlace) words.push(`--partial-dir=${PARTIAL_FOLDER}`);
  if (pass.delayUpdates && !extras.inPlace) words.push('--delay-updates');
  // On one machine rsync does not look at partial files otherwise.
  if (pass.continues && !isRemote) words.push('--no-whole-file');
  if (isDry) words.push('--dry-run');
  if (settings.checksum || pass.kind === 'verify' || pass.kind === 'remove') words.push('--checksum');
  // Unchanged files are named as well.
  if (pass.kind === 'remove') words.push('--remove-source-files', '-ii');
  if (pass.kind === 'verify') words.push('-ii');
  if (pass.delete) words.push('--delete-delay');
  if (pass.filesFrom !== undefined)
    words.push(`--files-from=${pass.filesFrom}`, '--from0', '--no-r', '-O', '-ii');
  if (bwlimit !== undefined) words.push(`--bwlimit=${Math.max(bwlimit / pass.sharedBy, 1).toFixed(2)}`);
  // The far rsync ends itself when the line is dead, after ours has been ended and diagnosed.
  if (isRemote && stallMs > 0 && stallMs < 86_400_000)
    words.push(`--timeout=${Math.max(60, Math.ceil(stallMs / 500))}`);
  if (pass.remoteShell !== undefined) words.push('-e', pass.remoteShell);
  if (pass.farProgram !== undefined) words.push(`--rsync-path=${pass.farProgram}`);
  words.push(...(pass.filesFrom === undefined ? settings.rules : []), ...extras.words, '--');
  const from = (source: Address) => (pass.filesFrom === undefined ? source.text : baseOf(source));
  words.push(...sources.map(from), destination.text);
  return words;
}
