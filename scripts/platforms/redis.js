/** The Redis of the step "queues", in a folder of its own, reached by a UNIX socket alone. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { start, which } from 'spillway';

export const redisProgram = () => which('redis-server');

/** `path`: of its socket. */
export async function startRedis(folder) {
  mkdirSync(folder);
  const path = join(folder, 'redis.sock');
  const args = ['--port', '0', '--unixsocket', path, '--save', '', '--dir', folder];
  const server = start(redisProgram(), args);
  await server.stdout.until(/ready to accept connections/i, { timeout: '30s' });
  return { server, path };
}
