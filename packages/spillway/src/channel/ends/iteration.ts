/** Loops over the messages of a channel. */
import { ChannelClosedError, ChannelEndedError } from '../framing/index.js';

/** The source of a loop's messages. */
export interface MessageStore<T> {
  /** Whether a decoded message is there, so that the loop need not wait. */
  hasOne(): boolean;
  take(): T;
  takeAll(): T[];
  receive(): Promise<T>;
}

/**
 * Messages one by one. The end of the channel, on either side, ends the loop; every other failure is thrown.
 */
export function messagesOf<T>(store: MessageStore<T>): AsyncIterableIterator<T> {
  return loop(() =>
    // Without a second promise for each message: that would be half of the cost for millions of messages.
    store.hasOne() ? Promise.resolve({ done: false, value: store.take() }) : store.receive().then(one, ended),
  );
}

/** All messages that are there, at a time. */
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
    // Leaving the loop leaves the channel as it is.
    return: () => Promise.resolve({ done: true, value: undefined }),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
