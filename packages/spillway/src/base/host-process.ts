/**
 * The process object of Node itself. A test runner that gives each file a realm of its own (jest) gives it a
 * copy, at which no signal ever arrives: every exit would be seen a second late.
 */
import { runInThisContext } from 'node:vm';

export const hostProcess: NodeJS.Process =
  (runInThisContext('globalThis.process') as NodeJS.Process | undefined) ?? process;
