/** `spillway run`. */
export { runCommand } from './run-command.js';
export type { RawOptions } from './run-settings.js';
