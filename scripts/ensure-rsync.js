/**
 * Makes sure that rsync is installed: the replay of the incident and some tests run it.
 *
 * Silent where it is. As root on Debian and its derivatives, it installs rsync; elsewhere it prints one line
 * with the command for that.
 */
import { spawnSync } from 'node:child_process';

/** @type {Record<string, string>} */
const INSTALL = {
  darwin: 'brew install rsync',
  linux: '"sudo apt-get install rsync" on Debian and Ubuntu, "sudo dnf install rsync" on Fedora',
  freebsd: 'pkg install rsync',
  win32: 'use the Windows Subsystem for Linux, and there "sudo apt-get install rsync"',
};

/** @param {string} program */
function isOnPath(program) {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/** @param {string[]} args */
function aptGet(...args) {
  // A machine that has just booted may hold dpkg's lock for its own updates: wait for it, but not for ever.
  return spawnSync('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=120', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeout: 300_000,
  });
}

function installOnDebian() {
  console.log('rsync is missing: installing it with apt-get.');
  // If the update fails, the lists of an earlier one may still do.
  const update = aptGet('update');
  const install = aptGet('install', '-y', '--no-install-recommends', 'rsync');
  if (install.status !== 0) process.stderr.write(update.stderr + install.stderr);
}

if (!isOnPath('rsync')) {
  if (process.getuid?.() === 0 && isOnPath('apt-get')) installOnDebian();
  if (!isOnPath('rsync')) {
    console.error(`rsync is missing. To install it: ${INSTALL[process.platform] ?? 'see rsync.samba.org'}`);
    process.exitCode = 1;
  }
}
