/** Open descriptors that a caller gives: by number, as a FileHandle, or as a stream that has one. */
import type { ReadStream, WriteStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { OptionError } from '../../base/index.js';

/** A stream of Node's on a socket, a pipe, a terminal or an open file. */
export type DescriptorStream = Socket | ReadStream | WriteStream;
export type Given = number | FileHandle | DescriptorStream;

/** Beyond it no system lets a number be (fs.nr_open). */
const MOST = 2 ** 31 - 1;

/**
 * Undefined for another kind of value; a stream counts only with `access`, what the child does with it.
 * Throws OptionError for a number that cannot be a descriptor, and a stream that cannot be handed on.
 */
export function givenDescriptor(
  value: unknown,
  at: string,
  access?: 'read' | 'write' | 'both',
): Given | undefined {
  if (typeof value === 'number') {
    if (Number.isInteger(value) && value >= 0 && value <= MOST) return value;
    throw new OptionError(at, value, 'an open descriptor: a whole number from 0');
  }
  if (isFileHandle(value)) return value;
  if (access === undefined || !isDescriptorStream(value)) return undefined;
  const problem = problemOf(value, access);
  if (problem !== undefined) throw OptionError.refused(at, value, problem);
  return value;
}

/** The number of a descriptor; -1 for a FileHandle or stream that is closed. */
export function numberOf(given: Given): number {
  if (typeof given === 'number') return given;
  return isFileHandle(given) ? given.fd : fdOf(given);
}

/** The bytes of a stream are the child's from now on, as node:child_process has it; `resume()` ends that. */
export function stopReading(given: Given): void {
  if (typeof given === 'number' || !isDescriptorStream(given)) return;
  const { handle } = partsOf(given);
  if (!handle?.readStop) return;
  (given as Socket).pause();
  handle.readStop();
  handle.reading = false;
}

/** By its shape, since Node does not export the class; streams on a descriptor have another. */
function isFileHandle(value: unknown): value is FileHandle {
  const { fd, datasync, appendFile } = (value ?? {}) as Partial<FileHandle>;
  return typeof fd === 'number' && typeof datasync === 'function' && typeof appendFile === 'function';
}

interface Parts {
  readonly handle: { readonly fd?: number; reading?: boolean; readStop?(): unknown } | undefined;
  /** Null for a file that is not open yet. */
  readonly fd: number | null | undefined;
}

function partsOf(stream: DescriptorStream): Parts {
  const { _handle, fd } = stream as { _handle?: Parts['handle'] | null; fd?: Parts['fd'] };
  return { handle: _handle ?? undefined, fd };
}

/** By its shape, since it may be of another realm, or a class derived from it, as a TLSSocket is. */
function isDescriptorStream(value: unknown): value is DescriptorStream {
  const { on, pipe, fd, _handle, setNoDelay } = (value ?? {}) as Partial<Socket> & {
    fd?: unknown;
    _handle?: unknown;
  };
  if (typeof on !== 'function' || typeof pipe !== 'function') return false;
  // A file's is null before it is open, a socket's handle before it connects and after it has closed.
  return fd !== undefined || _handle !== undefined || setNoDelay !== undefined;
}

function fdOf(stream: DescriptorStream): number {
  const { handle, fd } = partsOf(stream);
  return handle?.fd ?? fd ?? -1;
}

function problemOf(stream: DescriptorStream, access: 'read' | 'write' | 'both'): string | undefined {
  const { encrypted, connecting, destroyed, closed, readableLength, writableLength } =
    stream as Partial<Socket> & { encrypted?: unknown };
  if (encrypted) return 'it is encrypted, which the child would have to do itself';
  if (connecting) return "it is not connected yet; wait for its 'connect' event";
  if (destroyed || closed) return 'it is closed';
  if (partsOf(stream).fd === null) return "its file is not open yet; wait for its 'open' event";
  if (fdOf(stream) < 0) return 'it has no descriptor';
  if (access !== 'write' && readableLength)
    return 'it holds bytes that were received already, which the child would miss; read them first';
  if (access !== 'read' && writableLength)
    return 'it holds bytes that are not written yet; wait until writableLength is 0';
  return undefined;
}
