/** Loops over the messages of a channel. */
import { ChannelClosedError, ChannelEndedError } from '../framing/index.js';

/** What a loop takes messages from. */
export interface MessageStore<T> {
  /** Whether one is there, decoded, so that nothing has to be waited for. */
  hasOne(): boolean;
  take(): T;
  takeAll(): T[];
  receive(): Promise<T>;
}

/** One by one. The end of the channel, there or here, is the end of the loop; every other failure is thrown. */
export function messagesOf<T>(store: MessageStore<T>): AsyncIterableIterator<T> {
  return loop(() =>
    // Without a second promise for each: with millions of messages it is half of the cost.
    store.hasOne() ? Promise.resolve({ done: false, value: store.take() }) : store.receive().then(one, ended),
  );
}

/** All that are there. */
export function batchesOf<T>(store: MessageStore<T>): AsyncIterableIterator<T[]> {
  const withFirst = (first: T): IteratorResult<T[]> => {
    const value = store.hasOne() ? store.takeAll() : [];
    value.unshift(first);
    return { done: false, value };
  };
  return loop(() =>
    store.hasOne()
      ? Promise.resolve({ done: false, value: store.takeAll() })
      : store.receive().then(withFirst, ended),
  );
}

function one<T>(value: T): IteratorResult<T> {
  return { done: false, value };
}

function ended(error: unknown): IteratorResult<never> {
  if (error instanceof ChannelEndedError || (error instanceof ChannelClosedError && error.state === 'closed'))
    return { done: true, value: undefined };
  throw error;
}

function loop<T>(next: () => Promise<IteratorResult<T>>): AsyncIterableIterator<T> {
  return {
    next,
    // Who leaves has had enough for now: the channel stays as it is.
    return: () => Promise.resolve({ done: true, value: undefined }),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
