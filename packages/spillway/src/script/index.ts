/** What scripts need around their commands. */
export type { Call, ScriptOptions } from './call.js';
export { type CallSite, callSite } from './call-site.js';
export { runCallSync } from './execute.js';
export { type LazyChildOf, LazyCommand, type LazyResultOf } from './lazy-command.js';
export { type MapLimitContext, type MapLimitOptions, mapLimit } from './map-limit.js';
export { type RetryOptions, retry } from './retry.js';
export { type WhichOptions, which } from './which.js';
