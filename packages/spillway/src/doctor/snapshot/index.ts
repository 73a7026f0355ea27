/** The state of processes at one moment, as data. */
export { DoctorError } from './error.js';
export { otherKeys, pipeInode, resourceKey } from './resources.js';
export * from './snapshot.js';
export { parseSnapshots, serializeSnapshots } from './snapshot-file.js';
export { socketInode } from './sockets.js';
export { type SnapshotOptions, type Sources, snapshotFrom, takeSnapshot } from './take-snapshot.js';
export { watchesOf } from './waited.js';
