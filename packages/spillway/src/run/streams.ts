/** A running command's three streams: their readers, sinks and source, and what has been kept of them. */
import type { Writable } from 'node:stream';
import { inContext } from '../base/index.js';
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
  type ReaderHooks,
  reportBreak,
  type Sink,
  type StdinPipe,
  Tail,
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
  /** Resolves when the command has ended, with the error that a live reader gets, if it gets one. */
  outcome(): Promise<unknown>;
  /** One more stream has been read to its end, and its sinks have all of it. */
  delivered(): void;
}

/** How much of the end an error can show, where nothing else keeps it. */
const LAST_WORDS_BYTES = 32 * 1024;

function other(name: StreamName): StreamName {
  return name === 'stdout' ? 'stderr' : 'stdout';
}

/** Where the bytes of one stream go, and how to get at what is kept. */
class Destination {
  readonly sinks: Sink[] = [];
  live: (LiveSink & ByteStream & { readonly isBlocking: boolean }) | undefined;
  kept: (() => Output | undefined) | undefined;
  /** The last bytes of a stderr that is not kept, for an error. */
  tail: Tail | undefined;
  /** Ends the wait of its reader for the end of the command. */
  stopWaiting: (() => void) | undefined;
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
    this.#destinations = { stdout: new Destination(), stderr: new Destination() };
    this.#read('stdout', ends.stdout, files);
    this.#read('stderr', ends.stderr, files);
    if (plan.stdin.kind === 'pipe' && ends.stdin !== undefined) {
      const stdin = openStdin(ends.stdin);
      reportBreak(stdin, (error) => this.#events.failed(error));
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
      const data =
        stdin.kind === 'data' ? files.streams.takeSource() : new NamedPipeSource(files.take(stdin));
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
  pipes(): { name: StreamName; pipe: { readonly inode: number; readonly isHeld: boolean } }[] {
    return [...this.#flows].flatMap(([name, { pipe }]) => (pipe ? { name, pipe } : []));
  }

  /** Reads all that the command wrote, not waiting for others. `holds`: pipes stay open for these. */
  drain(holds = false): void {
    for (const flow of this.#flows.values()) flow.drain(holds);
  }

  unref(): void {
    for (const flow of this.#flows.values()) flow.unref();
    (this.stdin as { unref?(): void } | undefined)?.unref?.();
  }

  closeStdin(): void {
    this.#stdinPipe?.close();
  }

  /** The command is over: what the sinks still hold is given up. */
  release(): void {
    for (const { sinks } of Object.values(this.#destinations)) for (const sink of sinks) sink.release();
    for (const flow of this.#flows.values()) flow.letGo();
    this.terminal?.hangUp();
  }

  /** What was kept. Call it once, at the end. */
  kept(): { readonly stdout: Output | undefined; readonly stderr: Output | undefined } {
    const { stdout, stderr } = this.#destinations;
    return { stdout: stdout.kept?.(), stderr: stderr.kept?.() };
  }

  /** The end of stderr, and of what a terminal shows, where it was not kept. Call it after `kept`. */
  lastWords(): { readonly stdoutTail: Output | undefined; readonly stderrTail: Output | undefined } {
    const of = ({ tail }: Destination) => tail?.output(textEncodingOf(this.#plan.keep));
    return { stdoutTail: of(this.#destinations.stdout), stderrTail: of(this.#destinations.stderr) };
  }

  #read(name: StreamName, from: Ends['stdout'], files: Files): void {
    const destination = this.#destinations[name];
    if (from === undefined) return;
    const targets = this.#plan[name];
    // A terminal has no stderr of its own.
    if (name === 'stderr' || this.terminal) this.#addTail(destination, targets);
    for (const target of targets) {
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
  }

  #open(destination: Destination, name: StreamName, target: Target, files: Files): void {
    const { sinks } = destination;
    const { memory, spillDirectory } = this.#plan.keep;
    const encoding = textEncodingOf(this.#plan.keep);
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
        const live = this.#openAuto(destination, name, false);
        destination.kept ??= () => live.captured();
        break;
      }
      case 'stream': {
        if (this.#plan[name].length === 1) {
          destination.live = new LiveStream(encoding, this.#readerHooks(name));
          break;
        }
        const live = this.#openAuto(destination, name, true);
        destination.kept ??= () => {
          live.captured();
          return undefined;
        };
        break;
      }
      case 'inherit':
        sinks.push(this.#host.standardSink(name));
        break;
      case 'file': {
        const namedPipe = files.namedPipe(target);
        if (namedPipe) sinks.push(this.#host.namedPipeSink(namedPipe));
        else {
          sinks.push(this.#host.fileSink(files.of(target)));
          files.take(target);
        }
        break;
      }
      case 'writable':
      case 'web':
        sinks.push(files.streams.takeSink(target));
        break;
      case 'descriptor':
        sinks.push(this.#host.descriptorSink(files.of(target)));
        break;
      case 'function':
        // Another command's exit may be what brings the bytes: the function runs in its own caller's context.
        sinks.push(this.#host.functionSink(inContext(target.call), target.end));
        break;
    }
  }

  #openAuto(destination: Destination, name: StreamName, isLiveFirst: boolean): AutoStream {
    const { memory, spillDirectory } = this.#plan.keep;
    const capture = () => this.#host.capture(memory, spillDirectory);
    const keeping = { isLiveFirst, capture, tail: destination.tail };
    const live = new AutoStream(textEncodingOf(this.#plan.keep), keeping, this.#readerHooks(name));
    destination.live = live;
    return live;
  }

  /** Keeps the end of a stream for an error, unless all of it is kept, or most of it. */
  #addTail(destination: Destination, targets: readonly Target[]): void {
    const kinds = targets.map(({ kind }) => kind);
    if (kinds.includes('capture') || kinds.includes('tail')) return;
    destination.tail = new Tail(LAST_WORDS_BYTES);
    // An AutoStream writes to it itself, once it captures no more.
    const isAuto = kinds.includes('auto') || (kinds.includes('stream') && kinds.length > 1);
    if (!isAuto) destination.sinks.push(destination.tail);
  }

  #readerHooks(name: StreamName): ReaderHooks {
    return {
      left: (hadEnded) => this.#readerLeft(name, hadEnded),
      failed: (error) => this.#events.failed(error),
      blocked: () => this.#destinations[other(name)].stopWaiting?.(),
      outcome: () => this.#outcome(name),
    };
  }

  /**
   * The reader of one stream does not wait for a command that waits for the reader of the other: that one
   * comes next, and will hear how the command ended.
   */
  #outcome(name: StreamName): Promise<unknown> {
    if (this.#destinations[other(name)].live?.isBlocking) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#destinations[name].stopWaiting = () => resolve(undefined);
      this.#events.outcome().then(resolve);
    });
  }

  #readerLeft(name: StreamName, hadEnded: boolean): void {
    // Signal before closing the pipe: otherwise SIGPIPE may kill the child first, and it would look like its
    // own failure.
    this.#events.readerLeft(name, hadEnded);
    if (!hadEnded) this.#flows.get(name)?.cancel();
  }
}
