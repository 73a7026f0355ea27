/** The state directory: this user's alone. */
import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { codeOf, JobsError } from '../error.js';

/** sun_path of unix(7), with its NUL. */
const MOST_SOCKET_PATH = 108;

export interface StateDirectory {
  readonly path: string;
  readonly lock: string;
  /** Of PostgreSQL. */
  readonly data: string;
  /** Named as clients of PostgreSQL look for it, with the directory as host and this port. */
  readonly socket: string;
  readonly port: number;
}

const PORT = 5432;

/** Makes it with mode 0700. Throws JobsError `ERR_JOBS_DIRECTORY`. */
export function stateDirectory(given: string | undefined): StateDirectory {
  const path = given === undefined ? defaultPath() : resolve(given);
  const socket = join(path, `.s.PGSQL.${PORT}`);
  if (Buffer.byteLength(socket) >= MOST_SOCKET_PATH)
    throw problem(path, `its name is too long for a socket in it: at most ${MOST_SOCKET_PATH - 16} bytes`);
  try {
    makeDirectory(path);
    const state = statSync(path);
    if (!state.isDirectory()) throw problem(path, 'it is no directory');
    if (state.uid !== process.geteuid?.()) throw problem(path, 'it belongs to another user');
    if ((state.mode & 0o077) !== 0) chmodSync(path, 0o700);
  } catch (error) {
    if (error instanceof JobsError) throw error;
    throw problem(path, `it cannot be made or changed (${codeOf(error) || String(error)})`, error);
  }
  return { path, lock: join(path, 'lock'), data: join(path, 'data'), socket, port: PORT };
}

/** With its parents. (mkdir of Node with `recursive` never returns for a path such as /proc/x.) */
function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    const parent = dirname(path);
    if (codeOf(error) !== 'ENOENT' || existsSync(parent)) throw error;
    makeDirectory(parent);
    mkdirSync(path, { mode: 0o700 });
  }
}

function defaultPath(): string {
  const state = process.env.XDG_STATE_HOME;
  // The XDG specification has relative paths ignored.
  return join(state?.startsWith('/') ? state : join(homedir(), '.local', 'state'), 'spillway', 'jobs');
}

export function problem(path: string, what: string, cause?: unknown): JobsError {
  return new JobsError(
    'ERR_JOBS_DIRECTORY',
    `jobs cannot be kept in ${path}: ${what}; set XDG_STATE_HOME or stateDirectory to another, ` +
      'or DATABASE_URL to a PostgreSQL',
    { cause },
  );
}
