import type { SqlStore } from '../sql-store.js';
export declare function openEmbedded(directory: string | undefined): Promise<SqlStore>;
