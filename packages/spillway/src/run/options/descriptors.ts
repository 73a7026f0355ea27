/** Open descriptors that a caller gives: by number, or as a FileHandle. */
import type { FileHandle } from 'node:fs/promises';
import { OptionError } from '../../base/index.js';

export type Given = number | FileHandle;

/** Beyond it no system lets a number be (fs.nr_open). */
const MOST = 2 ** 31 - 1;

/** Undefined for another kind of value. Throws OptionError for a number that cannot be a descriptor. */
export function givenDescriptor(value: unknown, at: string): Given | undefined {
  if (typeof value === 'number') {
    if (Number.isInteger(value) && value >= 0 && value <= MOST) return value;
    throw new OptionError(at, value, 'an open descriptor: a whole number from 0');
  }
  return isFileHandle(value) ? value : undefined;
}

/** The number of a descriptor; -1 for a FileHandle that is closed. */
export function numberOf(given: Given): number {
  return typeof given === 'number' ? given : given.fd;
}

/** By its shape, since Node does not export the class; streams on a descriptor have another. */
function isFileHandle(value: unknown): value is FileHandle {
  const { fd, datasync, appendFile } = (value ?? {}) as Partial<FileHandle>;
  return typeof fd === 'number' && typeof datasync === 'function' && typeof appendFile === 'function';
}
