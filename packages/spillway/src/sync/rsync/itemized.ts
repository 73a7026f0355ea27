/** Lines of `--out-format='%i|%l|%n'`: what rsync changes of which file. */
import { nameOf } from './names.js';

export const OUT_FORMAT = '%i|%l|%n';

export type FileKind = 'file' | 'folder' | 'link' | 'device' | 'special';
/** `'attributes'`: the data was right already. `'none'`: nothing was to be done. */
export type Change = 'created' | 'updated' | 'attributes' | 'deleted' | 'none';

export interface Item {
  readonly change: Change;
  readonly kind: FileKind;
  /** Whether its data is transferred. */
  readonly isTransferred: boolean;
  /** Size of the file. */
  readonly bytes: number;
  /** The name relative to the destination; a folder's without the slash at its end. */
  readonly name: string;
}

const KINDS: Readonly<Record<string, FileKind>> = {
  f: 'file',
  d: 'folder',
  L: 'link',
  D: 'device',
  S: 'special',
};
const CODES = /^[<>ch.*][fdLDS][^|]{7,9}$/;

export function parseItem(line: string): Item | undefined {
  const bar = line.indexOf('|');
  if (bar < 9 || bar > 11) return undefined;
  const second = line.indexOf('|', bar + 1);
  if (second < 0) return undefined;
  const codes = line.slice(0, bar);
  const isDeletion = codes.startsWith('*deleting');
  if (!isDeletion && !CODES.test(codes)) return undefined;
  const printed = line.slice(second + 1);
  const isFolder = printed.endsWith('/');
  const name = nameOf(isFolder ? printed.slice(0, -1) : printed);
  const bytes = Number(line.slice(bar + 1, second));
  if (isDeletion)
    return { change: 'deleted', kind: isFolder ? 'folder' : 'file', isTransferred: false, bytes, name };
  const isTransferred = codes[0] === '<' || codes[0] === '>';
  return {
    change: changeOf(codes, isTransferred),
    kind: KINDS[codes[1] as string] ?? 'special',
    isTransferred,
    bytes,
    name,
  };
}

function changeOf(codes: string, isTransferred: boolean): Change {
  if (codes.endsWith('+++++++')) return 'created';
  if (isTransferred || codes[0] === 'c') return 'updated';
  // A hard link that is missing is made: `hf+++++++`, or `hf         ` of one that has to be linked anew.
  if (codes[0] === 'h') return 'updated';
  return /[cstpogauxbn]/i.test(codes.slice(2)) ? 'attributes' : 'none';
}
