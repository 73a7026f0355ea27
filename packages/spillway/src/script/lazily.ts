/** An iterator that is opened when it is first read. */
import type { StreamIterator } from '../stream/index.js';

export function lazily<T>(open: () => StreamIterator<T>): StreamIterator<T> {
  let opened: StreamIterator<T> | undefined;
  let isOver = false;
  const over = (): IteratorResult<T> => ({ done: true, value: undefined });
  return {
    next() {
      if (opened) return opened.next();
      if (isOver) return Promise.resolve(over());
      isOver = true;
      try {
        opened = open();
        return opened.next();
      } catch (error) {
        return Promise.reject(error);
      }
    },
    async return(value?: unknown) {
      isOver = true;
      return (await opened?.return?.(value)) ?? over();
    },
    async throw(error?: unknown) {
      isOver = true;
      if (!opened?.throw) throw error;
      return opened.throw(error);
    },
    release() {
      isOver = true;
      opened?.release();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
