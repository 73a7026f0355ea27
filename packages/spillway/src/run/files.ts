/**
 * Descriptors for a command's streams: files named in its options, the caller's own, pipes between the
 * commands of a pipeline. When the start is over, each that was opened here is closed unless a sink has taken
 * it over.
 *
 * All are opened without blocking: an open(2) of a named pipe waits for the process at its other end, and a
 * program that waits there can do nothing else, not even end the wait. A named pipe is therefore read here
 * and passed on, or written here as soon as a process reads it; either is within the command's limits.
 */
import { constants, statSync } from 'node:fs';
import { exactPath } from '../base/index.js';
import { type Ending, explainStart, lend, StartError } from '../process/index.js';
import { closeDescriptor, closeSync, duplicate, fstatSync, openSync } from '../system/index.js';
import { HeldStreams } from './held-streams.js';
import {
  type FileSource,
  type FileTarget,
  type Given,
  type Numbered,
  numberOf,
  type Source,
  type StreamName,
  sharedFiles,
  stopReading,
  type Target,
} from './options/index.js';
import type { Plan } from './plan.js';

/** What a descriptor is for. */
type Opened = Target | Source | Numbered['from'];

/** Most commands have no files, and a thousand may wait for their start: an empty Map has 200 bytes. */
class RareMap<K, V> {
  #map: Map<K, V> | undefined;

  get size(): number {
    return this.#map?.size ?? 0;
  }

  get(key: K): V | undefined {
    return this.#map?.get(key);
  }

  set(key: K, value: V): void {
    this.#map ??= new Map();
    this.#map.set(key, value);
  }

  delete(key: K): void {
    this.#map?.delete(key);
  }

  clear(): void {
    this.#map = undefined;
  }

  values(): Iterable<V> {
    return this.#map?.values() ?? [];
  }

  [Symbol.iterator](): Iterator<[K, V]> {
    return (this.#map ?? [])[Symbol.iterator]() as Iterator<[K, V]>;
  }
}

export class Files {
  readonly #open = new RareMap<Opened, number>();
  /** Descriptors of the caller's. */
  readonly #borrowed = new RareMap<Opened, number>();
  readonly streams = new HeldStreams();
  /** Copies of them. */
  readonly #kept = new RareMap<Opened, number>();
  readonly #atEnd: ((ending: Ending | 'abandoned') => void)[] = [];
  /** Named pipes: those that no process reads yet, and one that stdin comes from. */
  readonly #namedPipes = new RareMap<Target | Source, () => number | undefined>();

  /**
   * Opens the files of a command. `shared`: paths that more than one stream goes to; they are opened for
   * appending, or one stream would write over the other. Throws StartError; then nothing is left open.
   */
  static open(plan: Plan, shared = sharedFiles([plan.stdout, plan.stderr])): Files {
    const files = new Files();
    try {
      files.#openAll(plan, shared);
      files.streams.hold(plan);
      return files;
    } catch (error) {
      files.close();
      throw error;
    }
  }

  /** Adds an open descriptor. */
  add(end: Opened, fd: number): void {
    this.#open.set(end, fd);
  }

  of(end: Opened): number {
    const fd = this.#open.get(end) ?? this.#borrowed.get(end);
    if (fd === undefined) throw new Error(`nothing was opened for ${end.kind}`);
    return fd;
  }

  /** The same for a child, which gets a copy of it. */
  forChild(end: Opened): number {
    return this.#kept.get(end) ?? this.of(end);
  }

  /** Hands a descriptor over: the caller closes it. */
  take(end: Target | Source): number {
    const fd = this.of(end);
    this.#open.delete(end);
    return fd;
  }

  /** For a named pipe that goes through this program: opens it, undefined as long as no process reads it. */
  namedPipe(end: Target | Source): (() => number | undefined) | undefined {
    return this.#namedPipes.get(end);
  }

  close(): void {
    for (const fd of this.#open.values()) closeSync(fd);
    this.#open.clear();
    for (const fd of this.#kept.values()) closeDescriptor(fd);
    this.#kept.clear();
    this.streams.release();
  }

  /** Whether there are descriptors of the caller's. */
  get areBorrowed(): boolean {
    return this.#borrowed.size > 0;
  }

  /** For a start that comes later: by then the caller may have closed its descriptors. Throws StartError. */
  keep(program: string): void {
    try {
      for (const [end, fd] of this.#borrowed) {
        this.#kept.set(end, duplicate(fd, FIRST_COPY, `keeping descriptor ${fd} for a start`));
      }
    } catch (error) {
      throw explainStart(error, { file: program });
    }
  }

  /** For a command that starts now: it shares what the caller has given. */
  lend(): void {
    for (const fd of this.#borrowed.values()) this.whenOver(lend(fd));
  }

  /** To be called when the command is over. */
  whenOver(call: (ending: Ending | 'abandoned') => void): void {
    this.#atEnd.push(call);
  }

  /** The command is over: what the caller lent is again as it was, and ends of its channels know. */
  over(ending: Ending | 'abandoned'): void {
    for (const call of this.#atEnd.splice(0)) call(ending);
  }

  #openAll({ child, stdin, stdout, stderr, descriptors }: Plan, shared: ReadonlySet<string>): void {
    if (stdin.kind === 'file') this.#openSource(child.file, stdin);
    if (stdin.kind === 'descriptor') this.#borrow(stdin, stdin.given, child.file, 'stdin', true);
    for (const { number, from } of descriptors) this.#openNumbered(child.file, `descriptor ${number}`, from);
    this.#openEach('stdout', stdout, child.file, shared);
    this.#openEach('stderr', stderr, child.file, shared);
  }

  #openSource(program: string, source: FileSource): void {
    const fd = open(program, 'stdin', source.path, constants.O_RDONLY | NON_BLOCKING);
    this.add(source, fd);
    if (fstatSync(fd).isFIFO()) this.#namedPipes.set(source, () => fd);
  }

  /** The child gets them as they are opened, blocking, so a named pipe cannot be opened here. */
  #openNumbered(program: string, name: string, from: Numbered['from']): void {
    if (from.kind === 'descriptor') this.#borrow(from, from.given, program, name, true);
    if (from.kind !== 'file') return;
    if (isNamedPipe(from.path)) {
      const problem = `the file for its ${name}, ${from.path}, is a named pipe: give a descriptor of it`;
      throw new StartError({ file: program }, 'ESPIPE', 'file', problem);
    }
    const flags = 'append' in from ? openFlags(from, NONE_SHARED) : constants.O_RDONLY;
    this.add(from, open(program, name, from.path, flags & ~NON_BLOCKING));
  }

  #openEach(
    name: StreamName,
    targets: readonly Target[],
    program: string,
    shared: ReadonlySet<string>,
  ): void {
    for (const target of targets) {
      if (target.kind === 'descriptor') this.#borrow(target, target.given, program, name, false);
      if (target.kind !== 'file') continue;
      const openIt = () => open(program, name, target.path, openFlags(target, shared));
      try {
        this.add(target, openIt());
      } catch (error) {
        if (!isUnread(error, target.path)) throw error;
        this.#namedPipes.set(target, () => unlessUnread(openIt, target.path));
      }
    }
  }

  #borrow(end: Opened, given: Given, program: string, stream: string, reads: boolean): void {
    const fd = numberOf(given);
    try {
      if (fd >= 0) fstatSync(fd);
    } catch (error) {
      throw notOpen(program, stream, `descriptor ${fd}`, error);
    }
    if (fd < 0) throw notOpen(program, stream, 'the FileHandle or stream', undefined);
    this.#borrowed.set(end, fd);
    if (reads) stopReading(given);
  }
}

/** Above the standard ones. */
const FIRST_COPY = 3;
const NONE_SHARED: ReadonlySet<string> = new Set();

/** Windows has neither the flag nor files that block. */
const NON_BLOCKING = constants.O_NONBLOCK ?? 0;

function openFlags({ path, append }: FileTarget, shared: ReadonlySet<string>): number {
  const { O_WRONLY, O_CREAT, O_APPEND, O_TRUNC } = constants;
  const flags = O_WRONLY | O_CREAT | NON_BLOCKING;
  return flags | (append || shared.has(path) ? O_APPEND : 0) | (append ? 0 : O_TRUNC);
}

/** fifo(7): a named pipe opened for writing without blocking, while no process has it open for reading. */
function isUnread(error: unknown, path: string): boolean {
  if ((error as { code?: unknown }).code !== 'ENXIO') return false;
  return isNamedPipe(path);
}

function isNamedPipe(path: string): boolean {
  return statSync(exactPath(path), { throwIfNoEntry: false })?.isFIFO() ?? false;
}

function unlessUnread(openIt: () => number, path: string): number | undefined {
  try {
    return openIt();
  } catch (error) {
    if (isUnread(error, path)) return undefined;
    throw error;
  }
}

function notOpen(program: string, stream: string, what: string, cause: unknown): StartError {
  const problem = `${what}, given for its ${stream}, is not open; it may have been closed already`;
  return new StartError({ file: program }, 'EBADF', 'file', problem, cause);
}

function open(program: string, stream: string, path: string, flags: number): number {
  try {
    return openSync(exactPath(path), flags, 0o666);
  } catch (error) {
    const { code = 'EIO', message } = error as NodeJS.ErrnoException;
    // Node's sentence is `ENOENT: no such file or directory, open '…'`.
    const reason = message.replace(/^\w+: /, '').replace(/, open '.*$/s, '');
    const problem = `the file for its ${stream}, ${path}, cannot be opened: ${reason}`;
    throw new StartError({ file: program }, code, 'file', problem, error);
  }
}
