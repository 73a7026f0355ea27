/** `spillway every`. */
export { everyCommand } from './command.js';
export type { RawEveryOptions } from './settings.js';
