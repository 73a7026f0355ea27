/** The options that all kinds of channels have, and their checks. */
import { requireBytes } from '../base/index.js';
import type { PipeOptions } from '../pipe/index.js';
import { type CodecName, codecFrom, LARGEST_LENGTH, type MessageCodec } from './framing/index.js';

/**
 * Settings that both sides of a channel must agree on. A child learns the codec from its variable, unless it
 * is one of your own.
 */
export interface EndSettings<C = CodecName> {
  /**
   * How messages become bytes: `'json'`; `'raw'`, bytes as they are (text is sent as UTF-8); `'v8'`, the
   * structured clone of node:v8 with Map, Date, typed arrays and the like, between Node programs; or `{
   * encode, decode }`. Default: `'json'`.
   */
  readonly codec?: C | undefined;
  /** The largest message in bytes, up to 4,294,967,295. Default: 64 MiB. */
  readonly limit?: number | undefined;
}

/** Options of `pipe` and `duplex`. */
export interface ChannelOptions<C = CodecName> extends EndSettings<C> {
  /**
   * Bytes that each pipe can hold, rounded up by the kernel. Default: the kernel's, 64 KiB; once 1 MiB has
   * gone through a pipe, it is enlarged to 1 MiB where the system allows it.
   */
  readonly capacity?: PipeOptions['capacity'];
}

const DEFAULT_LIMIT = 64 * 1024 * 1024;

/** Throws OptionError. */
export function endSettings({ codec, limit }: EndSettings<unknown>): { codec: MessageCodec; limit: number } {
  return {
    codec: codecFrom(codec),
    limit: requireBytes('limit', limit, 0, LARGEST_LENGTH) ?? DEFAULT_LIMIT,
  };
}
