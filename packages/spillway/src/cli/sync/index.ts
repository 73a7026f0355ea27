/** `spillway sync`. */
export { refusedLine, syncCommand } from './command.js';
export type { RawSyncOptions } from './settings.js';
