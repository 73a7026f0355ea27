/** A wait that can be cut short, also before it has begun. */
export class Alarm {
  #hasRung = false;
  #wakeUp = () => {};

  /** Ends the wait, or the next one. */
  ring(): void {
    this.#hasRung = true;
    this.#wakeUp();
  }

  /** What rang until now has been heard. */
  reset(): void {
    this.#hasRung = false;
  }

  wait(ms: number): Promise<void> {
    if (this.#hasRung) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
