/** A pipe with several writers. */
export {
  type PendingLimit,
  pendingLimitFrom,
  type SharedChannel,
  type SharedOptions,
  sharedPipe,
} from './shared-create.js';
export { SHARED_PREFIX, SharedReader } from './shared-reader.js';
export { SharedWriter } from './shared-writer.js';
