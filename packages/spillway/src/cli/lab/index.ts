/** `spillway lab`. */
export { type LabOptions, labCommand } from './command.js';
