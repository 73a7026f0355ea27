/**
 * The process object of Node itself. A test runner that gives each file a realm of its own (jest) gives it a
 * copy, at which no signal ever arrives: every exit would be seen a second late.
 */
import { builtin } from './builtin.js';

export const hostProcess: NodeJS.Process =
  (builtin('vm').runInThisContext('globalThis.process') as NodeJS.Process | undefined) ?? process;
