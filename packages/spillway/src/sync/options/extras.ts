/** Options that callers add for rsync: which ones Spillway has to know of, and which are its own. */
import { OptionError } from '../../base/index.js';

export interface Extras {
  /** What is handed on, without the two below. */
  readonly words: readonly string[];
  /** `-e`: the remote shell with its options. */
  readonly remoteShell: string | undefined;
  /** `--rsync-path`: the rsync of the far end. */
  readonly farProgram: string | undefined;
  readonly inPlace: boolean;
  /** Whether they choose or leave out files, as `--one-file-system` does. */
  readonly narrows: boolean;
  readonly hardLinks: boolean;
}

/** Options whose value may be the next word. */
const WITH_VALUE = new Set(
  `
  rsh rsync-path exclude include filter exclude-from include-from files-from bwlimit timeout
  contimeout max-size min-size max-delete compare-dest copy-dest link-dest compress-level zl
  compress-choice zc checksum-choice cc chmod chown usermap groupmap temp-dir partial-dir
  backup-dir suffix skip-compress password-file port address sockopts log-file log-file-format
  iconv block-size max-alloc stop-after stop-at modify-window remote-option checksum-seed debug
  early-input copy-as protocol
`
    .trim()
    .split(/\s+/),
);
const SHORT_WITH_VALUE = 'efBMT@';

const OWN: readonly (readonly [RegExp, string])[] = [
  [/^--(?:server|sender|daemon|list-only|(?:read|write|only-write)-batch)(?:=|$)/, 'it is another mode'],
  [
    /^--(?:out-format|log-format|info|outbuf|progress|quiet|human-readable)(?:=|$)/,
    'Spillway reads that output',
  ],
  [/^--dry-run$/, 'use the option of Spillway: dryRun, --dry-run'],
  [/^--remove-s(?:ource|ent)-files$/, 'use the option of Spillway: move, --move'],
  [/^--del(?:ete)?(?:-before|-during|-after|-delay)?$/, 'use the option of Spillway: delete, --delete'],
];
const OWN_LETTERS: Readonly<Record<string, string>> = {
  P: 'Spillway shows the progress and keeps partial files itself',
  n: 'use the option of Spillway: dryRun, --dry-run',
  q: 'Spillway reads that output',
  h: 'Spillway reads those numbers',
};
const NARROWING = /^--(?:exclude|include|filter|files-from|one-file-system|max-size|min-size|cvs-exclude)/;

/** Throws OptionError. */
export function readExtras(words: readonly unknown[]): Extras {
  const kept: string[] = [];
  let remoteShell: string | undefined;
  let farProgram: string | undefined;
  const all = words.map((word) => {
    if (typeof word === 'string' && word !== '' && !word.includes('\0')) return word;
    throw new OptionError('rsync', word, 'options, each a word that is not empty');
  });
  for (let at = 0; at < all.length; at++) {
    const word = all[at] as string;
    const { value, takesNext } = readValue(word);
    const given = takesNext ? all[at + 1] : value;
    if (takesNext && given === undefined) throw OptionError.refused('rsync', word, 'it needs a value');
    refuseOwn(word);
    const letter = /^-[^-]*$/.test(word) ? letterWithValue(word) : undefined;
    if (word.startsWith('--rsh') || letter === 'e') remoteShell = given;
    else if (word.startsWith('--rsync-path')) farProgram = given;
    else kept.push(word, ...(takesNext ? [given as string] : []));
    if (takesNext) at++;
  }
  const has = (pattern: RegExp, short: string) =>
    kept.some((word) => pattern.test(word) || (/^-[^-]/.test(word) && lettersOf(word).includes(short)));
  return {
    words: kept,
    remoteShell,
    farProgram,
    inPlace: has(/^--(?:inplace|append|append-verify|write-devices)$/, '\0'),
    narrows: has(NARROWING, 'x') || has(NARROWING, 'f') || has(NARROWING, 'F') || has(NARROWING, 'C'),
    hardLinks: has(/^--hard-links$/, 'H'),
  };
}

function readValue(word: string): { value: string | undefined; takesNext: boolean } {
  if (!word.startsWith('-') || word === '-' || word === '--')
    throw OptionError.refused('rsync', word, 'options of rsync begin with "-"; sources come before them');
  if (word.startsWith('--')) {
    const equals = word.indexOf('=');
    if (equals >= 0) return { value: word.slice(equals + 1), takesNext: false };
    return { value: undefined, takesNext: WITH_VALUE.has(word.slice(2)) };
  }
  const letter = letterWithValue(word);
  if (letter === undefined) return { value: undefined, takesNext: false };
  const rest = word.slice(word.indexOf(letter) + 1);
  return { value: rest.replace(/^=/, ''), takesNext: rest === '' };
}

/** The letters of a cluster, up to one that takes the rest as its value. */
function lettersOf(word: string): string {
  const letters = word.slice(1);
  const at = [...letters].findIndex((letter) => SHORT_WITH_VALUE.includes(letter));
  return at < 0 ? letters : letters.slice(0, at + 1);
}

function letterWithValue(word: string): string | undefined {
  const last = lettersOf(word).at(-1);
  return last !== undefined && SHORT_WITH_VALUE.includes(last) ? last : undefined;
}

function refuseOwn(word: string): void {
  const own = OWN.find(([pattern]) => pattern.test(word))?.[1];
  const letter = /^-[^-]/.test(word) ? [...lettersOf(word)].find((one) => one in OWN_LETTERS) : undefined;
  const why = own ?? (letter === undefined ? undefined : OWN_LETTERS[letter]);
  if (why !== undefined) throw OptionError.refused('rsync', word, why);
}
