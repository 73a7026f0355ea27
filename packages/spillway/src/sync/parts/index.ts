/** A list of files, and its split into parts. */
export { FileList, type PartFiles } from './file-list.js';
export { Tally } from './names-hash.js';
export { SharedConnection, shellWords } from './shared-connection.js';
