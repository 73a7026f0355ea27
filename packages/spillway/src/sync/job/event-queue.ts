/** Events on their way to one reader. Without a reader they cost nothing; a slow one never costs memory. */
import { dateNow } from '../../base/index.js';
import type { SyncEvent, Told } from './events.js';

/** Above it, rsync waits for the reader. */
const MOST_WAITING = 500;

/** Without a reader, of all but files. */
const MOST_UNREAD = 10_000;

export class EventQueue implements AsyncIterableIterator<SyncEvent> {
  readonly #waiting: SyncEvent[] = [];
  #seq = 0;
  #at = '';
  #atMs = Number.NaN;
  #isOver = false;
  #isRead = false;
  #readers: ((result: IteratorResult<SyncEvent>) => void)[] = [];
  #room: (() => void)[] = [];
  #roomPromise: Promise<void> | undefined;

  /** Whether a reader wants each file. */
  get isRead(): boolean {
    return this.#isRead && !this.#isOver;
  }

  /** A promise of room where the reader is far behind. */
  tell(told: Told): Promise<void> | undefined {
    const isLast = told.type === 'summary';
    if (this.#isOver) return undefined;
    const event = { ...told, at: this.#now(), seq: ++this.#seq } as SyncEvent;
    const reader = this.#readers.shift();
    if (reader) reader({ done: false, value: event });
    else if (this.#isRead || isLast || told.type !== 'file') this.#keep(event);
    if (isLast) this.end();
    if (this.#waiting.length < MOST_WAITING || !this.#isRead) return undefined;
    this.#roomPromise ??= new Promise((resolve) => this.#room.push(resolve));
    return this.#roomPromise;
  }

  read(): this {
    this.#isRead = true;
    return this;
  }

  next(): Promise<IteratorResult<SyncEvent>> {
    const value = this.#waiting.shift();
    if (value) {
      if (this.#waiting.length < MOST_WAITING / 2) this.#giveRoom();
      return Promise.resolve({ done: false, value });
    }
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  return(): Promise<IteratorResult<SyncEvent>> {
    this.#isRead = false;
    this.#waiting.length = 0;
    this.#giveRoom();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  end(): void {
    this.#isOver = true;
    this.#giveRoom();
    for (const reader of this.#readers.splice(0)) reader({ done: true, value: undefined });
  }

  /** Thousands of files may come within one millisecond. */
  #now(): string {
    const at = dateNow();
    if (at.getTime() !== this.#atMs) this.#at = at.toISOString();
    this.#atMs = at.getTime();
    return this.#at;
  }

  /** Of progress the latest is enough; of the rest, without a reader, the beginning. */
  #keep(event: SyncEvent): void {
    const last = this.#waiting.at(-1);
    if (event.type === 'progress' && last?.type === 'progress')
      this.#waiting[this.#waiting.length - 1] = event;
    else if (this.#isRead || event.type === 'summary' || this.#waiting.length < MOST_UNREAD)
      this.#waiting.push(event);
  }

  #giveRoom(): void {
    this.#roomPromise = undefined;
    for (const resolve of this.#room.splice(0)) resolve();
  }
}
