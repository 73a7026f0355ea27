/** One output stream's option, taken apart: what the child's descriptor is, and who gets the bytes that pass through here. */
import { closeSync, constants, openSync } from 'node:fs';
import type { Stdio } from '../process/index.js';
import { type LiveHooks, LiveStream, type Output, type Sink, Tail, WritableSink } from '../stream/index.js';
import { explainFile } from './file-error.js';
import type { Settings } from './options/index.js';
import { isRead, type StreamName, type Target } from './options/index.js';
import type { SinkMaker } from './sink-maker.js';

export interface OutputPlan {
  readonly stdio: Stdio;
  /** Where bytes go that come through a pipe of ours. */
  readonly sinks: readonly Sink[];
  readonly live: LiveStream | undefined;
  /** What was kept, after the end. */
  readonly kept: () => Output | undefined;
  /** Descriptors to close once the child has its own copies. */
  readonly opened: readonly number[];
}

/** Of the streams that can be read live, once the command has started. */
export type Readers = { [name in StreamName]?: LiveHooks };

export interface OutputRequest {
  readonly name: StreamName;
  readonly targets: readonly Target[];
  readonly settings: Settings;
  /** Files that both streams go to: each write goes to their end, or one stream would write over the other. */
  readonly shared: ReadonlySet<string>;
  /** Where it is found what a live reader does that concerns the run. */
  readonly readers: Readers;
  readonly make: SinkMaker;
}

/** Opens what the targets need. Throws StartError when a file cannot be opened, and has closed everything then. */
export function planOutput(request: OutputRequest): OutputPlan {
  const [only] = request.targets;
  // A terminal that nobody reads would hold the child, so even what goes nowhere comes through here.
  const isTerminal = request.settings.pty !== undefined && request.name === 'stdout';
  return only && !isRead(request.targets) && !isTerminal ? planDirect(request, only) : planPiped(request);
}

/** A single target that needs no byte to pass through here. */
function planDirect(request: OutputRequest, target: Target): OutputPlan {
  const base = { sinks: [], live: undefined, kept: () => undefined, opened: [] };
  switch (target.kind) {
    case 'inherit':
      return { ...base, stdio: { kind: 'descriptor', fd: request.name === 'stdout' ? 1 : 2 } };
    case 'merge':
      return { ...base, stdio: { kind: 'stdout' } };
    case 'file': {
      const fd = openForWriting(request, target);
      return { ...base, stdio: { kind: 'descriptor', fd }, opened: [fd] };
    }
    default:
      return { ...base, stdio: { kind: 'null' } };
  }
}

function planPiped(request: OutputRequest): OutputPlan {
  const { name, targets, settings, readers, make } = request;
  const { memory, spillDirectory, textEncoding } = settings;
  const sinks: Sink[] = [];
  let live: LiveStream | undefined;
  let kept: () => Output | undefined = () => undefined;
  try {
    for (const target of targets) {
      switch (target.kind) {
        case 'capture': {
          const capture = make.capture(memory, spillDirectory);
          sinks.push(capture);
          kept = once(() => capture.output(textEncoding));
          break;
        }
        case 'tail': {
          const tail = new Tail(target.bytes);
          sinks.push(tail);
          kept = once(() => tail.output(textEncoding));
          break;
        }
        case 'auto':
        case 'stream': {
          const capture = target.kind === 'auto' ? make.capture(memory, spillDirectory) : undefined;
          const stream = new LiveStream(textEncoding, capture, hooksFor(name, readers));
          live = stream;
          kept = () => stream.captured();
          break;
        }
        case 'inherit':
          sinks.push(make.standard(name));
          break;
        case 'file':
          sinks.push(make.file(openForWriting(request, target), target.path));
          break;
        case 'writable':
          sinks.push(new WritableSink(target.writable));
          break;
        case 'function':
          sinks.push(make.call(target.call));
          break;
      }
    }
  } catch (error) {
    for (const sink of sinks) abandon(sink);
    throw error;
  }
  return { stdio: { kind: settings.pty ? 'pty' : 'pipe' }, sinks, live, kept, opened: [] };
}

/** A sink of a child that was never started lets go of what it holds. */
export function abandon(sink: Sink): void {
  Promise.resolve(sink.end?.()).catch(() => {});
}

function hooksFor(name: StreamName, readers: Readers): LiveHooks {
  return {
    cancelled: () => readers[name]?.cancelled(),
    left: () => readers[name]?.left?.(),
    failed: (error) => readers[name]?.failed(error),
  };
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function openForWriting(
  { name, settings, shared }: OutputRequest,
  { path, append }: Extract<Target, { kind: 'file' }>,
): number {
  const { O_WRONLY, O_CREAT, O_APPEND, O_TRUNC } = constants;
  const flags = O_WRONLY | O_CREAT | (append || shared.has(path) ? O_APPEND : 0) | (append ? 0 : O_TRUNC);
  try {
    return openSync(path, flags, 0o666);
  } catch (error) {
    throw explainFile(error, settings.file, name, path);
  }
}

export function closeAll(fds: readonly number[]): void {
  for (const fd of fds) closeSync(fd);
}
