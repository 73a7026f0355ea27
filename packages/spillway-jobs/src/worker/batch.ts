/** One call to the storage for all that comes while the last one is under way. */

interface Waiting<T, R> {
  readonly item: T;
  resolve(result: R): void;
  reject(error: unknown): void;
}

export class Batch<T, R> {
  readonly #call: (items: readonly T[]) => Promise<(item: T) => R>;
  readonly #most: number;
  #waiting: Waiting<T, R>[] = [];
  #isUnderWay = false;

  /** `call` hands over at most `most` items, and gives the result of each. */
  constructor(call: (items: readonly T[]) => Promise<(item: T) => R>, most = 500) {
    this.#call = call;
    this.#most = most;
  }

  /** Resolves with the item's result, when it has been handed over. Rejects as the call does. */
  add(item: T): Promise<R> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      // In the next turn, so that what comes in this one goes together.
      if (!this.#isUnderWay) {
        this.#isUnderWay = true;
        setImmediate(() => this.#run());
      }
    });
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const those = this.#waiting.splice(0, this.#most);
      try {
        const resultOf = await this.#call(those.map(({ item }) => item));
        for (const { item, resolve } of those) resolve(resultOf(item));
      } catch (error) {
        for (const { reject } of those) reject(error);
      }
    }
    this.#isUnderWay = false;
  }
}
