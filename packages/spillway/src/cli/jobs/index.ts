/** `spillway job` and `spillway worker`. */
export { jobsCommand } from './command.js';
