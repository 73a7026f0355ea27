/** Servers for the step "queues", each in a folder of its own, reached by a UNIX socket alone. */
import { chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { retry, run, start, which } from 'spillway';

/** Where the newest PostgreSQL has its programs; undefined where none is installed. */
export function postgresPrograms() {
  const base = '/usr/lib/postgresql';
  if (!existsSync(base)) return undefined;
  const versions = readdirSync(base).sort((a, b) => Number(b) - Number(a));
  return versions.map((one) => join(base, one, 'bin')).find((path) => existsSync(join(path, 'initdb')));
}

export const redisProgram = () => which('redis-server');

/** It refuses to run as root. */
async function asUser(folder) {
  if (process.geteuid() !== 0) return [];
  const id = async (flag) => Number((await run('id', [flag, 'postgres'])).stdout);
  const [uid, gid] = [await id('-u'), await id('-g')];
  chownSync(folder, uid, gid);
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
}

/** `await using` ends it. `url`: of its database. */
export async function startPostgres(folder) {
  mkdirSync(folder);
  const programs = postgresPrograms();
  const prefix = await asUser(folder);
  const as = (name, args) => [...prefix, join(programs, name), ...args];
  const options = { cwd: folder, timeout: '60s' };
  const data = join(folder, 'data');
  const [initdb, ...args] = as('initdb', ['-D', data, '-U', 'tester', '-A', 'trust', '--no-sync']);
  await run(initdb, args, options);
  const settings = ['-k', folder, '-c', 'listen_addresses=', '-c', 'fsync=off'];
  const [postgres, ...more] = as('postgres', ['-D', data, ...settings]);
  const server = start(postgres, more, { cwd: folder, terminate: { signal: 'SIGINT' } });
  const isReady = () => run(join(programs, 'pg_isready'), ['-q', '-h', folder]);
  await retry({ times: 300, delay: '100ms', maxDelay: '100ms' }, isReady);
  return { server, url: `postgres://tester@localhost/postgres?host=${encodeURIComponent(folder)}` };
}

/** `path`: of its socket. */
export async function startRedis(folder) {
  mkdirSync(folder);
  const path = join(folder, 'redis.sock');
  const args = ['--port', '0', '--unixsocket', path, '--save', '', '--dir', folder];
  const server = start(redisProgram(), args);
  await server.stdout.until(/ready to accept connections/i, { timeout: '30s' });
  return { server, path };
}
