/** The options that all kinds of channels share, checked. */
import { requireBytes } from '../base/index.js';
import type { PipeOptions } from '../pipe/index.js';
import { type CodecName, codecFrom, LARGEST_LENGTH, type MessageCodec } from './framing/index.js';

/** What both sides of a channel must agree on. A child is told the codec, unless it is one of your own. */
export interface EndSettings<C = CodecName> {
  /**
   * What messages are made of bytes by: `'json'`; `'raw'`, bytes as they are (text is sent as UTF-8); `'v8'`, the structured clone of node:v8 with
   * Map, Date, typed arrays and the like, between Node programs; or `{ encode, decode }`. Default: `'json'`.
   */
  readonly codec?: C | undefined;
  /** Bytes that a message may have at most, to 4,294,967,295. Default: 64 MiB. */
  readonly limit?: number | undefined;
}

/** Options of `pipe` and `duplex`. */
export interface ChannelOptions<C = CodecName> extends EndSettings<C> {
  /**
   * Bytes that each pipe can hold, rounded up by the kernel. Default: the kernel's, 64 KiB; one through which 1 MiB has gone gets 1 MiB, where
   * the system allows it.
   */
  readonly capacity?: PipeOptions['capacity'];
}

const DEFAULT_LIMIT = 64 * 1024 * 1024;

/** Checks them. Throws OptionError. */
export function endSettings({ codec, limit }: EndSettings<unknown>): { codec: MessageCodec; limit: number } {
  return {
    codec: codecFrom(codec),
    limit: requireBytes('limit', limit, 0, LARGEST_LENGTH) ?? DEFAULT_LIMIT,
  };
}
