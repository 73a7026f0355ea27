/** Calls a function for many items, so many at a time. */
import {
  isThenable,
  OptionError,
  onAbort,
  requireAbortSignal,
  requireCount,
  requireNames,
} from '../base/index.js';
import { StatusLine } from '../stream/index.js';

export interface MapLimitOptions {
  /**
   * True: a failure stops nothing, and the results are those of `Promise.allSettled`. Default: false.
   */
  readonly gather?: boolean | undefined;
  /**
   * True, or a title: a line on the terminal of stderr says how far it is. Nothing where stderr is no
   * terminal. What has a `prefix` or an `echo` is printed above it. Default: false.
   */
  readonly progress?: boolean | string | undefined;
  /** Stops it when aborted, as a failure does. */
  readonly signal?: AbortSignal | undefined;
}

export interface MapLimitContext {
  /** The number of the item, from 0. */
  readonly index: number;
  /** Aborted at the first failure. A command that has it as its option `signal` is ended then. */
  readonly signal: AbortSignal;
}

type Items<T> = Iterable<T> | AsyncIterable<T>;
type Call<T, R> = (item: T, context: MapLimitContext) => R | PromiseLike<R>;

/**
 * Calls `call` for each item, for at most `limit` of them at a time, and gives the results in the order of
 * the items. Items are taken when there is room for them.
 *
 * At the first failure no further item is taken, and `signal` is aborted. It rejects when all calls that were
 * under way have settled, so that nothing goes on behind its back.
 *
 * @param limit From 1; Infinity for no limit.
 * @throws the first error of a call, or of the items; the reason of `options.signal`; OptionError.
 *
 * @example
 * await mapLimit(names, 6, (name, { signal }) => $({ cwd: name, signal, prefix: `${name} │ ` })`eslint .`);
 */
export function mapLimit<T, R>(
  items: Items<T>,
  limit: number,
  call: Call<T, R>,
  options?: MapLimitOptions & { readonly gather?: false | undefined },
): Promise<Awaited<R>[]>;
export function mapLimit<T, R>(
  items: Items<T>,
  limit: number,
  call: Call<T, R>,
  options: MapLimitOptions & { readonly gather: true },
): Promise<PromiseSettledResult<Awaited<R>>[]>;
export async function mapLimit<T, R>(
  items: Items<T>,
  limit: number,
  call: Call<T, R>,
  options: MapLimitOptions = {},
): Promise<unknown[]> {
  const { gather = false, signal, progress = false } = requireCall(limit, call, options);
  signal?.throwIfAborted();
  const crew = new Crew(iteratorOf(items), call, gather);
  const forget = signal && onAbort(signal, () => crew.stop(signal.reason));
  const line = progress === false ? undefined : new StatusLine();
  const title = typeof progress === 'string' ? `${progress}: ` : '';
  const total = sizeOf(items);
  crew.changed = () => line?.show(`${title}${crew.done}${total} done, ${crew.running} running`);
  try {
    return await crew.work(limit);
  } finally {
    forget?.();
    line?.end();
  }
}

/** The calls under way. */
class Crew<T, R> {
  readonly #items: Iterator<T> | AsyncIterator<T>;
  readonly #call: Call<T, R>;
  readonly #gathers: boolean;
  readonly #results: unknown[] = [];
  readonly #controller = new AbortController();
  running = 0;
  done = 0;
  /** Called at each beginning and end. */
  changed: () => void = () => {};
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => {};

  constructor(items: Iterator<T> | AsyncIterator<T>, call: Call<T, R>, gathers: boolean) {
    this.#items = items;
    this.#call = call;
    this.#gathers = gathers;
  }

  /** Takes no further item, and tells the calls under way. */
  stop(error: unknown): void {
    this.#failure ??= { error };
    this.#controller.abort(this.#failure.error);
    this.#wake();
  }

  async work(limit: number): Promise<unknown[]> {
    for (let index = 0; ; index++) {
      while (this.running >= limit && !this.#failure) await this.#change();
      const next = this.#failure ? undefined : await this.#next();
      if (next?.done) break;
      if (!next || this.#failure) {
        this.#leave();
        break;
      }
      void this.#begin(next.value, index);
    }
    while (this.running > 0) await this.#change();
    if (this.#failure) throw this.#failure.error;
    return this.#results;
  }

  async #begin(item: T, index: number): Promise<void> {
    this.running++;
    this.changed();
    try {
      const value = await this.#call(item, { index, signal: this.#controller.signal });
      this.#results[index] = this.#gathers ? { status: 'fulfilled', value } : value;
    } catch (reason) {
      if (this.#gathers) this.#results[index] = { status: 'rejected', reason };
      else this.stop(reason);
    }
    this.running--;
    this.done++;
    this.changed();
    this.#wake();
  }

  /** Undefined when a call fails before the item comes, or no item can come. */
  async #next(): Promise<IteratorResult<T> | undefined> {
    let next: IteratorResult<T> | undefined;
    try {
      const coming = this.#items.next();
      if (!isThenable(coming)) return coming;
      const come = (result: IteratorResult<T>) => {
        next = result;
        this.#wake();
      };
      Promise.resolve(coming).then(come, (error) => this.stop(error));
      while (!next && !this.#failure) await this.#change();
    } catch (error) {
      this.stop(error);
    }
    return next;
  }

  /** Not awaited: a source that never yields must not delay the end. */
  #leave(): void {
    try {
      Promise.resolve(this.#items.return?.()).catch(() => {});
    } catch {
      // The failure that is reported came first.
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

function iteratorOf<T>(items: Items<T>): Iterator<T> | AsyncIterator<T> {
  const { [Symbol.asyncIterator]: async, [Symbol.iterator]: sync } = Object(items) as Partial<
    Iterable<T> & AsyncIterable<T>
  >;
  const iterator = async?.call(items as AsyncIterable<T>) ?? sync?.call(items as Iterable<T>);
  if (iterator) return iterator;
  throw new OptionError('items', items, 'an array or another iterable');
}

/** How many they are, where they tell. */
function sizeOf(items: unknown): string {
  const { length, size } = Object(items) as { length?: unknown; size?: unknown };
  const count = typeof length === 'number' ? length : size;
  return typeof count === 'number' ? `/${count}` : '';
}

function requireCall(limit: unknown, call: unknown, options: MapLimitOptions): MapLimitOptions {
  requireCount('limit', limit);
  if (typeof call !== 'function') throw new OptionError('call', call, 'a function');
  const own = requireNames('options', options, ['gather', 'signal', 'progress']);
  if (own.gather !== undefined && typeof own.gather !== 'boolean')
    throw new OptionError('gather', own.gather, 'true or false');
  if (own.progress !== undefined && typeof own.progress !== 'boolean' && typeof own.progress !== 'string')
    throw new OptionError('progress', own.progress, 'true, false, or a title');
  requireAbortSignal('signal', own.signal);
  return own;
}
