/** One output stream's option, taken apart: what the child's descriptor is, and who gets the bytes that pass through here. */
import { closeSync, constants, openSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import type { Stdio } from '../process/index.js';
import {
  Capture,
  FileSink,
  FunctionSink,
  LiveStream,
  type Output,
  type Sink,
  Tail,
  WritableSink,
} from '../stream/index.js';
import { explainFile } from './file-error.js';
import { OptionError } from './option-error.js';
import { requirePath, type Settings } from './settings.js';

type StreamName = 'stdout' | 'stderr';

/** The wishes in the order they were given; 'stdout' (for stderr) stands alone. */
type Target =
  | { readonly kind: 'capture' | 'auto' | 'stream' | 'inherit' | 'ignore' | 'merge' }
  | { readonly kind: 'file'; readonly path: string; readonly append: boolean }
  | { readonly kind: 'tail'; readonly bytes: number }
  | { readonly kind: 'writable'; readonly writable: Writable }
  | { readonly kind: 'function'; readonly call: (chunk: Buffer) => unknown };

interface OpenFile {
  readonly path: string;
  readonly fd: number;
}

export interface OutputPlan {
  readonly stdio: Stdio;
  /** Where bytes go that come through a pipe of ours. */
  readonly sinks: readonly Sink[];
  readonly live: LiveStream | undefined;
  /** What was kept, after the end. */
  readonly kept: () => Output | undefined;
  /** The file that the child writes to itself. */
  readonly file?: OpenFile;
  /** Descriptors to close once the child has its own copies. */
  readonly opened: readonly number[];
}

const ALLOWED =
  "'capture', 'inherit', 'ignore', { file, append }, { tail: bytes }, a Writable, a function, or a list of these";
const ALLOWED_LIVE = `'auto', 'stream', ${ALLOWED}`;

/** Checks the wish and opens what it needs. `cancelled` is called when a live reader leaves. */
export function planOutput(
  name: StreamName,
  wish: unknown,
  settings: Settings,
  live: boolean,
  cancelled: () => void,
  sameFileAs?: OpenFile,
): OutputPlan {
  const targets = parse(name, wish, live);
  const [only] = targets;
  if (targets.length === 1 && only) {
    const direct = planDirect(settings.file, name, only, sameFileAs);
    if (direct) return direct;
  }
  return planPiped(name, targets, settings, cancelled);
}

/** A single target that needs no byte to pass through here. */
function planDirect(
  program: string,
  name: StreamName,
  target: Target,
  sameFileAs?: OpenFile,
): OutputPlan | undefined {
  const base = { sinks: [], live: undefined, kept: () => undefined, opened: [] };
  switch (target.kind) {
    case 'ignore':
      return { ...base, stdio: { kind: 'null' } };
    case 'inherit':
      return { ...base, stdio: { kind: 'descriptor', fd: name === 'stdout' ? 1 : 2 } };
    case 'merge':
      return { ...base, stdio: { kind: 'stdout' } };
    case 'file': {
      // Two descriptors of one file have a position each, and would write over one another.
      if (sameFileAs && sameFileAs.path === target.path) {
        return { ...base, stdio: { kind: 'descriptor', fd: sameFileAs.fd } };
      }
      const fd = openForWriting(program, name, target.path, target.append);
      return {
        ...base,
        stdio: { kind: 'descriptor', fd },
        opened: [fd],
        file: { path: target.path, fd },
      };
    }
    default:
      return undefined;
  }
}

function planPiped(
  name: StreamName,
  targets: readonly Target[],
  settings: Settings,
  cancelled: () => void,
): OutputPlan {
  const { file: program, memory, spillDirectory, textEncoding } = settings;
  const sinks: Sink[] = [];
  let live: LiveStream | undefined;
  let kept: () => Output | undefined = () => undefined;
  try {
    for (const target of targets) {
      switch (target.kind) {
        case 'capture': {
          const capture = new Capture(memory, spillDirectory);
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
          const capture = target.kind === 'auto' ? new Capture(memory, spillDirectory) : undefined;
          const stream = new LiveStream(textEncoding, capture, { cancelled });
          live = stream;
          kept = () => stream.captured();
          break;
        }
        case 'inherit':
          sinks.push(new WritableSink(process[name]));
          break;
        case 'file':
          sinks.push(new FileSink(openForWriting(program, name, target.path, target.append), target.path));
          break;
        case 'writable':
          sinks.push(new WritableSink(target.writable));
          break;
        case 'function':
          sinks.push(new FunctionSink(target.call));
          break;
      }
    }
  } catch (error) {
    for (const sink of sinks) abandon(sink);
    throw error;
  }
  return { stdio: { kind: 'pipe' }, sinks, live, kept, opened: [] };
}

/** A sink of a child that was never started lets go of what it holds. */
export function abandon(sink: Sink): void {
  Promise.resolve(sink.end?.()).catch(() => {});
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function openForWriting(program: string, name: StreamName, path: string, append: boolean): number {
  const flags = constants.O_WRONLY | constants.O_CREAT | (append ? constants.O_APPEND : constants.O_TRUNC);
  try {
    return openSync(path, flags, 0o666);
  } catch (error) {
    throw explainFile(error, program, name, path);
  }
}

export function closeAll(fds: readonly number[]): void {
  for (const fd of fds) closeSync(fd);
}

function parse(name: StreamName, wish: unknown, live: boolean): Target[] {
  const allowed =
    name === 'stderr' ? `'stdout', ${live ? ALLOWED_LIVE : ALLOWED}` : live ? ALLOWED_LIVE : ALLOWED;
  if (!Array.isArray(wish)) return [parseOne(name, wish, live, allowed)];
  const targets = wish.map((one, index) => parseOne(`${name}[${index}]`, one, live, allowed));
  const problem = problemOfList(targets);
  if (problem) throw new OptionError(name, wish, problem);
  return targets;
}

function problemOfList(targets: readonly Target[]): string | undefined {
  if (targets.length === 0) return "at least one target; 'ignore' is for nowhere";
  const kinds = targets.map(({ kind }) => kind);
  if (targets.length > 1 && kinds.some((kind) => kind === 'ignore' || kind === 'merge')) {
    return "'ignore' and 'stdout' stand alone, not in a list with others";
  }
  const keepers = kinds.filter(
    (kind) => kind === 'capture' || kind === 'tail' || kind === 'auto' || kind === 'stream',
  );
  if (keepers.length > 1) return "one of 'capture', 'auto', 'stream' and { tail } in a list";
  return undefined;
}

function parseOne(option: string, wish: unknown, live: boolean, allowed: string): Target {
  if (typeof wish === 'string') {
    if (wish === 'capture' || wish === 'inherit' || wish === 'ignore') return { kind: wish };
    if (live && (wish === 'auto' || wish === 'stream')) return { kind: wish };
    if (wish === 'stream' || wish === 'auto') {
      throw new OptionError(option, wish, `${allowed}; with start(), '${wish}' as well`);
    }
    if (wish === 'stdout' && option.startsWith('stderr')) return { kind: 'merge' };
    if (wish === 'pipe') throw new OptionError(option, wish, `${allowed}; pipes are what 'capture' reads`);
    throw new OptionError(option, wish, allowed);
  }
  if (typeof wish === 'function') return { kind: 'function', call: wish as (chunk: Buffer) => unknown };
  if (typeof wish !== 'object' || wish === null) throw new OptionError(option, wish, allowed);
  if (isWritable(wish)) return { kind: 'writable', writable: wish };
  if ('file' in wish) {
    const append = 'append' in wish ? wish.append : false;
    if (append !== undefined && typeof append !== 'boolean') {
      throw new OptionError(`${option}.append`, append, 'true or false');
    }
    return { kind: 'file', path: resolve(requirePath(`${option}.file`, wish.file)), append: append ?? false };
  }
  if ('tail' in wish) {
    if (typeof wish.tail !== 'number' || !Number.isInteger(wish.tail) || wish.tail < 1) {
      throw new OptionError(`${option}.tail`, wish.tail, 'a whole number of bytes from 1');
    }
    return { kind: 'tail', bytes: wish.tail };
  }
  throw new OptionError(option, wish, allowed);
}

function isWritable(value: object): value is Writable {
  return (
    'write' in value && typeof value.write === 'function' && 'on' in value && typeof value.on === 'function'
  );
}
