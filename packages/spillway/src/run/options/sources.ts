/** The options `stdin` and `input`, taken apart. */
import { absolutePath, OptionError, requireNames } from '../../base/index.js';
import { type InputData, sourceOf } from '../../stream/index.js';
import { requirePath } from './checks.js';
import { type Given, givenDescriptor } from './descriptors.js';
import { isReadLive, type Verb } from './verbs.js';

/** Where a command's stdin comes from. */
export type Source =
  | { readonly kind: 'ignore' | 'inherit' }
  | FileSource
  /** An open descriptor of the caller's. */
  | { readonly kind: 'descriptor'; readonly given: Given }
  /** Written into the child's pipe, or typed on its terminal. */
  | { readonly kind: 'data'; readonly data: InputData }
  /** The caller writes to `child.stdin`. */
  | { readonly kind: 'pipe' }
  /** The command before it, in a pipeline. */
  | { readonly kind: 'previous' };

export interface FileSource {
  readonly kind: 'file';
  readonly path: string;
}

const ITERABLES = 'a Readable, a ReadableStream or another iterable';
const ALLOWED = `'ignore', 'inherit', { file }, a descriptor or FileHandle, ${ITERABLES}`;
const ALLOWED_DATA = `text, bytes, a Blob, or ${ITERABLES} of text and bytes`;
const SYNC_ITERABLE = 'an iterable that is not asynchronous';

/** Throws OptionError. */
export function requireSource(wish: unknown, at: string, verb: Verb): Source {
  const allowed = forVerb(isReadLive(verb) ? `'pipe', ${ALLOWED}` : ALLOWED, verb);
  if (wish === 'ignore' || wish === 'inherit') return { kind: wish };
  if (wish === 'pipe') {
    if (isReadLive(verb)) return { kind: wish };
    throw new OptionError(at, wish, `${allowed}; with start(), 'pipe' as well. Text is given as input`);
  }
  if (typeof wish === 'string') throw new OptionError(at, wish, `${allowed}. Text is given as input: text`);
  const given = givenDescriptor(wish, at, verb === 'runSync' ? 'read' : undefined);
  if (given !== undefined) return { kind: 'descriptor', given };
  const data = dataOf(wish, at, verb, allowed);
  if (data) return data;
  if (typeof wish === 'object' && wish !== null && Object.hasOwn(wish, 'file')) {
    const { file } = requireNames(at, wish as { file: unknown }, ['file']);
    return { kind: 'file', path: absolutePath(requirePath(file, `${at}.file`)) };
  }
  throw new OptionError(at, wish, allowed);
}

/** The option `input`. Throws OptionError. */
export function requireInput(wish: unknown, at: string, verb: Verb): Source {
  const allowed = forVerb(ALLOWED_DATA, verb);
  if (typeof wish === 'object' && wish !== null && givenDescriptor(wish, at) !== undefined)
    throw new OptionError(at, wish, `${allowed}. A FileHandle is given as stdin`);
  const data = dataOf(wish, at, verb, allowed);
  if (data) return data;
  const isFile = typeof wish === 'object' && wish !== null && Object.hasOwn(wish, 'file');
  throw new OptionError(at, wish, isFile ? `${allowed}. A file is given as stdin: { file }` : allowed);
}

function forVerb(allowed: string, verb: Verb): string {
  return verb === 'runSync' ? allowed.replace(ITERABLES, SYNC_ITERABLE).replace(' a Blob,', '') : allowed;
}

function dataOf(wish: unknown, at: string, verb: Verb, allowed: string): Source | undefined {
  const source = sourceOf(wish);
  if (!source) return undefined;
  if (source.problem !== undefined) throw OptionError.refused(at, wish, source.problem);
  if (verb === 'runSync' && source.isAsynchronous) {
    const hint = 'nothing comes from it while runSync blocks: read it first, or use run()';
    throw new OptionError(at, wish, `${allowed}; ${hint}`);
  }
  return { kind: 'data', data: source.data };
}
