/** The features on musl, by Bun's build for it from the package registry. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderIn, packInto, sh, tryFeatures } from './platforms/trying.js';
import { muslRuntime } from './platforms/versions.js';

const SHIM = fileURLToPath(new URL('platforms/musl-shim.c', import.meta.url));
const fileOfGcc = (name) =>
  spawnSync('gcc', [`-print-file-name=${name}`], { encoding: 'utf8' }).stdout?.trim();

/** Why it cannot be tried here, or undefined. */
export function whyNotMusl() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'the binaries are for Linux on x64';
  if (spawnSync('musl-gcc', ['--version']).status !== 0) return "needs musl-gcc of Debian's musl-tools";
  return existsSync(fileOfGcc('libstdc++_pic.a') ?? '') ? undefined : "needs Debian's libstdc++-12-pic";
}

export async function featuresOnMusl() {
  const home = mkdtempSync(join(tmpdir(), 'spillway-musl-'));
  try {
    const libraries = join(home, 'lib');
    mkdirSync(libraries);
    await makeLibrary(libraries);
    const folder = folderIn(home, 'tried', ['features.mjs']);
    const options = ['--force', '--ignore-scripts'];
    await sh(folder, 'npm', ['install', ...options, await packInto(home), muslRuntime]);
    const bun = join(folder, 'node_modules/@oven/bun-linux-x64-musl/bin/bun');
    await tryFeatures(folder, [bun], { LD_LIBRARY_PATH: libraries });
  } finally {
    rmSync(home, { recursive: true });
  }
}

/** libstdc++ and libgcc in one, for programs of musl's. */
async function makeLibrary(folder) {
  const file = join(folder, 'libstdc++.so.6');
  const whole = ['-Wl,--whole-archive', fileOfGcc('libstdc++_pic.a'), fileOfGcc('libgcc_eh.a')];
  const args = [
    '-shared',
    '-nostartfiles',
    '-fPIC',
    '-o',
    file,
    SHIM,
    '-Wl,-soname,libstdc++.so.6',
    ...whole,
  ];
  await sh(folder, 'musl-gcc', [...args, '-Wl,--no-whole-archive', fileOfGcc('libgcc.a')]);
  cpSync(file, join(folder, 'libgcc_s.so.1'));
}
