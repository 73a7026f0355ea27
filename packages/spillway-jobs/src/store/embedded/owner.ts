/**
 * The embedded database: PGlite, in the process that holds the lock, which serves it to the others. When that
 * one ends, one of the others takes its place at its next statement.
 */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { FileLock } from 'spillway/pipe';
import { safeOneLine } from '../../base/index.js';
import { codeOf, JobsError } from '../error.js';
import { problem, type StateDirectory } from './directory.js';
import { makeFiles } from './make.js';
import { SocketServer } from './server.js';

/** The first opening makes the files of the database, which takes seconds; longer on a loaded machine. */
const MOST_WAIT_MS = 60_000;

interface Owned {
  readonly lock: FileLock;
  readonly server: SocketServer;
  readonly close: () => Promise<void>;
}

export class Owner {
  readonly #directory: StateDirectory;
  #owned: Owned | undefined;
  #reaching: Promise<void> | undefined;
  #isClosed = false;

  constructor(directory: StateDirectory) {
    this.#directory = directory;
  }

  /** Resolves when there is a server: this process, or another one. */
  reach(): Promise<void> {
    this.#reaching ??= this.#reach().finally(() => {
      this.#reaching = undefined;
    });
    return this.#reaching;
  }

  async #reach(): Promise<void> {
    const until = performance.now() + MOST_WAIT_MS;
    for (;;) {
      if (this.#isClosed) throw new JobsError('ERR_JOBS_CLOSED', 'the jobs have been closed');
      if (this.#owned) return;
      const lock = this.#tryLock();
      if (lock) {
        this.#owned = await this.#open(lock);
        return;
      }
      if (await answers(this.#directory.socket)) return;
      if (performance.now() > until)
        throw new JobsError(
          'ERR_JOBS_BUSY',
          `the process that holds the jobs in ${this.#directory.path} does not serve them: ` +
            `its number is in ${this.#directory.lock}; end it, or wait`,
        );
      await sleep(50);
    }
  }

  #tryLock(): FileLock | undefined {
    const { lock, path } = this.#directory;
    const holder = { pid: process.pid, command: process.argv.slice(0, 4), since: new Date().toISOString() };
    try {
      return FileLock.tryTake(lock, `${JSON.stringify(holder)}\n`);
    } catch (error) {
      throw problem(path, `its lock cannot be taken (${safeOneLine((error as Error).message)})`, error);
    }
  }

  async #open(lock: FileLock): Promise<Owned> {
    const { data, socket, path } = this.#directory;
    let close = async () => {};
    try {
      await makeFiles(this.#directory);
      const { PGlite } = await import('@electric-sql/pglite');
      const engine = await PGlite.create(data);
      close = () => engine.close();
      const server = new SocketServer(engine, socket, () => void this.#giveUp());
      await server.listen();
      return { lock, server, close };
    } catch (error) {
      await close().catch(() => {});
      lock.release();
      const isFull = codeOf(error) === 'ENOSPC' || /ENOSPC|no space left/i.test(String(error));
      throw isFull
        ? new JobsError('ERR_JOBS_DISK_FULL', `the disk is full at ${path}: make room there`, {
            cause: error,
          })
        : problem(path, `the database cannot be opened (${safeOneLine(String(error))})`, error);
    }
  }

  /** The database has broken down; the next statement opens it anew. */
  async #giveUp(): Promise<void> {
    const owned = this.#owned;
    this.#owned = undefined;
    if (owned) await end(owned);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#reaching?.catch(() => {});
    await this.#giveUp();
  }
}

/** The lock last: nothing else may touch the files before. */
async function end({ lock, server, close }: Owned): Promise<void> {
  try {
    await server.close();
    // One that has broken down cannot be closed.
    await close().catch(() => {});
  } finally {
    lock.release();
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
