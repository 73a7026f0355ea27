/** One ssh connection for all parts (ControlMaster of ssh_config(5)): one login, also where it asks. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from '../../base/index.js';
import { type Child, start } from '../../run/index.js';

const EVERY_MS = 20;
const LONGEST_MS = 120_000;

type Master = Child<{ stdout: 'ignore'; stderr: { tail: number }; check: false }>;

export class SharedConnection {
  /** The remote shell for `rsync -e`. */
  readonly remoteShell: string;
  readonly #master: Master;
  readonly #folder: string;

  private constructor(remoteShell: string, master: Master, folder: string) {
    this.remoteShell = remoteShell;
    this.#master = master;
    this.#folder = folder;
  }

  /** Undefined where there can be none; then each part connects for itself, and says why that fails. */
  static async open(
    remoteShell: string,
    login: string,
    env: Readonly<Record<string, string | undefined>>,
    signal: AbortSignal,
  ): Promise<SharedConnection | undefined> {
    const [program, ...options] = shellWords(remoteShell);
    // The path of a socket is short (unix(7)), and TMPDIR may be long.
    const folder = mkdtempSync('/tmp/spillway-ssh-');
    const socket = join(folder, 's');
    const words = [...options, '-M', '-N', '-S', socket, '-o', 'ControlPersist=no', login];
    const how = { stdout: 'ignore', stderr: { tail: 4096 }, check: false, env, signal } as const;
    const master = start(program as string, words, how);
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    master.result.then(over, over);
    for (let waited = 0; !existsSync(socket) && !isOver && waited < LONGEST_MS; waited += EVERY_MS)
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    const connection = new SharedConnection(`${remoteShell} -o ControlPath=${socket}`, master, folder);
    if (existsSync(socket)) return connection;
    await connection.close();
    return undefined;
  }

  async close(): Promise<void> {
    await this.#master.terminate().catch(() => {});
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** As rsync splits the text of `-e`: at spaces, but for those in quotes. */
export function shellWords(text: string): string[] {
  const words = text.match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? [];
  return words.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'));
}
