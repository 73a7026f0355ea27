/** A promise that is settled from outside; Promise.withResolvers needs Node 22. */

/** The two functions of a pending promise. */
export interface Waiter<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

export interface Deferred<T> extends Waiter<T> {
  readonly promise: Promise<T>;
}

export function deferred<T>(): Deferred<T> {
  let resolve!: Waiter<T>['resolve'];
  let reject!: Waiter<T>['reject'];
  const promise = new Promise<T>((fulfil, refuse) => {
    resolve = fulfil;
    reject = refuse;
  });
  return { promise, resolve, reject };
}
