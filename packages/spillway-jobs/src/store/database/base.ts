/** What every part of the store works on. */
import type { Database } from './database.js';
import type { Deliveries } from './deliveries.js';

export interface Base {
  readonly database: Database;
  readonly deliveries: Deliveries;
  /** Whether a process of this user is the server. */
  readonly isEmbedded: boolean;
}
