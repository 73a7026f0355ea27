/** `spillway worker`. */
export { type RawWorkerOptions, workerCommand } from './command.js';
