/**
 * A PostgreSQL server for a test file: its own directory, reached by a UNIX socket alone. Also for scripts and
 * benchmarks, which Node runs as they are.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

/** Where the newest one is; undefined where none is installed. */
export const postgresPrograms = newest();

/** For the name of a suite that is skipped. */
export const postgresObstacle = postgresPrograms ? undefined : 'PostgreSQL is not installed';

export class Postgres {
  #data;
  /** Of the server; it refuses to run as root. */
  #user;
  #server;

  constructor() {
    this.directory = mkdtempSync(join(tmpdir(), 'spillway-pg-'));
    this.#data = join(this.directory, 'data');
    this.#user = process.geteuid?.() === 0 ? userOf('postgres') : undefined;
    if (this.#user) chownSync(this.directory, this.#user.uid, this.#user.gid);
  }

  static async start(settings = {}) {
    const server = new Postgres();
    try {
      const init = [
        '-D',
        server.#data,
        '-U',
        'tester',
        '-A',
        'trust',
        '-E',
        'UTF8',
        '--no-sync',
        '--locale=C',
      ];
      execFileSync(join(postgresPrograms, 'initdb'), init, {
        stdio: ['ignore', 'ignore', 'inherit'],
        cwd: server.directory,
        ...server.#user,
      });
      await server.restart(settings);
      return server;
    } catch (error) {
      await server.end();
      throw error;
    }
  }

  /** Of a database, by default the one that is always there. */
  url(name = 'postgres', user = 'tester') {
    return `postgres://${user}@localhost/${name}?host=${encodeURIComponent(this.directory)}`;
  }

  /** From now on a role that is not `tester` needs its password. */
  async askForPasswords() {
    const lines = ['local all tester trust', 'local all all scram-sha-256'];
    writeFileSync(join(this.#data, 'pg_hba.conf'), `${lines.join('\n')}\n`);
    await this.query('select pg_reload_conf()');
  }

  /** A new database. */
  async create(name) {
    await this.query(`create database ${name}`);
    return this.url(name);
  }

  async query(text, name) {
    const client = new pg.Client({ connectionString: this.url(name) });
    await client.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  }

  /** Starts it, after a `stop` again. */
  async restart(settings = {}) {
    const all = { listen_addresses: '', fsync: 'off', max_connections: '60', ...settings };
    const options = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const command = ['-D', this.#data, '-k', this.directory, ...options];
    const server = spawn(join(postgresPrograms, 'postgres'), command, {
      stdio: 'ignore',
      cwd: this.directory,
      ...this.#user,
    });
    this.#server = server;
    for (;;) {
      try {
        await this.query('select 1');
        return;
      } catch (error) {
        if (server.exitCode !== null || server.signalCode !== null) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** `'fast'`: connections are cut in order. `'immediate'`: as when its machine fails. */
  async stop(how = 'fast') {
    const server = this.#server;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await ended;
  }

  /** Ends it, and removes its directory. */
  async end() {
    await this.stop('immediate');
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function newest() {
  const base = '/usr/lib/postgresql';
  if (!existsSync(base)) return undefined;
  const versions = readdirSync(base).sort((a, b) => Number(b) - Number(a));
  return versions
    .map((version) => join(base, version, 'bin'))
    .find((path) => existsSync(join(path, 'initdb')));
}

function userOf(name) {
  const id = (which) => Number(execFileSync('id', [which, name], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
