/** Opens the store: PostgreSQL at an address, or the embedded one. */

import { safeOneLine } from '../base/index.js';
import { JobsError } from './error.js';
import { SqlStore } from './sql-store.js';
import type { Store } from './store.js';

export interface OpenOptions {
  /** `postgres://USER@HOST/NAME`. Default: the embedded database. */
  readonly url?: string | undefined;
  /** Of the embedded database. Default: `spillway/jobs` in `$XDG_STATE_HOME`, or `~/.local/state`. */
  readonly stateDirectory?: string | undefined;
  /** After so many milliseconds without an answer a call is given up, with its connection. Default: 30 s. */
  readonly patienceMs?: number | undefined;
}

/** Rejects with JobsError: `ERR_JOBS_NO_DATABASE`, `_PASSWORD`, `_PRIVILEGE`, `_SCHEMA`, `_DIRECTORY`, … */
export async function openStore(options: OpenOptions = {}): Promise<Store> {
  return openSqlStore(options);
}

export async function openSqlStore({ url, stateDirectory, patienceMs }: OpenOptions): Promise<SqlStore> {
  if (url === undefined) {
    // PGlite is megabytes of code.
    const { openEmbedded } = await import('./embedded/index.js');
    return openEmbedded(stateDirectory);
  }
  const config = {
    connectionString: url,
    ...(patienceMs === undefined ? {} : { query_timeout: patienceMs, connectionTimeoutMillis: patienceMs }),
  };
  return SqlStore.open({ config, where: withoutPassword(url) });
}

/** For messages. Throws JobsError for what is no address, without the text, which may hold a password. */
function withoutPassword(url: string): string {
  if (!/^postgres(?:ql)?:\/\//.test(url))
    throw new JobsError(
      'ERR_JOBS_NO_DATABASE',
      'the address of the database does not begin with postgres://: give postgres://USER:PASSWORD@HOST/NAME',
    );
  return safeOneLine(
    url
      .replace(/^(\w+:\/\/[^/?#]*?):[^/?#]*@/, '$1@')
      .replace(/([?&](?:\w*password|ssl\w*)=)[^&#]*/gi, '$1…'),
  );
}
