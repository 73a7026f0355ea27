/** The option `descriptors`: what the child has above stdin, stdout and stderr. */
import { OptionError, ownProperties } from '../../base/index.js';
import { isPassable, type Passable } from '../../pipe/index.js';
import { requireAtRest } from './channels.js';
import { type Given, givenDescriptor } from './descriptors.js';
import { type FileSource, requireSource } from './sources.js';
import { type FileTarget, requireTargets } from './targets.js';
import type { Verb } from './verbs.js';

export interface Numbered {
  readonly number: number;
  readonly from:
    | FileSource
    | FileTarget
    | { readonly kind: 'descriptor'; readonly given: Given }
    | { readonly kind: 'end'; readonly end: Passable };
}

const LEAST = 3;
/** The usual soft limit of open files, less one; no program expects a descriptor beyond it. */
export const LAST_DESCRIPTOR = 1023;
const ALLOWED =
  "'inherit', { file } to read, { file, append } to write, a descriptor, FileHandle or open socket, " +
  'or an end from spillway/pipe or spillway/channel';

/** Throws OptionError. The ends stay as they are. */
export function requireDescriptors(wish: unknown, at: string, verb: Verb): readonly Numbered[] {
  if (typeof wish !== 'object' || wish === null) throw new OptionError(at, wish, '{ 3: …, 4: … }');
  if (Array.isArray(wish)) throw new OptionError(at, wish, '{ 3: …, 4: … }, by number');
  const ends = new Map<unknown, string>();
  return Object.entries(ownProperties(wish as Record<string, unknown>)).flatMap(([name, value]) => {
    const number = requireNumber(name, at);
    if (value === undefined) return [];
    const option = `${at}[${number}]`;
    if (!isPassable(value)) return { number, from: requireOpenable(value, option, number, verb) };
    const other = ends.get(value);
    if (other !== undefined) throw new OptionError(option, value, `another end than that of ${other}`);
    ends.set(value, option);
    if (requireAtRest(option, value) !== 1)
      throw new OptionError(option, value, 'an end with one descriptor. One with two is given in channels');
    return { number, from: { kind: 'end', end: value } };
  });
}

function requireNumber(name: string, at: string): number {
  const number = Number(name);
  if (/^(?:0|[1-9]\d*)$/.test(name) && number >= LEAST && number <= LAST_DESCRIPTOR) return number;
  const streams = ['stdin', 'stdout', 'stderr'];
  const hint = streams[number] && name.trim() !== '' ? `. ${name} is the option ${streams[number]}` : '';
  throw new OptionError(at, name, `numbers from ${LEAST} to ${LAST_DESCRIPTOR}${hint}`, 'has the number');
}

function requireOpenable(value: unknown, at: string, number: number, verb: Verb): Numbered['from'] {
  if (value === 'inherit') return { kind: 'descriptor', given: number };
  const given = givenDescriptor(value, at, 'both');
  if (given !== undefined) return { kind: 'descriptor', given };
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'file'))
    throw new OptionError(at, value, ALLOWED);
  if (!Object.hasOwn(value, 'append')) return requireSource(value, at, verb) as FileSource;
  return requireTargets(value, at, verb)[0] as FileTarget;
}
