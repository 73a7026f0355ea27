/** Data for a child's stdin, in all the forms in which callers have it. */

import { isMainThread, isThenable, viewOf } from '../../base/index.js';

type Bytes = ArrayBufferView | ArrayBuffer | SharedArrayBuffer;
type Piece = string | Bytes;

/** A stream to read from, also one that is older than Readable. */
export interface Events {
  on(event: string, listener: (argument: never) => void): unknown;
  pipe(...args: never[]): unknown;
}

/** A web stream, by its shape: it may be of another realm. */
export interface WebSource {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: unknown }>;
    cancel(): Promise<void>;
  };
}

interface BlobLike {
  readonly size: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** A named pipe that is open without blocking. Owns the descriptor. */
export class NamedPipeSource {
  constructor(readonly fd: number) {}
}

/**
 * What can be read for a child: bytes of any kind, a Blob, a stream of Node's or of the web, or an iterable,
 * asynchronous or not, of text and bytes.
 */
export type StdinSource = Bytes | Iterable<Piece> | AsyncIterable<Piece> | BlobLike | Events | WebSource;

export type InputData = string | StdinSource;

interface Recognized {
  readonly data: InputData;
  readonly isAsynchronous: boolean;
  /** Why nothing can be read from it. */
  readonly problem: string | undefined;
}

/** A command that is awaited, of `$` or of another library, gives lines without their ends. */
const UNAWAITED = 'it is a promise; await it, and give its output';
const AT_HAND = { isAsynchronous: false, problem: undefined };

/** Undefined for what holds no data. */
export function sourceOf(value: unknown): Recognized | undefined {
  if (typeof value === 'string') return { ...AT_HAND, data: value };
  const bytes = viewOf(value);
  if (bytes) return { ...AT_HAND, data: bytes };
  if (typeof value !== 'object' || value === null) return undefined;
  if (isEvents(value)) return { data: value, isAsynchronous: true, problem: problemOf(value) };
  if (isWeb(value)) {
    const isLocked = (value as { locked?: unknown }).locked === true;
    const problem = isLocked ? 'it is locked, since another reader has it' : undefined;
    return { data: value, isAsynchronous: true, problem };
  }
  if (isBlob(value) || isAsyncIterable(value))
    return { data: value, isAsynchronous: true, problem: isThenable(value) ? UNAWAITED : undefined };
  return isIterable(value) ? { ...AT_HAND, data: value } : undefined;
}

/** Text and bytes as bytes; undefined for another value. */
export function encoded(value: unknown): Uint8Array | undefined {
  return typeof value === 'string' ? Buffer.from(value) : viewOf(value);
}

/** The error for a piece that is neither. */
export function notData(value: unknown): TypeError {
  const kind = value === null ? 'null' : typeof value;
  return new TypeError(`stdin gave ${kind}; only strings and bytes can be written`);
}

export function isEvents(value: object): value is Events {
  const { on, pipe } = value as Partial<Events>;
  return typeof on === 'function' && typeof pipe === 'function';
}

export function isWeb(value: object): value is WebSource {
  return typeof (value as Partial<WebSource>).getReader === 'function';
}

export function isBlob(value: object): value is BlobLike {
  const { size, arrayBuffer } = value as Partial<BlobLike>;
  return typeof size === 'number' && typeof arrayBuffer === 'function';
}

export function isAsyncIterable(value: object): value is AsyncIterable<Piece> {
  return typeof (value as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function';
}

/** The program's own stdin, which is read again after this child. */
export function isOwnStdin(source: unknown): boolean {
  // process.stdin is made at the first access, so only a stream that may be it is compared.
  return (!isMainThread() || (source as { fd?: unknown }).fd === 0) && source === process.stdin;
}

function problemOf(stream: Events): string | undefined {
  const { destroyed, readableEnded, errored } = stream as Partial<import('node:stream').Readable>;
  // At its end, the program's own stdin is as empty for the child as with 'inherit'.
  if (readableEnded) return isOwnStdin(stream) ? undefined : 'it has been read to its end already';
  if (errored) return `it has failed: ${errored.message}`;
  return destroyed ? 'it is destroyed, so nothing can be read from it' : undefined;
}

function isIterable(value: object): value is Iterable<Piece> {
  return typeof (value as Partial<Iterable<Piece>>)[Symbol.iterator] === 'function';
}
