/** One of several writers of one pipe. */
import { type Passable, type Passage, passOn } from '../../pipe/index.js';
import { closeDescriptor, makeBlocking, makeNonBlocking, openWriteEndAnew } from '../../system/index.js';
import {
  type Cancellation,
  cancellationFrom,
  onCancellation,
  type PipeLink,
  passedBy,
  type WaitOptions,
  WritingEnd,
} from '../ends/index.js';
import type { MessageCodec } from '../framing/index.js';
import { ChannelBusyError, ChannelClosedError, ChannelTimeoutError, encodeBody } from '../framing/index.js';
import { type PendingSend, SharedOutbox } from './shared-outbox.js';
import { SHARED_PREFIX } from './shared-reader.js';

const ACCEPTED = Promise.resolve();

/**
 * One of the writers of a shared pipe. Any number of them, in any number of processes, write at the same time
 * without a lock: their messages never mix, and each writer's messages keep the order of its `send`s.
 *
 * It is used as a ChannelWriter is. `share` makes another writer for each child that is to get the pipe: an
 * end that is passed on is closed here, as all are. The reader finds the end of the channel when every writer
 * is closed, including that of this process.
 */
export class SharedWriter<Out = unknown> extends WritingEnd implements Passable {
  readonly #codec: MessageCodec;
  readonly #limit: number;
  #outbox: SharedOutbox | undefined;

  /** Takes over `fd`. Made by `sharedPipe`, `share` and `inherited`. */
  constructor(fd: number, codec: MessageCodec, limit: number, link?: PipeLink) {
    super(fd, link);
    this.#codec = codec;
    this.#limit = limit;
  }

  /**
   * Another writer of the same pipe, to pass on, or to use and close here. Errors: ChannelClosedError,
   * PeerGoneError; SystemError with the code EMFILE or ENFILE without a free descriptor.
   *
   * @example
   * for (let i = 0; i < 8; i++) start('node', ['worker.js'], { channels: { log: writer.share() } });
   */
  share(): SharedWriter<Out> {
    if (this.failure) throw this.failure;
    const fd = openWriteEndAnew(this.descriptor, 'sharing a channel');
    return new SharedWriter<Out>(fd, this.#codec, this.#limit, this.link);
  }

  /**
   * Sends a message. The promise is settled when the message has been accepted: it is in the pipe, or among
   * the at most 64 KiB that wait here for room and are written as the other side reads. Bytes must not be
   * changed until then. A sender that does not await fills memory.
   *
   * With a `timeout` or a signal: a message that was not accepted in time is withdrawn, and the reader will
   * not get it, even if a part of it is written already. It is delivered only if all of it was on its way;
   * the error says which it was. The channel goes on.
   *
   * Rejects as ChannelWriter.send does.
   */
  send(message: Out, options?: WaitOptions): Promise<void> {
    if (this.failure) return this.refuse(this.failure);
    try {
      const body = encodeBody(this.#codec, this.#limit, message);
      const cancellation = cancellationFrom(options);
      cancellation?.signal?.throwIfAborted();
      const pending = this.#open().add(body);
      if (this.isClosed) return this.refuse(this.failure as unknown as Error);
      if (!pending) return ACCEPTED;
      return cancellation ? this.#writtenOrWithdrawn(pending, cancellation) : pending.written;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  [passOn](): Passage {
    if (this.failure) throw this.failure;
    if (this.#outbox && !this.#outbox.isEmpty)
      throw new ChannelBusyError('messages wait here to be written; await their send first');
    // Few programs expect EAGAIN. A description of its own becomes blocking for this end alone; a shared one
    // becomes blocking for all its writers, which then wait in the kernel.
    makeBlocking(this.descriptor);
    return {
      descriptors: [{ fd: this.descriptor, access: 'w' }],
      codec: SHARED_PREFIX + this.#codec.word,
      failed: () => makeNonBlocking(this.descriptor),
      ...passedBy(this.link, 'w', () => this.finish(new ChannelClosedError('passed on'))),
    };
  }

  #writtenOrWithdrawn(pending: PendingSend, cancellation: Cancellation): Promise<void> {
    return new Promise((resolve, reject) => {
      let isWithdrawn = false;
      const giveUp = (error: unknown) => {
        isWithdrawn ||= pending.withdraw();
        reject(error);
      };
      const timedOut = () => {
        isWithdrawn = pending.withdraw();
        return new ChannelTimeoutError(
          'send',
          cancellation.timeoutMs,
          isWithdrawn ? 'withdrawn' : 'under way',
        );
      };
      const stop = onCancellation(cancellation, timedOut, giveUp);
      pending.written.then(
        () => {
          stop();
          resolve();
        },
        (error) => {
          stop();
          reject(error);
        },
      );
    });
  }

  #open(): SharedOutbox {
    this.#outbox ??= new SharedOutbox(this.descriptor, {
      broken: (error) => this.break(error),
    });
    return this.#outbox;
  }

  protected override whenWritten(call: () => void): void {
    this.#open().whenEmpty(call);
  }

  protected override release(error: Error): boolean {
    if (this.#outbox) return this.#outbox.close(error);
    closeDescriptor(this.descriptor);
    return false;
  }
}
