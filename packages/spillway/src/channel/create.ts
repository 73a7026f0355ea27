/** Making channels. */

import { requireNames } from '../base/index.js';
import { createPipe } from '../pipe/index.js';
import { DuplexEnd } from './duplex.js';
import { ChannelReader, ChannelWriter, PipeLink } from './ends/index.js';
import type { Codec } from './framing/index.js';
import { type ChannelOptions, endSettings } from './options.js';

/** The two ends of a channel that goes one way. */
export interface Channel<Out, In = Out> {
  readonly reader: ChannelReader<In>;
  readonly writer: ChannelWriter<Out>;
}

const NAMES = ['codec', 'limit', 'capacity'];

/**
 * Makes a channel that goes one way: messages sent into the writer come out of the reader. Use both ends
 * here, or pass one on to a child with the option `channels`.
 *
 * Errors: OptionError; PipeUnavailableError where the C library cannot be called; SystemError with the code
 * EMFILE or ENFILE without a free descriptor, EPERM for a capacity above what this user may have.
 *
 * @example
 * const { reader, writer } = pipe();
 * const child = start('node', ['worker.js'], { channels: { jobs: reader } });
 * await writer.send({ job: 1 });
 */
export function pipe<T = unknown>(options?: ChannelOptions<'json' | 'v8'>): Channel<T>;
export function pipe(options: ChannelOptions<'raw'> & { codec: 'raw' }): Channel<Uint8Array | string, Buffer>;
export function pipe<Out, In = Out>(
  options: ChannelOptions<Codec<Out, In>> & { codec: Codec<Out, In> },
): Channel<Out, In>;
export function pipe(options: ChannelOptions<unknown> = {}): Channel<unknown> {
  const own = requireNames('options', options, NAMES);
  const { codec, limit } = endSettings(own);
  const { reader, writer } = createPipe({ capacity: own.capacity });
  const link = new PipeLink();
  return {
    reader: new ChannelReader(reader.release(), codec, limit, link),
    writer: new ChannelWriter(writer.release(), codec, limit, link),
  };
}

/**
 * Makes a channel that goes both ways, and returns its two equal ends. It is two pipes, not a pair of
 * sockets: other processes can see how full they are, and either direction can be ended alone. Errors: as
 * `pipe`.
 *
 * @example
 * const [ours, theirs] = duplex();
 * const child = start('node', ['worker.js'], { channels: { rpc: theirs } });
 * await ours.send('ping');
 * await ours.receive();
 */
export function duplex<T = unknown>(options?: ChannelOptions<'json' | 'v8'>): [DuplexEnd<T>, DuplexEnd<T>];
export function duplex(
  options: ChannelOptions<'raw'> & { codec: 'raw' },
): [DuplexEnd<Buffer, Uint8Array | string>, DuplexEnd<Buffer, Uint8Array | string>];
export function duplex<Out, In = Out>(
  options: ChannelOptions<Codec<Out, In>> & { codec: Codec<Out, In> },
): [DuplexEnd<In, Out>, DuplexEnd<In, Out>];
export function duplex(options: ChannelOptions<unknown> = {}): [DuplexEnd, DuplexEnd] {
  const own = requireNames('options', options, NAMES);
  const { codec, limit } = endSettings(own);
  const there = createPipe({ capacity: own.capacity });
  try {
    const back = createPipe({ capacity: own.capacity });
    const links = { there: new PipeLink(), back: new PipeLink() };
    const ours = { reads: back.reader.release(), writes: there.writer.release() };
    const theirs = { reads: there.reader.release(), writes: back.writer.release() };
    return [
      new DuplexEnd(ours, codec, limit, { reads: links.back, writes: links.there }),
      new DuplexEnd(theirs, codec, limit, { reads: links.there, writes: links.back }),
    ];
  } catch (error) {
    there.reader.close();
    there.writer.close();
    throw error;
  }
}
