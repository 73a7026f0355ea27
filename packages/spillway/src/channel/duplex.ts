/** One of two equal ends of a channel that goes both ways. */
import { type Passable, type Passage, passOn } from '../pipe/index.js';
import type { MessageCodec } from './codec.js';
import { ChannelReader } from './reader.js';
import type { WaitOptions } from './waiting.js';
import { ChannelWriter } from './writer.js';

/**
 * One end of a channel that goes both ways: a ChannelReader and a ChannelWriter, whose methods it has, on two pipes.
 *
 * Two sides that both send and then receive would wait for each other for ever, when the messages are larger than the pipes. So while a
 * send of this end waits, it takes in what comes, up to `limit` bytes (64 MiB, unless set) and a message.
 */
export class DuplexEnd<In = unknown, Out = In>
  implements AsyncIterable<In>, Disposable, AsyncDisposable, Passable
{
  readonly #reader: ChannelReader<In>;
  readonly #writer: ChannelWriter<Out>;

  /** Takes over both descriptors. Made by `duplex` and `inherited`. */
  constructor(readFd: number, writeFd: number, codec: MessageCodec, limit: number) {
    this.#reader = new ChannelReader<In>(readFd, codec, limit);
    this.#writer = new ChannelWriter<Out>(writeFd, codec, limit, (isCongested) =>
      this.#reader.readAhead(isCongested ? limit : undefined),
    );
  }

  /** As ChannelWriter.send. */
  send(message: Out, options?: WaitOptions): Promise<void> {
    return this.#writer.send(message, options);
  }

  /** As ChannelReader.receive. */
  receive(options?: WaitOptions): Promise<In> {
    return this.#reader.receive(options);
  }

  /** As ChannelReader.batches. */
  batches(): AsyncIterableIterator<In[]> {
    return this.#reader.batches();
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<In> {
    return this.#reader[Symbol.asyncIterator]();
  }

  /** Ends this side's sending, as ChannelWriter.end. What the other side sends can still be received. */
  end(): Promise<void> {
    return this.#writer.end();
  }

  /** Closes both directions at once. Closing again is fine. */
  close(): void {
    this.#writer.close();
    this.#reader.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** What was sent is written; then both directions are closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#writer[Symbol.asyncDispose]();
    } finally {
      this.#reader.close();
    }
  }

  [passOn](): Passage {
    const reader = this.#reader[passOn]();
    let writer: Passage;
    try {
      writer = this.#writer[passOn]();
    } catch (error) {
      reader.failed();
      throw error;
    }
    return {
      descriptors: [...reader.descriptors, ...writer.descriptors],
      codec: reader.codec,
      done: () => {
        reader.done();
        writer.done();
      },
      failed: () => {
        reader.failed();
        writer.failed();
      },
    };
  }
}
