/**
 * What a person sees: on a terminal one live line, and what happens above it; elsewhere a line every few
 * seconds. Writes never hold the event loop: a reader that has stopped must not stop rsync.
 */
import { isatty } from 'node:tty';
import { clipped, monotonicMs, safeLines } from '../../base/index.js';
import type { Progress, SyncEvent } from '../../sync/index.js';
import { groupInFrontOf, libcObstacle, ownGroup, windowSize } from '../../system/index.js';
import { writeAll } from '../pass-through.js';
import { eventText, progressText } from './progress-text.js';
import type { RotatingLog } from './rotating-log.js';

const CLEAR = '\r\x1b[K';
const LINE_EVERY_MS = 3000;
const LOG_EVERY_MS = 30_000;

export interface ViewOptions {
  /** stdout, or stderr beside JSON. */
  readonly fd: number;
  readonly isQuiet: boolean;
  readonly showsNames: boolean;
  readonly log: RotatingLog | undefined;
}

export class View {
  readonly #options: ViewOptions;
  readonly #isTerminal: boolean;
  #hasLine = false;
  #retries = 0;
  #toldAtMs = monotonicMs();
  #loggedAtMs = monotonicMs();
  #readerIsGone = false;

  constructor(options: ViewOptions) {
    this.#options = options;
    this.#isTerminal = isatty(options.fd) && process.env.TERM !== 'dumb';
  }

  async show(event: SyncEvent): Promise<void> {
    if (event.type === 'progress') return await this.#progress(event);
    if (event.type === 'attempt' && event.willRetry) this.#retries++;
    const { log, isQuiet, showsNames } = this.#options;
    const text = eventText(event);
    if (text === undefined) return;
    if (event.type !== 'file') log?.write(text);
    if (isQuiet || (event.type === 'file' && !showsNames)) return;
    await this.say(text);
  }

  /** A message that stays. */
  async say(text: string): Promise<void> {
    const cleared = this.#hasLine ? CLEAR : '';
    this.#hasLine = false;
    await this.#write(`${cleared}${safeLines(text)}\n`);
  }

  /** The live line goes. */
  async close(): Promise<void> {
    if (this.#hasLine) await this.#write(CLEAR);
    this.#hasLine = false;
  }

  async #progress(progress: Progress): Promise<void> {
    const now = monotonicMs();
    const { log, isQuiet, fd } = this.#options;
    const text = progressText(progress, this.#retries);
    if (log && now - this.#loggedAtMs >= LOG_EVERY_MS) {
      this.#loggedAtMs = now;
      log.write(text);
    }
    if (isQuiet) return;
    if (this.#isTerminal && isInFront(fd)) {
      this.#hasLine = true;
      await this.#write(`${CLEAR}${clipped(text, columnsOf(fd) - 1)}`);
    } else if (now - this.#toldAtMs >= LINE_EVERY_MS) {
      this.#toldAtMs = now;
      await this.say(text);
    }
  }

  async #write(text: string): Promise<void> {
    if (this.#readerIsGone) return;
    try {
      await writeAll(this.#options.fd, Buffer.from(text));
    } catch {
      // The work goes on: that its words are read is not what it is for.
      this.#readerIsGone = true;
    }
  }
}

/** A background job that draws a line would draw into what the user does meanwhile. */
function isInFront(fd: number): boolean {
  if (libcObstacle() !== undefined) return true;
  const front = groupInFrontOf(fd);
  return front === undefined || front === ownGroup();
}

function columnsOf(fd: number): number {
  try {
    return libcObstacle() === undefined ? windowSize(fd).columns || 80 : 80;
  } catch {
    return 80;
  }
}
