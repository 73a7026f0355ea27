/** The types of the options for streams: where data comes from, and where it goes. */
import type { WriteStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { WritableStream } from 'node:stream/web';
import type { Passable } from '../../pipe/index.js';
import type { StdinSource } from '../../stream/index.js';
import type { DescriptorStream } from './descriptors.js';

/** One place that output goes to. */
export type OutputTarget =
  /** Kept for the result: in memory up to `memory` bytes, then in a temporary file. */
  | 'capture'
  /** This process's own stdout or stderr. Alone, the child writes to it directly. */
  | 'inherit'
  /** Nowhere: /dev/null. */
  | 'ignore'
  /** A file, emptied first unless `append`. Alone, the child writes to it directly. */
  | { readonly file: string | URL; readonly append?: boolean }
  /** The last bytes only. */
  | { readonly tail: number }
  /** An open descriptor, which stays open. Alone, the child writes to it directly. */
  | number
  | FileHandle
  /** A Node stream or a web stream, at its pace. Spillway does not end it. */
  | Writable
  | WritableStream
  /**
   * Gets each chunk of bytes, and may keep it. The child waits while a promise that it returned is pending.
   */
  | ((chunk: Buffer) => unknown);

export type OutputOption = OutputTarget | readonly OutputTarget[];

/** One place that output of `start` goes to. It can also be read while the child runs. */
export type LiveOutputTarget =
  | OutputTarget
  /** Captured until `child.stdout` is read; from then on streamed, beginning with what was captured. */
  | 'auto'
  /** Read from `child.stdout`. Unread output stays in the pipe, and the child waits. */
  | 'stream';

export type LiveOutputOption = LiveOutputTarget | readonly LiveOutputTarget[];

export type StdinOption =
  /** Nothing: /dev/null. */
  | 'ignore'
  /** This process's own stdin. */
  | 'inherit'
  /** A file, opened for reading. */
  | { readonly file: string | URL }
  /** An open descriptor, which stays open and which the child reads directly. */
  | number
  | FileHandle
  /**
   * A stream of Node's or of the web, or another iterable of text and bytes. A Readable that the child does
   * not read to its end is destroyed; `process.stdin` alone stays usable.
   */
  | StdinSource;

/** What a child has as one of its descriptors above stderr. */
export type DescriptorOption =
  | 'inherit'
  | { readonly file: string | URL; readonly append?: boolean }
  | number
  | FileHandle
  | DescriptorStream
  | Passable;

/** One place that output of `runSync` goes to. */
export type SyncOutputTarget =
  | Exclude<OutputTarget, Writable | WritableStream | ((chunk: Buffer) => unknown)>
  /** Its descriptor, which the child writes to directly. */
  | Socket
  | WriteStream
  /** Gets each chunk of bytes, and may keep it. It must not return a promise. */
  | ((chunk: Buffer) => void);

export type SyncOutputOption = SyncOutputTarget | readonly SyncOutputTarget[];
