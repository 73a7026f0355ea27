/** Awaits one line, and then lets go of the stream. */
import { AsyncResource } from 'node:async_hooks';
import { inspect, types } from 'node:util';
import {
  Deadline,
  type Duration,
  deferred,
  formatDuration,
  isError,
  isThenable,
  nodeTimers,
  OptionError,
  requireDuration,
  requireNames,
  withCode,
} from '../../base/index.js';
import type { Feed, OpenFeed, Receiver } from './feed.js';
import { type LineOptions, LineSplitter, type TextEncoding } from './line-splitter.js';

/** A line by a part of it, by an expression, or by a function that knows it. */
export type WantedLine = string | RegExp | ((line: string) => boolean);

export interface UntilOptions extends LineOptions {
  /** How long the line may take to come. Default: as long as the stream lasts. */
  readonly timeout?: Duration | undefined;
}

/** Lines that an error shows. */
const SHOWN_LINES = 10;

export class LineSearch implements Receiver {
  readonly #splitter: LineSplitter;
  readonly #isIt: (line: string) => boolean;
  readonly #wanted: string;
  readonly #outcome = deferred<string>();
  readonly #feed: Feed;
  readonly #deadline: Deadline | undefined;
  #isOver = false;
  #seen: string[] = [];

  /** Throws OptionError. */
  constructor(open: OpenFeed, encoding: TextEncoding, wanted: unknown, options: UntilOptions = {}) {
    const { timeout, maxLength, ends } = requireNames('until', options, ['timeout', 'maxLength', 'ends']);
    this.#isIt = matcher(wanted);
    this.#wanted = typeof wanted === 'function' ? 'the one that your function looks for' : inspect(wanted);
    this.#splitter = new LineSplitter(encoding, maxLength, ends);
    const ms = requireDuration('timeout', timeout) ?? Number.POSITIVE_INFINITY;
    this.#feed = open(this);
    if (ms !== Number.POSITIVE_INFINITY)
      this.#deadline = new Deadline(ms, () => this.#timeIsUp(ms), nodeTimers);
  }

  get line(): Promise<string> {
    return this.#outcome.promise;
  }

  chunk(view: Buffer): boolean {
    try {
      this.#look(this.#splitter.push(view));
    } catch (error) {
      this.#letGo([this.#splitter.begun, Buffer.from(view)], () => this.#outcome.reject(error));
    }
    return true;
  }

  last(): void {
    this.#look(this.#splitter.finish());
  }

  end(error?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#deadline?.cancel();
    const why = isError(error) ? `: ${error.message}` : '';
    this.#outcome.reject(
      this.#problem('ERR_LINE_NOT_FOUND', `the output ended without this line${why}`, error),
    );
  }

  #look(lines: string[]): void {
    for (const [index, line] of lines.entries()) {
      if (this.#isOver) return;
      const rest = () => [
        this.#splitter.skip(this.#splitter.sourceOfLast()(), index + 1),
        this.#splitter.begun,
      ];
      try {
        if (!this.#isIt(line)) continue;
      } catch (error) {
        this.#letGo(rest(), () => this.#outcome.reject(error));
        return;
      }
      this.#letGo(rest(), () => this.#outcome.resolve(line));
      return;
    }
    this.#seen = [...this.#seen, ...lines.slice(-SHOWN_LINES)].slice(-SHOWN_LINES);
  }

  #timeIsUp(ms: number): void {
    const problem = this.#problem('ERR_LINE_TIMEOUT', `it did not come within ${formatDuration(ms)}`);
    this.#letGo([this.#splitter.begun], () => this.#outcome.reject(problem));
  }

  #letGo(unread: readonly Buffer[], then: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#deadline?.cancel();
    this.#feed.release(unread);
    then();
  }

  #problem(code: 'ERR_LINE_NOT_FOUND' | 'ERR_LINE_TIMEOUT', what: string, cause?: unknown): Error {
    const begun = this.#splitter.begunText;
    const lines = begun === '' ? this.#seen : [...this.#seen, begun];
    const seen = lines.map((line) => `\n  ${line.slice(0, 500)}`).join('');
    const end = lines.length === 0 ? '; no line came' : `\nthe last lines that came:${seen}`;
    const message = `awaited a line with ${this.#wanted}: ${what}${end}`;
    return withCode(new Error(message, cause === undefined ? undefined : { cause }), code);
  }
}

/** Throws OptionError. The caller's function runs in the caller's context. */
function matcher(wanted: unknown): (line: string) => boolean {
  if (typeof wanted === 'string') return (line) => line.includes(wanted);
  if (types.isRegExp(wanted)) {
    // One of our own, so that neither the flags g and y nor the caller's use of it keep a place in it.
    const own = new RegExp(wanted);
    return (line) => {
      own.lastIndex = 0;
      return own.test(line);
    };
  }
  const allowed = 'text, a RegExp, or a function that says at once whether a line is the one';
  if (typeof wanted !== 'function' || types.isAsyncFunction(wanted))
    throw new OptionError('line', wanted, allowed);
  const call = AsyncResource.bind(wanted as (line: string) => unknown);
  return (line) => {
    const answer = call(line);
    if (isThenable(answer)) throw new OptionError('line', wanted, allowed, 'returned a promise');
    return Boolean(answer);
  };
}
