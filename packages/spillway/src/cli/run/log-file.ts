/** `--log`: both streams of the command in one file, in order of arrival. */
import { clearTimeout, setTimeout } from '../../base/index.js';
import { makeBlocking } from '../../system/index.js';
import { reasonOf } from '../messages.js';
import { openOutput } from '../output-file.js';
import { writeAll } from '../pass-through.js';
import { LineStamper } from './line-stamper.js';

export class LogFile {
  readonly #path: string;
  readonly #fd: number;
  readonly #stampers: { readonly out: LineStamper; readonly err: LineStamper } | undefined;
  /** The last write; the next one waits for it, since two streams share the file. */
  #writing: Promise<void> = Promise.resolve();

  /** Opens the file for appending. Throws UsageError if that fails. */
  constructor(path: string, timestamps: boolean) {
    this.#path = path;
    this.#fd = openOutput('the log', path, 'append');
    makeBlocking(this.#fd);
    this.#stampers = timestamps ? { out: new LineStamper('out'), err: new LineStamper('err') } : undefined;
  }

  /** A target for one stream of the command; it settles when the file has the bytes. */
  target(stream: 'out' | 'err'): (chunk: Buffer) => Promise<void> {
    return (chunk) => this.#append(this.#stampers ? this.#stampers[stream].stamp(chunk) : chunk);
  }

  /**
   * Writes the incomplete last lines after the command's end. Rejects after `patience` milliseconds if the
   * log does not accept them, as a pipe with a stopped reader.
   */
  async flush(patience: number): Promise<void> {
    if (!this.#stampers) return;
    const rest = this.#append(Buffer.concat([this.#stampers.out.finish(), this.#stampers.err.finish()]));
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_resolve, reject) => {
      const late = () => reject(new Error(`the log ${this.#path} does not accept its last lines`));
      if (patience !== Number.POSITIVE_INFINITY) timer = setTimeout(late, patience);
    });
    await Promise.race([rest, tooLate]).finally(() => clearTimeout(timer));
  }

  #append(bytes: Buffer): Promise<void> {
    const written = this.#writing.then(() => writeAll(this.#fd, bytes));
    // The caller of this write gets the error; the next write may succeed.
    this.#writing = written.catch(() => {});
    return written.catch((error) => {
      throw new Error(`the log ${this.#path} cannot be written: ${reasonOf(error)}`, { cause: error });
    });
  }
}
