/** A running command's three streams: their readers, sinks and source, and what has been kept of them. */
import type { Writable } from 'node:stream';
import {
  AutoStream,
  type ByteStream,
  type ChildTerminal,
  Flow,
  type LiveSink,
  LiveStream,
  NamedPipeSource,
  type Output,
  openStdin,
  type Sink,
  type StdinPipe,
  Tail,
  WebSink,
  WritableSink,
} from '../stream/index.js';
import type { Files } from './files.js';
import type { CommandHost } from './host.js';
import type { Ends } from './launch.js';
import type { StreamName, Target } from './options/index.js';
import { type Plan, textEncodingOf } from './plan.js';

export interface StreamEvents {
  received(name: StreamName, bytes: number): void;
  /** A target of the output, or the source of stdin, has failed. */
  failed(error: unknown): void;
  /** The reader of a live stream has left; `hadEnded`: when the stream itself had ended. */
  readerLeft(name: StreamName, hadEnded: boolean): void;
  /** One more stream has been read to its end, and its sinks have all of it. */
  delivered(): void;
}

/** Where the bytes of one stream go, and how to get at what is kept. */
class Destination {
  readonly sinks: Sink[] = [];
  live: (LiveSink & ByteStream) | undefined;
  kept: (() => Output | undefined) | undefined;
}

export class Streams {
  /** What the caller writes to, with `stdin: 'pipe'`. */
  readonly stdin: Writable | undefined;
  /** The child's own, with the option pty. */
  readonly terminal: ChildTerminal | undefined;
  readonly #plan: Plan;
  readonly #host: CommandHost;
  readonly #events: StreamEvents;
  readonly #flows = new Map<StreamName, Flow>();
  readonly #destinations: { readonly [name in StreamName]: Destination };
  #undelivered = 0;
  #stdinPipe: StdinPipe | undefined;

  /** Reads from now on. The sinks take over their descriptors from `files`. */
  constructor(plan: Plan, ends: Ends, files: Files, host: CommandHost, events: StreamEvents) {
    this.#plan = plan;
    this.#host = host;
    this.#events = events;
    this.terminal = ends.terminal;
    this.#destinations = {
      stdout: this.#read('stdout', ends.stdout, files),
      stderr: this.#read('stderr', ends.stderr, files),
    };
    if (plan.stdin.kind === 'pipe' && ends.stdin !== undefined) {
      const stdin = openStdin(ends.stdin);
      this.stdin = stdin;
      this.#stdinPipe = { close: () => stdin.destroy() };
    }
  }

  /** Writes the data of stdin. May report a failure at once. */
  feed(end: Ends['stdin'], files: Files): void {
    const { stdin } = this.#plan;
    if (end === undefined || (stdin.kind !== 'data' && !files.namedPipe(stdin))) return;
    const failed = (error: unknown) => this.#events.failed(error);
    try {
      const data = stdin.kind === 'data' ? stdin.data : new NamedPipeSource(files.take(stdin));
      this.#stdinPipe = this.#host.feedStdin(end, data, failed);
    } catch (error) {
      failed(error);
    }
  }

  /** With `'auto'` and `'stream'`: the stream as it comes. */
  live(name: StreamName): ByteStream | undefined {
    return this.#destinations[name].live;
  }

  /** Whether all has been read and is where it belongs. */
  get areDelivered(): boolean {
    return this.#undelivered === 0;
  }

  /** Whether the command has exited and its last output is still being read. */
  get areDraining(): boolean {
    return [...this.#flows.values()].some((flow) => flow.draining);
  }

  /** Whether this program keeps the command waiting, or has not read all that it wrote. */
  get keepWaiting(): boolean {
    return [...this.#flows.values()].some((flow) => flow.paused || flow.hasUnread);
  }

  /** Whether a sink or reader of this stream keeps the command waiting. */
  isPaused(name: StreamName): boolean {
    return this.#flows.get(name)?.paused ?? false;
  }

  /** The pipes that a leftover may still hold. */
  pipes(): [StreamName, number][] {
    return [...this.#flows].flatMap(([name, { inode }]) => (inode === undefined ? [] : [[name, inode]]));
  }

  /** Reads all that the command wrote, without waiting for other writers. */
  drain(): void {
    for (const flow of this.#flows.values()) flow.drain();
  }

  closeStdin(): void {
    this.#stdinPipe?.close();
  }

  /** The command is over: what the sinks still hold is given up. */
  release(): void {
    for (const { sinks } of Object.values(this.#destinations)) for (const sink of sinks) sink.release?.();
  }

  /** What was kept. Call it once, at the end. */
  kept(): { readonly stdout: Output | undefined; readonly stderr: Output | undefined } {
    const { stdout, stderr } = this.#destinations;
    return { stdout: stdout.kept?.(), stderr: stderr.kept?.() };
  }

  #read(name: StreamName, from: Ends['stdout'], files: Files): Destination {
    const destination = new Destination();
    if (from === undefined) return destination;
    for (const target of this.#plan[name]) {
      try {
        this.#open(destination, name, target, files);
      } catch (error) {
        // The child runs: a target that cannot take its output is like one that fails later.
        this.#host.timers.soon(() => this.#events.failed(error));
      }
    }
    this.#undelivered++;
    const mayEnlarge = this.#plan.child.pipeCapacity === undefined;
    const hooks = {
      received: (bytes: number) => this.#events.received(name, bytes),
      failed: (error: unknown) => this.#events.failed(error),
      ended: () => {
        this.#undelivered--;
        this.#events.delivered();
      },
    };
    const { sinks, live } = destination;
    this.#flows.set(name, new Flow({ from, mayEnlarge, sinks, live }, hooks, this.#host.openReader));
    return destination;
  }

  #open(destination: Destination, name: StreamName, target: Target, files: Files): void {
    const { sinks } = destination;
    const { memory, spillDirectory } = this.#plan.keep;
    const encoding = textEncodingOf(this.#plan.keep);
    const left = (hadEnded: boolean) => this.#readerLeft(name, hadEnded);
    switch (target.kind) {
      case 'capture': {
        const capture = this.#host.capture(memory, spillDirectory);
        sinks.push(capture);
        destination.kept = () => capture.output(encoding);
        break;
      }
      case 'tail': {
        const tail = new Tail(target.bytes);
        sinks.push(tail);
        destination.kept = () => tail.output(encoding);
        break;
      }
      case 'auto': {
        const hooks = { left, failed: (error: unknown) => this.#events.failed(error) };
        const live = new AutoStream(encoding, this.#host.capture(memory, spillDirectory), hooks);
        destination.live = live;
        destination.kept = () => live.captured();
        break;
      }
      case 'stream':
        destination.live = new LiveStream(encoding, left);
        break;
      case 'inherit':
        sinks.push(this.#host.standardSink(name));
        break;
      case 'file': {
        const namedPipe = files.namedPipe(target);
        if (namedPipe) sinks.push(this.#host.namedPipeSink(namedPipe));
        else {
          sinks.push(this.#host.fileSink(files.of(target), target.path));
          files.take(target);
        }
        break;
      }
      case 'writable':
        sinks.push(new WritableSink(target.writable));
        break;
      case 'web':
        sinks.push(new WebSink(target.stream));
        break;
      case 'descriptor':
        sinks.push(this.#host.descriptorSink(files.of(target)));
        break;
      case 'function':
        sinks.push(this.#host.functionSink(target.call));
        break;
    }
  }

  #readerLeft(name: StreamName, hadEnded: boolean): void {
    // Signal before closing the pipe: otherwise SIGPIPE may kill the child first, and it would look like its
    // own failure.
    this.#events.readerLeft(name, hadEnded);
    if (!hadEnded) this.#flows.get(name)?.cancel();
  }
}
