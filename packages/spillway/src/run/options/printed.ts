/** The option `prefix`: output is printed while it comes, beside where it goes. */
import { LinePrinter } from '../../stream/index.js';
import type { StreamName, Target } from './targets.js';
import type { Verb } from './verbs.js';

/** Places that a command's output has without a word of the caller's on a place of its own. */
const PRINTED: ReadonlySet<Target['kind']> = new Set([
  'capture',
  'auto',
  'stream',
  'tail',
  'inherit',
  'ignore',
]);

/** The targets, and one that prints, unless all are files, descriptors, streams and functions. */
export function printed(
  prefix: string | undefined,
  name: StreamName,
  targets: readonly Target[],
  verb: Verb,
): readonly Target[] {
  if (prefix === undefined || !targets.some(({ kind }) => PRINTED.has(kind))) return targets;
  const printer = new LinePrinter(prefix, process[name]);
  const print = (chunk: Buffer) => {
    const written = printer.write(chunk);
    return verb === 'runSync' ? undefined : written;
  };
  const others = targets.filter(({ kind }) => kind !== 'inherit' && kind !== 'ignore');
  return [...others, { kind: 'function', call: print, end: () => printer.end() }];
}
