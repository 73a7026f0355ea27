/** Making pipes with several writers. */

import { requireBytes, requireNames } from '../../base/index.js';
import { createPipe } from '../../pipe/index.js';
import { PipeLink } from '../ends/index.js';
import type { Codec, CodecName } from '../framing/index.js';
import { type ChannelOptions, endSettings } from '../options.js';
import { SharedReader } from './shared-reader.js';
import { SharedWriter } from './shared-writer.js';

/** Options for the reader of a shared pipe. */
export interface PendingLimit {
  /**
   * Bytes that half-finished messages may hold in all. A message that would exceed this is dropped and
   * reported as MessageLostError. N writers that send large messages at the same time need N times their
   * size. Default: 64 MiB.
   */
  readonly pendingLimit?: number | undefined;
}

/** Options of `sharedPipe`. */
export interface SharedOptions<C = CodecName> extends ChannelOptions<C>, PendingLimit {}

/** The ends of a shared pipe; `writer.share()` makes more writers. */
export interface SharedChannel<Out, In = Out> {
  readonly reader: SharedReader<In>;
  readonly writer: SharedWriter<Out>;
}

const DEFAULT_PENDING = 64 * 1024 * 1024;

/**
 * Makes a pipe into which any number of processes write messages, without a lock between them, and from which
 * one process reads.
 *
 * Errors: as `pipe`.
 *
 * @example
 * const { reader, writer } = sharedPipe();
 * for (let i = 0; i < 8; i++) start('node', ['worker.js'], { channels: { log: writer.share() } });
 * writer.close(); // or the channel never ends
 * for await (const entry of reader) console.log(entry);
 */
export function sharedPipe<T = unknown>(options?: SharedOptions<'json' | 'v8'>): SharedChannel<T>;
export function sharedPipe(
  options: SharedOptions<'raw'> & { codec: 'raw' },
): SharedChannel<Uint8Array | string, Buffer>;
export function sharedPipe<Out, In = Out>(
  options: SharedOptions<Codec<Out, In>> & { codec: Codec<Out, In> },
): SharedChannel<Out, In>;
export function sharedPipe(options: SharedOptions<unknown> = {}): SharedChannel<unknown> {
  const own = requireNames('options', options, ['codec', 'limit', 'capacity', 'pendingLimit']);
  const { codec, limit } = endSettings(own);
  const pendingLimit = pendingLimitFrom(own);
  const { reader, writer } = createPipe({ capacity: own.capacity });
  const link = new PipeLink();
  return {
    reader: new SharedReader(reader.release(), codec, { limit, pendingLimit }, link),
    writer: new SharedWriter(writer.release(), codec, limit, link),
  };
}

/** Throws OptionError. */
export function pendingLimitFrom({ pendingLimit }: PendingLimit): number {
  return requireBytes('pendingLimit', pendingLimit, 0, Number.MAX_SAFE_INTEGER) ?? DEFAULT_PENDING;
}
