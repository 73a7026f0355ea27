/** PostgreSQL, as the store uses it: statements, tables, deliveries. */
export type { Base } from './base.js';
export { type Connection, Database, type DatabaseOptions } from './database.js';
export {
  Deliveries,
  type Delivery,
  deliveryOf,
  type QueuedRow,
  type Sending,
  sendingOf,
} from './deliveries.js';
export { ON_END_TAKEN, onEndAt } from './on-end.js';
export { ensureSchema, libraryVersion, SCHEMA_VERSION, schemaError } from './schema.js';
