/** Jobs without a server: PGlite in the state directory. Loaded only when it is used. */
import { SqlStore } from '../sql-store.js';
import { stateDirectory } from './directory.js';
import { Owner } from './owner.js';

export async function openEmbedded(directory: string | undefined): Promise<SqlStore> {
  const state = stateDirectory(directory);
  const owner = new Owner(state);
  await owner.reach();
  return SqlStore.open(
    {
      config: { host: state.path, port: state.port, user: 'postgres', database: 'postgres', ssl: false },
      where: state.path,
      revive: () => owner.reach(),
      // It carries out one statement at a time.
      connections: 2,
    },
    () => owner.close(),
  );
}
