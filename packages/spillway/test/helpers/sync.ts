/** What tests of `sync` need: trees, a throw-away sshd and rsync daemon, and looks at processes. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach } from 'vitest';
import { scratchDirectory, until } from './leaks.js';

export const hasRsync = spawnSync('rsync', ['--version'], { stdio: 'ignore' }).status === 0;
export const isRoot = process.getuid?.() === 0;

/** Locks belong to the test. To be called after `checkForLeaks`. */
export function withOwnLocks(): void {
  beforeEach(() => {
    process.env.XDG_STATE_HOME = join(scratchDirectory(), 'state');
  });
}

/** Files by name; folders are made for them. */
export function makeTree(folder: string, files: Readonly<Record<string, string | Buffer>>): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** One large file of random bytes beside a small one. */
export function makeLarge(folder: string, bytes: number): Buffer {
  const data = randomBytes(bytes);
  makeTree(folder, { 'sub/large': data, small: 'small' });
  return data;
}

/** Waits until this many bytes of the large file are at the destination, rsync's own progress being slow. */
export async function untilHalfWay(to: string, bytes: number): Promise<void> {
  const folders = [join(to, 'sub'), join(to, 'sub/.rsync-partial')];
  const arrived = () =>
    folders.flatMap((folder) => {
      try {
        return readdirSync(folder).map((name) => statSync(join(folder, name)).size);
      } catch {
        return [];
      }
    });
  await until(() => arrived().some((size) => size >= bytes));
}

/** Names, as bytes in latin1, with a hash of what is in each file. */
export function treeOf(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (path: string, name: string) => {
    const entries = readdirSync(Buffer.from(path, 'latin1'), {
      withFileTypes: true,
      encoding: 'buffer' as 'utf8',
    });
    for (const entry of entries as unknown as { name: Buffer; isDirectory(): boolean; isFile(): boolean }[]) {
      const own = name + entry.name.toString('latin1');
      const full = `${path}/${entry.name.toString('latin1')}`;
      if (entry.isDirectory()) {
        found[`${own}/`] = '';
        visit(full, `${own}/`);
      } else if (entry.isFile())
        found[own] = createHash('sha1')
          .update(readFileSync(Buffer.from(full, 'latin1')))
          .digest('hex');
      else found[own] = 'special';
    }
  };
  visit(Buffer.from(folder).toString('latin1'), '');
  return found;
}

export interface Seen {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  readonly command: string;
}

/** Live processes whose command line, or that of their parent, has the text. */
export function processesWith(text: string): Seen[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid): Seen[] => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        if (state === 'Z' || state === 'X') return [];
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
        return [{ pid: Number(pid), parent: Number(parent), name, command }];
      } catch {
        return [];
      }
    });
  return all.filter(({ pid, command }) => command.includes(text) && pid !== process.pid);
}

/** The rsyncs among them, the first started first. */
export function rsyncsWith(text: string): Seen[] {
  return processesWith(text).filter(({ name }) => name === 'rsync');
}

export async function untilGone(text: string, ms = 20_000): Promise<void> {
  const left = () => processesWith(text).filter(({ name }) => ['rsync', 'ssh', 'sh', 'sshd'].includes(name));
  await until(
    () => left().length === 0,
    () =>
      `left: ${left()
        .map(({ pid, command }) => `${pid} ${command.slice(0, 100)}`)
        .join('; ')}`,
    ms,
  );
}

export interface Server {
  readonly close: () => Promise<void>;
}
export interface SshServer extends Server {
  /** For `-e`. */
  readonly shell: string;
  readonly host: string;
  /** A part of the command lines of its ssh clients. */
  readonly mark: string;
  readonly pid: number;
}

const SSHD = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/libexec/sshd'].find((path) => existsSync(path));

/** Why there is no sshd for the tests; undefined where there is. */
export const whyNoSshd =
  SSHD === undefined
    ? 'no sshd is installed'
    : spawnSync('ssh', ['-V'], { stdio: 'ignore' }).status !== 0
      ? 'no ssh is installed'
      : undefined;

/** An sshd of our own on loopback, for this user, with keys that are thrown away. */
export async function openSshd(forcedCommand?: string): Promise<SshServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sync-sshd-'));
  const at = (name: string) => join(folder, name);
  for (const name of ['host', 'user'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(name)]);
  const key = (name: string) =>
    readFileSync(at(`${name}.pub`), 'utf8')
      .split(' ')
      .slice(0, 2)
      .join(' ');
  const forced = forcedCommand === undefined ? '' : `command="${forcedCommand}" `;
  writeFileSync(at('authorized'), `${forced}${key('user')}\n`);
  const port = await freePort();
  writeFileSync(at('known'), `[127.0.0.1]:${port} ${key('host')}\n`);
  // Where the program separates its privileges; it is made at boot, and there may have been none.
  if (isRoot) mkdirSync('/run/sshd', { recursive: true });
  const settings = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${at('host')}`,
    `AuthorizedKeysFile ${at('authorized')}`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'PermitRootLogin yes',
    'MaxStartups 100',
  ];
  writeFileSync(at('config'), `${settings.join('\n')}\n`);
  const server = spawn(SSHD as string, ['-D', '-e', '-f', at('config')], {
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  await untilListens(port, server);
  const options = `-F none -p ${port} -l ${userInfo().username} -i ${at('user')} -o IdentitiesOnly=yes`;
  return {
    shell: `ssh ${options} -o BatchMode=yes -o UserKnownHostsFile=${at('known')}`,
    host: '127.0.0.1',
    mark: at('user'),
    pid: server.pid as number,
    close: () => closeServer(server, folder),
  };
}

export interface RsyncDaemon extends Server {
  /** Of the module `files`. */
  readonly url: string;
  readonly folder: string;
}

/** An rsync daemon of our own on loopback, with one module that may be written, and one that may not. */
export async function openRsyncDaemon(): Promise<RsyncDaemon> {
  const folder = mkdtempSync(join(tmpdir(), 'sync-daemon-'));
  const files = join(folder, 'files');
  mkdirSync(files);
  const port = await freePort();
  const config = join(folder, 'config');
  const own = isRoot ? 'uid = 0\ngid = 0\n' : '';
  const modules = `[files]\npath = ${files}\nread only = false\n[fixed]\npath = ${files}\nread only = true\n`;
  writeFileSync(config, `use chroot = false\nreverse lookup = no\n${own}${modules}`);
  const words = ['--daemon', '--no-detach', `--config=${config}`, `--port=${port}`, '--address=127.0.0.1'];
  const server = spawn('rsync', words, { stdio: 'ignore' });
  await untilListens(port, server);
  return {
    url: `rsync://127.0.0.1:${port}/`,
    folder: files,
    close: () => closeServer(server, folder),
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Without connecting: sshd would count that. */
async function untilListens(port: number, server: ChildProcess): Promise<void> {
  const listens = () => {
    const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
    return readFileSync('/proc/net/tcp', 'utf8')
      .split('\n')
      .some((line) => line.includes(`0100007F${wanted}`) && line.includes(' 0A '));
  };
  await until(
    () => listens() || server.exitCode !== null,
    () => 'the server does not listen',
  );
  if (server.exitCode !== null) throw new Error(`the server exited with ${server.exitCode}`);
}

async function closeServer(server: ChildProcess, folder: string): Promise<void> {
  const exited = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  await exited;
  rmSync(folder, { recursive: true, force: true });
}
