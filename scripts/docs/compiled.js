/** The library as its source is now, compiled into a folder of its own. */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** @typedef {Awaited<ReturnType<typeof compile>>} Compiled */

export async function compile() {
  // Where modules find the packages of this repository.
  const place = join(root, 'node_modules/.cache');
  mkdirSync(place, { recursive: true });
  const folder = mkdtempSync(join(place, 'docs-'));
  const modules = join(folder, 'build');
  const types = join(modules, 'types');
  const package_ = join(root, 'packages/spillway');
  copyFileSync(join(package_, 'package.json'), join(folder, 'package.json'));
  const compiler = [
    join(root, 'node_modules/typescript/bin/tsc'),
    '-p',
    join(package_, 'tsconfig.build.json'),
  ];
  const to = ['--outDir', modules, '--declarationDir', types, '--sourceMap', 'false'];
  const { status } = spawnSync(process.execPath, [...compiler, ...to], { stdio: 'inherit' });
  // The compiler has said why.
  if (status !== 0) {
    rmSync(folder, { recursive: true });
    process.exit(1);
  }
  compileJobs(folder);
  const { OPTIONS } = await import(pathToFileURL(join(modules, 'run/options/table.js')).href);
  const { exports } = JSON.parse(readFileSync(join(package_, 'package.json'), 'utf8'));
  return {
    modules,
    types,
    /** @type {object} of package.json */
    exports,
    /** @type {Record<string, { refusals?: Record<string, string>, isOfStage?: true }>} */
    options: OPTIONS,
    /** What the command line prints. @param {string[]} args */
    print(...args) {
      const env = { ...process.env, COLUMNS: '80', NO_COLOR: '1' };
      return execFileSync(process.execPath, [join(modules, 'cli/main.js'), ...args], {
        encoding: 'utf8',
        env,
      });
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** `spillway job` and `spillway worker` find their package there. Its types are the business of its build. */
function compileJobs(folder) {
  const package_ = join(root, 'packages/spillway-jobs');
  const to = join(folder, 'node_modules/spillway-jobs');
  mkdirSync(to, { recursive: true });
  copyFileSync(join(package_, 'package.json'), join(to, 'package.json'));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const options = ['--noCheck', '--declaration', 'false', '--outDir', join(to, 'dist')];
  spawnSync(process.execPath, [compiler, '-p', join(package_, 'tsconfig.build.json'), ...options], {
    stdio: 'inherit',
  });
}
