/** The options `stdout` and `stderr`, taken apart. */
import type { Writable } from 'node:stream';
import type { WritableStream } from 'node:stream/web';
import { types } from 'node:util';
import { absolutePath, OptionError, requireNames } from '../../base/index.js';
import { requireBoolean, requirePath } from './checks.js';
import { type Given, givenDescriptor } from './descriptors.js';
import { isReadLive, type Verb } from './verbs.js';

export type StreamName = 'stdout' | 'stderr';

/**
 * One place that output goes to; 'merge' is stderr's `'stdout'`, 'next' the next command of a pipeline: both
 * stand alone.
 */
export type Target =
  | { readonly kind: 'capture' | 'auto' | 'stream' | 'inherit' | 'ignore' | 'merge' | 'next' }
  | FileTarget
  | { readonly kind: 'tail'; readonly bytes: number }
  | DescriptorTarget
  | { readonly kind: 'writable'; readonly writable: Writable }
  | { readonly kind: 'web'; readonly stream: WritableStream<Uint8Array> }
  | FunctionTarget;

/** `end` is called after the last chunk, and once more when the command is over. */
export interface FunctionTarget {
  readonly kind: 'function';
  readonly call: (chunk: Buffer) => unknown;
  readonly end?: () => void | Promise<void>;
}

/** An open descriptor of the caller's. */
export interface DescriptorTarget {
  readonly kind: 'descriptor';
  readonly given: Given;
}

export interface FileTarget {
  readonly kind: 'file';
  readonly path: string;
  readonly append: boolean;
}

const ALLOWED =
  "'capture', 'inherit', 'ignore', { file, append }, { tail: bytes }, a descriptor or FileHandle, " +
  'a Writable or WritableStream, a function, or a list of these';
const ALLOWED_LIVE = `'auto', 'stream', ${ALLOWED}`;
const ALLOWED_SYNC = ALLOWED.replace('a Writable or WritableStream, ', '');

/** What nearly every stream of `run` and of `start` has. */
export const CAPTURE: readonly Target[] = [{ kind: 'capture' }];
export const AUTO: readonly Target[] = [{ kind: 'auto' }];

/** The targets in the order they were given. Throws OptionError for what this verb cannot have. */
export function requireTargets(wish: unknown, at: string, verb: Verb): readonly Target[] {
  if (wish === 'capture') return CAPTURE;
  const isStderr = at.endsWith('stderr');
  const ofVerb = isReadLive(verb) ? ALLOWED_LIVE : verb === 'runSync' ? ALLOWED_SYNC : ALLOWED;
  const request = { verb, isStderr, allowed: isStderr ? `'stdout', ${ofVerb}` : ofVerb };
  if (!Array.isArray(wish)) return [requireTarget(wish, at, request)];
  const targets = wish.map((one, index) => requireTarget(one, `${at}[${index}]`, request));
  const problem = problemOfList(targets);
  if (problem) throw new OptionError(at, wish, problem);
  return targets;
}

const DIRECT: ReadonlySet<Target['kind']> = new Set([
  'ignore',
  'inherit',
  'merge',
  'next',
  'file',
  'descriptor',
]);

/** Whether the bytes pass through this process; otherwise the child writes to the target itself. */
export function isRead(targets: readonly Target[]): boolean {
  const [first] = targets;
  return targets.length > 1 || !first || !DIRECT.has(first.kind);
}

const NONE: ReadonlySet<string> = new Set();

/** Paths of files that more than one stream goes to. */
export function sharedFiles(streams: readonly (readonly Target[])[]): ReadonlySet<string> {
  const withFiles = streams.filter(hasFile);
  if (withFiles.length < 2) return NONE;
  const seen = new Set<string>();
  const shared = new Set<string>();
  for (const targets of withFiles) {
    const paths = new Set(targets.flatMap((one) => (one.kind === 'file' ? [one.path] : [])));
    for (const path of paths) (seen.has(path) ? shared : seen).add(path);
  }
  return shared;
}

function hasFile(targets: readonly Target[]): boolean {
  for (const { kind } of targets) if (kind === 'file') return true;
  return false;
}

function problemOfList(targets: readonly Target[]): string | undefined {
  if (targets.length === 0) return "at least one target; 'ignore' is for nowhere";
  const kinds = targets.map(({ kind }) => kind);
  if (targets.length > 1 && kinds.some((kind) => kind === 'ignore' || kind === 'merge')) {
    return "'ignore' and 'stdout' stand alone, not in a list with others";
  }
  const countOf = (one: Target['kind'], other: Target['kind']) =>
    kinds.filter((kind) => kind === one || kind === other).length;
  if (countOf('capture', 'tail') > 1) return "one of 'capture' and { tail } in a list";
  if (countOf('auto', 'stream') > 1) return "one of 'auto' and 'stream' in a list";
  return undefined;
}

interface Request {
  readonly verb: Verb;
  readonly isStderr: boolean;
  /** What the error says. */
  readonly allowed: string;
}

function requireTarget(wish: unknown, at: string, { verb, isStderr, allowed }: Request): Target {
  if (typeof wish === 'string') return requireKeyword(wish, at, { verb, isStderr, allowed });
  if (verb === 'runSync') refuseAsynchronous(wish, at, allowed);
  if (typeof wish === 'function') return { kind: 'function', call: wish as (chunk: Buffer) => unknown };
  const given = givenDescriptor(wish, at, verb === 'runSync' ? 'write' : undefined);
  if (given !== undefined) return { kind: 'descriptor', given };
  if (typeof wish !== 'object' || wish === null) throw new OptionError(at, wish, allowed);
  if (isWebStream(wish)) return { kind: 'web', stream: wish };
  if (isWritable(wish)) return { kind: 'writable', writable: wish };
  if (Object.hasOwn(wish, 'file')) {
    const { file, append }: { file?: unknown; append?: unknown } = requireNames(at, wish, ['file', 'append']);
    return {
      kind: 'file',
      path: absolutePath(requirePath(file, `${at}.file`)),
      append: append === undefined ? false : requireBoolean(append, `${at}.append`),
    };
  }
  if (Object.hasOwn(wish, 'tail')) {
    const { tail }: { tail?: unknown } = requireNames(at, wish, ['tail']);
    if (typeof tail !== 'number' || !Number.isInteger(tail) || tail < 1) {
      throw new OptionError(`${at}.tail`, tail, 'a whole number of bytes from 1');
    }
    return { kind: 'tail', bytes: tail };
  }
  throw new OptionError(at, wish, allowed);
}

function requireKeyword(wish: string, at: string, { verb, isStderr, allowed }: Request): Target {
  if (wish === 'capture' || wish === 'inherit' || wish === 'ignore') return { kind: wish };
  if (wish === 'auto' || wish === 'stream') {
    if (isReadLive(verb)) return { kind: wish };
    throw new OptionError(at, wish, `${allowed}; with start(), '${wish}' as well`);
  }
  if (wish === 'stdout' && isStderr) return { kind: 'merge' };
  if (wish === 'pipe') throw new OptionError(at, wish, `${allowed}; pipes are what 'capture' reads`);
  throw new OptionError(at, wish, allowed);
}

/** What could only go on while the event loop does, which a synchronous call holds. */
function refuseAsynchronous(wish: unknown, at: string, allowed: string): void {
  if (types.isAsyncFunction(wish)) {
    throw new OptionError(at, wish, `${allowed}; for runSync a function that returns no promise`);
  }
  if (typeof wish !== 'object' || wish === null || givenDescriptor(wish, at, 'write') !== undefined) return;
  if (isWritable(wish) || isWebStream(wish)) {
    const hint = 'a stream without a descriptor takes nothing while runSync blocks: use run()';
    throw new OptionError(at, wish, `${allowed}; ${hint}`);
  }
}

function isWritable(value: object): value is Writable {
  return (
    'write' in value && typeof value.write === 'function' && 'on' in value && typeof value.on === 'function'
  );
}

/** By its shape, since it may be of another realm. */
function isWebStream(value: object): value is WritableStream<Uint8Array> {
  return 'getWriter' in value && typeof value.getWriter === 'function';
}
