/** Where jobs are kept: PostgreSQL, or the same embedded. */

export { libraryVersion } from './database/index.js';
export { JobsError, type JobsErrorCode } from './error.js';
export { type Moved, migrate } from './migrate.js';
export { type OpenOptions, openStore } from './open.js';
export type {
  AttemptInfo,
  ChangeCursor,
  Claim,
  EndedJob,
  JobSpec,
  LogAppend,
  Settlement,
  Store,
  WorkerSpec,
} from './store.js';
