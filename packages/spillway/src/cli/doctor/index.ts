/** `spillway doctor`. */
export { type DoctorOptions, doctorCommand } from './command.js';
