/** Reads the pieces of a source one after the other, and lets it go where the child stops reading. */
import { isThenable, withOwnTicks } from '../../base/index.js';
import {
  type Events,
  encoded,
  type InputData,
  isAsyncIterable,
  isBlob,
  isEvents,
  isOwnStdin,
  isWeb,
  notData,
  type StdinSource,
} from './source.js';

export interface Pieces {
  /** Undefined at the end. Rejects when the source fails. */
  next(): Promise<unknown>;
  /** The child reads no more. `unwritten`: the part of the last piece that it has not been sent. */
  stop(unwritten: Uint8Array | undefined): void;
}

/** A source until its command has been started: a stream may fail, or give its first data, before that. */
export interface HeldSource {
  /** What the command reads. */
  take(): InputData | StreamPieces;
  /** It was not started. */
  release(): void;
}

export function holdSource(source: InputData): HeldSource {
  if (typeof source !== 'object' || !isEvents(source)) return { take: () => source, release: () => {} };
  if ('readableFlowing' in source) {
    // The stream remembers its error.
    const ignore = () => {};
    source.on('error', ignore);
    const release = () => {
      remove(source as Source, 'error', ignore);
    };
    return {
      take: () => {
        release();
        return source;
      },
      release,
    };
  }
  const pieces = new StreamPieces(source);
  return { take: () => pieces, release: () => pieces.letGo() };
}

export function piecesOf(source: StdinSource | StreamPieces): Pieces {
  if (source instanceof StreamPieces) return source;
  if (isEvents(source)) return new StreamPieces(source);
  if (isWeb(source)) {
    const reader = source.getReader();
    const next = async () => {
      const { done, value } = await reader.read();
      return done ? undefined : value;
    };
    return { next, stop: () => quietly(() => reader.cancel()) };
  }
  if (isBlob(source)) return ofIterator(blobPieces(source));
  if (isAsyncIterable(source)) return ofIterator(source[Symbol.asyncIterator]());
  return ofIterator(batches(source as Iterable<unknown>));
}

const BATCH_BYTES = 65_536;

/** Many small pieces make one write. */
export function* batches(source: Iterable<unknown>): Generator<Uint8Array, void> {
  let batch: Uint8Array[] = [];
  let size = 0;
  for (const piece of source) {
    const bytes = encoded(piece);
    if (!bytes) throw notData(piece);
    batch.push(bytes);
    size += bytes.length;
    if (size < BATCH_BYTES) continue;
    yield Buffer.concat(batch);
    [batch, size] = [[], 0];
  }
  yield Buffer.concat(batch);
}

async function* blobPieces(blob: { stream?(): unknown; arrayBuffer(): Promise<ArrayBuffer> }) {
  yield await blob.arrayBuffer();
}

function ofIterator(iterator: Iterator<unknown> | AsyncIterator<unknown>): Pieces {
  return {
    async next() {
      const { done, value } = await iterator.next();
      return done ? undefined : value === undefined ? null : value;
    },
    // Not awaited: a source that never yields must not delay the result. Its error comes too late.
    stop: () => quietly(() => iterator.return?.()),
  };
}

/** Ends a source that is not needed any more, whatever it says. */
export function quietly(act: () => unknown): void {
  try {
    const pending = act();
    if (isThenable(pending)) Promise.resolve(pending).catch(() => {});
  } catch {
    // It comes too late.
  }
}

type Source = Events &
  Partial<
    Pick<
      import('node:stream').Readable,
      | 'pause'
      | 'resume'
      | 'off'
      | 'removeListener'
      | 'unshift'
      | 'destroy'
      | 'readableEnded'
      | 'readableFlowing'
      | 'destroyed'
      | 'errored'
    >
  >;

/**
 * A Node stream, new or old. It is paused after each piece, so that what this child does not read is still in
 * the stream.
 */
export class StreamPieces implements Pieces {
  readonly #stream: Source;
  readonly #isOwnStdin: boolean;
  /** Null while no code has read it or paused it. */
  readonly #flowedBefore: boolean | null | undefined;
  readonly #queue: unknown[] = [];
  #end: { readonly error?: unknown } | undefined;
  #wake: (() => void) | undefined;
  readonly #listeners: readonly (readonly [event: string, listener: (argument: unknown) => void])[] = [
    ['data', (piece: unknown) => this.#received(piece)],
    ['end', () => this.#over({})],
    ['error', (error: unknown) => this.#over({ error: error ?? new Error('the source of stdin failed') })],
    ['close', () => this.#over({ error: closedEarly() })],
  ];

  constructor(stream: Events) {
    this.#stream = stream;
    this.#isOwnStdin = isOwnStdin(stream);
    this.#flowedBefore = this.#stream.readableFlowing;
    const { readableEnded, errored, destroyed } = this.#stream;
    if (readableEnded) this.#end = {};
    else if (errored || destroyed) this.#end = { error: errored ?? closedEarly() };
    else withOwnTicks(() => this.#attach());
  }

  #attach(): void {
    for (const [event, listener] of this.#listeners) this.#stream.on(event, listener);
  }

  async next(): Promise<unknown> {
    if (this.#queue.length === 0 && !this.#end) {
      withOwnTicks(() => this.#stream.resume?.());
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#queue.length > 0) return this.#queue.shift();
    this.letGo();
    if (this.#end && Object.hasOwn(this.#end, 'error')) throw this.#end.error;
    return undefined;
  }

  stop(unwritten: Uint8Array | undefined): void {
    this.letGo();
    const stream = this.#stream;
    if (!this.#isOwnStdin) {
      stream.destroy?.();
      return;
    }
    if (stream.readableEnded || stream.destroyed) return;
    // A stream that is not flowing would keep its descriptor watched, and so this program running.
    stream.resume?.();
    stream.pause?.();
    // A stream that has been paused does not begin by itself at the program's next listener for 'data'.
    if (this.#flowedBefore === null) Object.assign(stream, { readableFlowing: null });
    const rest = [unwritten, ...this.#queue].filter((piece) => piece !== undefined);
    for (const piece of rest.reverse()) stream.unshift?.(piece);
  }

  #received(piece: unknown): void {
    this.#queue.push(piece);
    this.#stream.pause?.();
    this.#wake?.();
  }

  #over(end: { readonly error?: unknown }): void {
    this.#end ??= end;
    this.#wake?.();
  }

  letGo(): void {
    for (const [event, listener] of this.#listeners) remove(this.#stream, event, listener);
  }
}

function remove(stream: Source, event: string, listener: (argument: never) => void): void {
  (stream.off ?? stream.removeListener)?.call(stream, event, listener as (...args: unknown[]) => void);
}

function closedEarly(): Error {
  const problem = 'the source of stdin was closed before its end';
  return Object.assign(new Error(problem), { code: 'ERR_STREAM_PREMATURE_CLOSE' });
}
