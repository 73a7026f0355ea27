/** `spillway timeout`. */
export { timeoutCommand } from './command.js';
