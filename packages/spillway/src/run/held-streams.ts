/**
 * The caller's streams of a command, from the call until the command has been started. They may fail before,
 * or an old one may give its first data: both must meet a listener.
 */
import { type HeldSource, holdSource, type Sink, WebSink, WritableSink } from '../stream/index.js';
import type { Target } from './options/index.js';
import type { Plan } from './plan.js';

export class HeldStreams {
  #sinks: Map<Target, Sink> | undefined;
  #source: HeldSource | undefined;

  /** Throws for a stream that has failed or is destroyed, or is locked by another writer. */
  hold({ stdin, stdout, stderr }: Plan): void {
    if (stdin.kind === 'data') this.#source = holdSource(stdin.data);
    for (const target of [...stdout, ...stderr])
      if (target.kind === 'writable') this.#add(target, new WritableSink(target.writable));
      else if (target.kind === 'web') this.#add(target, new WebSink(target.stream));
  }

  #add(target: Target, sink: Sink): void {
    this.#sinks ??= new Map();
    this.#sinks.set(target, sink);
  }

  /** Hands the data for stdin over. */
  takeSource(): ReturnType<HeldSource['take']> {
    const source = this.#source?.take();
    this.#source = undefined;
    if (source === undefined) throw new Error('the data for stdin was not held');
    return source;
  }

  /** Hands the sink of a stream over. */
  takeSink(target: Target): Sink {
    const sink = this.#sinks?.get(target);
    this.#sinks?.delete(target);
    if (!sink) throw new Error(`nothing was held for ${target.kind}`);
    return sink;
  }

  /** Lets go of what was not taken. */
  release(): void {
    this.#source?.release();
    this.#source = undefined;
    for (const sink of this.#sinks?.values() ?? []) sink.release();
    this.#sinks = undefined;
  }
}
