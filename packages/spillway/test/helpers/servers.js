/** A throw-away sshd and rsync daemon, for tests and for scripts/stress-sync.js, which Node runs as it is. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

const SSHD = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/libexec/sshd'].find((path) => existsSync(path));
const isRoot = process.getuid?.() === 0;

export const whyNoSshd =
  SSHD === undefined
    ? 'no sshd is installed'
    : spawnSync('ssh', ['-V'], { stdio: 'ignore' }).status !== 0
      ? 'no ssh is installed'
      : undefined;

export async function openSshd(forcedCommand) {
  const folder = mkdtempSync(join(tmpdir(), 'sync-sshd-'));
  const at = (name) => join(folder, name);
  for (const name of ['host', 'user'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(name)]);
  const key = (name) =>
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
  const server = spawn(SSHD, ['-D', '-e', '-f', at('config')], { stdio: 'ignore' });
  await untilListens(port, server);
  const options = `-F none -p ${port} -l ${userInfo().username} -i ${at('user')} -o IdentitiesOnly=yes`;
  return {
    shell: `ssh ${options} -o BatchMode=yes -o UserKnownHostsFile=${at('known')}`,
    host: '127.0.0.1',
    mark: at('user'),
    close: () => closeServer(server, folder),
  };
}

export async function openRsyncDaemon() {
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
  return { url: `rsync://127.0.0.1:${port}/`, folder: files, close: () => closeServer(server, folder) };
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Without connecting: sshd would count that. */
async function untilListens(port, server) {
  const wanted = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  const isListening = (line) => line.includes(wanted) && line.includes(' 0A ');
  for (let tries = 0; tries < 2000; tries++) {
    if (server.exitCode !== null) throw new Error(`the server exited with ${server.exitCode}`);
    if (readFileSync('/proc/net/tcp', 'utf8').split('\n').some(isListening)) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('the server does not listen');
}

async function closeServer(server, folder) {
  const exited = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  await exited;
  rmSync(folder, { recursive: true, force: true });
}
