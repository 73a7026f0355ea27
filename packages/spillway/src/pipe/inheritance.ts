/**
 * The variable in which a child finds the channels passed to it: entries with a space between them,
 *
 *     jobs=3r:json:81237 log=4w:raw:81240 rpc=5r6w:v8:81241,81242
 *
 * each with the name, the descriptors and their access (`r`, `w`, or both for a duplex end), the word for the
 * codec, and the inodes of the pipes. A process may inherit the variable without the descriptors, for example
 * from a parent that closes them. By the inodes it can tell that other files have these numbers. Other
 * programs may ignore the inodes.
 */
import { fstatSync } from '../system/index.js';
import type { PassedDescriptor } from './passing.js';

export const CHANNELS_VARIABLE = 'SPILLWAY_CHANNELS';

/** The characters of a name; they allow splitting the variable at spaces, `=` and `:` alone. */
export const CHANNEL_NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

export interface NamedPassage {
  readonly name: string;
  readonly descriptors: readonly PassedDescriptor[];
  readonly codec: string;
}

/** An entry of the variable, as a child reads it. */
export interface InheritedEntry extends NamedPassage {
  /** One for each descriptor, or none when the variable has none. */
  readonly inodes: readonly number[];
}

/**
 * The line `NAME=value` for a child that gets these descriptors, in this order, on these numbers, and beside
 * them the entries `kept`.
 */
export function channelsLine(
  passages: readonly NamedPassage[],
  fds: readonly number[],
  kept: readonly string[],
): string {
  let next = 0;
  const entries = passages.map(({ name, descriptors, codec }) => {
    const numbers = descriptors.map(({ access }) => `${fds[next++]}${access}`).join('');
    const inodes = descriptors.map(({ fd }) => fstatSync(fd).ino).join(',');
    return `${name}=${numbers}:${codec}:${inodes}`;
  });
  return `${CHANNELS_VARIABLE}=${[...kept, ...entries].join(' ')}`;
}

/** The entries of this process's own variable whose descriptors the child gets on the same numbers. */
export function inheritedEntries(isHandedOn: (fd: number) => boolean): string[] {
  const own = process.env[CHANNELS_VARIABLE];
  if (!own) return [];
  return own
    .split(' ')
    .filter((text) => parseChannels(text)[0]?.descriptors.every(({ fd }) => isHandedOn(fd)));
}

/** The entries of the variable's value; entries of another shape are skipped. */
export function parseChannels(value: string): InheritedEntry[] {
  return value.split(' ').flatMap((text) => {
    const match = /^([^=:]+)=((?:\d+[rw]){1,2}):([^:]*)(?::([\d,]*))?$/.exec(text);
    if (!match) return [];
    const [, name = '', numbers = '', codec = '', inodes = ''] = match;
    const descriptors = [...numbers.matchAll(/(\d+)([rw])/g)].map(
      ([, fd, access]): PassedDescriptor => ({ fd: Number(fd), access: access as 'r' | 'w' }),
    );
    return [{ name, descriptors, codec, inodes: inodes === '' ? [] : inodes.split(',').map(Number) }];
  });
}
