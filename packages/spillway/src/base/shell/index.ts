/** The language of a POSIX shell: a line taken apart without one, and values in a script for one. */
export { type ParsedCommand, parseLine, type Redirection, type Word } from './line.js';
export { quotedFor, type ShellPlace, shellPlaces } from './places.js';
export { VALUE } from './value.js';
