/**
 * The process object of Node itself. A test runner that gives each file a realm of its own (jest) gives it a
 * copy, at which no signal ever arrives: every exit would be seen a second late.
 */
import { builtin } from './builtin.js';

export const hostProcess: NodeJS.Process =
  (builtin('vm').runInThisContext('globalThis.process') as NodeJS.Process | undefined) ?? process;

const warned = new Set<string>();

/** A SpillwayWarning, once for each `kind` in the life of the program. */
export function warnOnce(kind: string, text: string): void {
  if (warned.has(kind)) return;
  warned.add(kind);
  process.emitWarning(text, 'SpillwayWarning');
}
