/** The option `stdin`, taken apart. */
import { absolutePath, OptionError, requireNames } from '../../base/index.js';
import type { StdinSource } from '../../stream/index.js';
import { requirePath } from './checks.js';
import { isReadLive, type Verb } from './verbs.js';

/** Where a command's stdin comes from. */
export type Source =
  | { readonly kind: 'ignore' | 'inherit' }
  | { readonly kind: 'file'; readonly path: string }
  /** Written into the child's pipe, or typed on its terminal. */
  | { readonly kind: 'data'; readonly data: StdinSource }
  /** The caller writes to `child.stdin`. */
  | { readonly kind: 'pipe' }
  /** The command before it, in a pipeline. */
  | { readonly kind: 'previous' };

const ALLOWED =
  "'ignore', 'inherit', bytes, { file }, a Readable or another async iterable, " +
  'or a string other than these words';
const ALLOWED_SYNC = ALLOWED.replace(' a Readable or another async iterable,', '');

/** Throws OptionError. */
export function requireSource(wish: unknown, at: string, verb: Verb): Source {
  const allowed = verb === 'runSync' ? ALLOWED_SYNC : ALLOWED;
  if (wish === 'ignore' || wish === 'inherit') return { kind: wish };
  if (wish === 'pipe') {
    if (isReadLive(verb)) return { kind: wish };
    const hint = "with start(), 'pipe' as well. To send that word, give bytes";
    throw new OptionError(at, wish, `${allowed}; ${hint}`);
  }
  if (typeof wish === 'string' || wish instanceof Uint8Array) return { kind: 'data', data: wish };
  if (isAsyncIterable(wish)) {
    if (verb !== 'runSync') return { kind: 'data', data: wish };
    const hint = 'nothing comes from it while runSync blocks: read it first, or use run()';
    throw new OptionError(at, wish, `${allowed}; ${hint}`);
  }
  if (typeof wish === 'object' && wish !== null && 'file' in wish) {
    requireNames(at, wish, ['file']);
    return { kind: 'file', path: absolutePath(requirePath(wish.file, `${at}.file`)) };
  }
  throw new OptionError(at, wish, isReadLive(verb) ? `'pipe', ${allowed}` : allowed);
}

function isAsyncIterable(value: unknown): value is AsyncIterable<string | Uint8Array> {
  return typeof (value as AsyncIterable<unknown> | null)?.[Symbol.asyncIterator] === 'function';
}
