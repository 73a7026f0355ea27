/** rsync's language: what it prints, and what its exit codes mean. */
export { type Complaint, GUARD_WORD, parseComplaint } from './complaints.js';
export { type Meaning, meaningOf, mostAttempts, type Policy } from './exit-codes.js';
export { type Change, type FileKind, type Item, OUT_FORMAT, parseItem } from './itemized.js';
export { nameOf } from './names.js';
export { type OutputHooks, RsyncOutput } from './output.js';
export { parseProgress, type RsyncProgress } from './progress-line.js';
export { readStatsLine, type Stats } from './stats.js';
export { NoRsync, rsyncVersion } from './version.js';
