/**
 * `npm run test:platforms`: packs the library once and uses the package as its users do: installed by each
 * package manager, bundled by each bundler, on each release of Node. Everything is pinned, comes from the
 * package registry, and lives in one temporary folder. Linux on x64 alone: the binaries are for it.
 *
 * `-- NAME…` tries only what has one of these words in its name.
 */
import assert from 'node:assert/strict';
import { cpSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { which } from 'spillway';
import { postgresPrograms } from '../../packages/spillway-jobs/test/helpers/postgres.js';
import { expectFallback, expectWhole } from './expect.js';
import { tryQueues } from './queues.js';
import { FEATURES, folderIn, packInto, root, sh, tryFeatures } from './trying.js';
import {
  browsing,
  bundlers,
  compilers,
  executableNode,
  hosts,
  managers,
  nodes,
  runtimes,
  typeChecker,
} from './versions.js';

const wanted = process.argv.slice(2);
const home = mkdtempSync(join(tmpdir(), 'spillway-platforms-'));
const MOST_BYTES = 7_000_000;
const MOST_PACKAGES = 3;
const NOT_FOUND = /@koromix\/koffi-\S+ is not found from .*keep that package beside a bundled program/;

let failures = 0;

const isWanted = (name) => wanted.length === 0 || wanted.some((word) => name.includes(word));

/** Runs a step that has a name, and says what came of it. A failure does not keep the others from running. */
async function step(name, act) {
  if (!isWanted(name)) return;
  const began = Date.now();
  try {
    const note = await act();
    console.log(`ok    ${name} (${Date.now() - began} ms)${note ? `: ${note}` : ''}`);
  } catch (error) {
    failures++;
    console.log(`FAIL  ${name}: ${error.message}`);
  }
}

const skip = (name, why) => console.log(`skip  ${name}: ${why}`);

/** A tool of the registry, as `npx` runs it. */
const tool = (folder, name, args, more) =>
  sh(folder, 'npm', ['exec', '--yes', `--package=${name}`, '--', ...args], more);

const folderFor = (name, files = ['smoke.mjs']) => folderIn(home, name, files);

const quiet = (text) => assert.doesNotMatch(text, /warn|error|deprecated|ignored/i);

async function smoke(folder, command = [process.execPath, 'smoke.mjs'], more = {}) {
  const { stdout, stderr } = await sh(folder, command[0], command.slice(1), more);
  expectWhole(stdout, stderr);
}

async function smokeFallback(folder, command, reason) {
  const { stdout, stderr } = await sh(folder, command[0], command.slice(1));
  expectFallback(stdout, stderr, reason);
}

/** Packages that a folder has installed, and the bytes of their files. */
function measured(folder) {
  const modules = join(folder, 'node_modules');
  const files = readdirSync(modules, { recursive: true, encoding: 'utf8' });
  const bytes = files
    .map((name) => lstatSync(join(modules, name)))
    .filter((stat) => stat.isFile())
    .reduce((sum, { size }) => sum + size, 0);
  const packages = files.filter((name) => /^(?:@[^/]+\/)?[^/.@]+\/package\.json$/.test(name)).length;
  return { packages, bytes };
}

function requireSmall(folder) {
  const { packages, bytes } = measured(folder);
  assert.ok(packages <= MOST_PACKAGES, `${packages} packages, at most ${MOST_PACKAGES}`);
  assert.ok(bytes <= MOST_BYTES, `${bytes} bytes, at most ${MOST_BYTES}`);
  return `${packages} packages, ${(bytes / 1e6).toFixed(1)} MB`;
}

async function installs(tarball) {
  await step('install by npm', async () => {
    const folder = folderFor('npm');
    const { stdout, stderr } = await sh(folder, 'npm', ['install', tarball]);
    quiet(stdout + stderr);
    await smoke(folder);
    return requireSmall(folder);
  });
  await step('pages of the package', async () => {
    const { deadLinks, pagesOf } = await import('../docs/links.js');
    const folder = folderFor('pages');
    await sh(folder, 'npm', ['install', tarball]);
    const installed = join(folder, 'node_modules/spillway');
    assert.deepEqual(deadLinks(installed), []);
    const pages = pagesOf(installed);
    for (const name of ['README.md', 'docs/api.md', 'docs/guide.md']) assert.ok(pages.includes(name), name);
    return `${pages.length} pages without a dead link`;
  });
  await step('publint', async () => {
    await sh(root, process.execPath, ['node_modules/publint/src/cli.js', '--strict', tarball]);
  });
  await step('npm ci in a checkout', async () => {
    const folder = join(home, 'checkout');
    await sh(root, 'git', ['clone', '--quiet', root, folder]);
    const { stdout, stderr } = await sh(folder, 'npm', ['ci', '--no-audit']);
    quiet(stdout + stderr);
  });
  await step('npm audit', async () => {
    const { stdout, stderr, ok } = await sh(root, 'npm', ['audit', '--json'], { check: false });
    if (!ok && !stdout.includes('"vulnerabilities"')) return `not asked: ${stderr.split('\n')[0]}`;
    assert.equal(JSON.parse(stdout).metadata.vulnerabilities.total, 0, stdout);
  });
  await step('install by pnpm', async () => {
    const folder = folderFor('pnpm');
    const args = ['pnpm', 'add', tarball, '--store-dir', join(home, 'pnpm-store')];
    const { stdout, stderr } = await tool(folder, managers.pnpm, args);
    quiet(stdout + stderr);
    await smoke(folder);
  });
  await step('install by yarn 1', async () => {
    const folder = folderFor('yarn');
    const args = ['yarn', 'add', `file:${tarball}`, '--cache-folder', join(home, 'yarn-cache')];
    const { stdout, stderr } = await tool(folder, managers.yarn, args);
    quiet(stdout + stderr);
    await smoke(folder);
    return requireSmall(folder);
  });
  await step('install by yarn 4, Plug and Play', async () => {
    const folder = folderFor('berry');
    writeFileSync(join(folder, 'yarn.lock'), '');
    const registry = (await sh(folder, 'npm', ['config', 'get', 'registry'])).stdout;
    const env = {
      YARN_ENABLE_TELEMETRY: '0',
      YARN_ENABLE_IMMUTABLE_INSTALLS: '0',
      YARN_GLOBAL_FOLDER: join(home, 'berry'),
      YARN_NPM_REGISTRY_SERVER: registry,
    };
    const { stdout } = await tool(folder, managers.berry, ['yarn', 'add', `spillway@file:${tarball}`], {
      env,
    });
    // YN0092 is Yarn's word on its own loader, for any package with ES modules.
    quiet(stdout.replace(/^.*YN0092.*$/m, '').replace(/Done with warnings/, ''));
    await smoke(
      folder,
      ['npm', 'exec', '--yes', `--package=${managers.berry}`, '--', 'yarn', 'node', 'smoke.mjs'],
      {
        env,
      },
    );
  });
}

async function releases(tarball) {
  const folder = folderFor('nodes');
  await sh(folder, 'npm', ['install', tarball]);
  writeFileSync(
    join(folder, 'required.cjs'),
    "const { run, RunError } = require('spillway');\n" +
      "import('spillway').then((all) => run('false').catch((error) => {\n" +
      '  console.log(all.RunError === RunError && error instanceof RunError);\n}));\n',
  );
  for (const release of nodes)
    await step(`run on ${release}`, async () => {
      await tool(folder, release, ['node', 'smoke.mjs']).then(({ stdout, stderr }) =>
        expectWhole(stdout, stderr),
      );
      const { stdout, stderr } = await tool(folder, release, ['node', 'required.cjs']);
      assert.deepEqual([stdout, stderr], ['true', '']);
    });
}

const TYPED = `import { type Result, RunError, run } from 'spillway';
import { pipe } from 'spillway/channel';
import { createPipe } from 'spillway/pipe';
import { diagnose } from 'spillway/doctor';
import 'spillway/doctor/on-signal';
import { type Report, sync } from 'spillway/sync';
export const report = async (): Promise<Report> => await sync('a/', 'b/').result;
export const output = async (): Promise<string> => (await run('x', { timeout: '1s' })).stdout;
export const bytes = async (): Promise<Buffer> => (await run('x', { encoding: 'buffer' })).stdout;
export const told = (error: unknown): Result | undefined =>
  error instanceof RunError ? error.result : undefined;
export const all = [pipe, createPipe, diagnose];
`;

/** A package alone in a folder of its own; the folder of the package. */
async function installed(name, version) {
  const folder = folderFor(join('installed', `${name}-${version}`), []);
  await sh(folder, 'npm', ['install', '--ignore-scripts', `${name}@${version}`]);
  return join(folder, 'node_modules', name);
}

/** Every feature on the newest Bun and Deno, the program on the oldest trusted, the fallback before it. */
async function otherRuntimes(tarball) {
  const folder = folderFor('runtimes', ['smoke.mjs', 'features.mjs']);
  await sh(folder, 'npm', ['install', tarball]);
  await step(`${FEATURES} features on Node`, () => tryFeatures(folder, [process.execPath]));
  for (const [title, { name, file, versions, before }] of Object.entries(runtimes)) {
    const how = title === 'deno' ? ['run', '-A'] : [];
    for (const version of versions) {
      const isLast = version === versions.at(-1);
      await step(`${isLast ? `${FEATURES} features` : 'run'} on ${title} ${version}`, async () => {
        const command = [join(await installed(name, version), file), ...how];
        await smoke(folder, [...command, 'smoke.mjs']);
        if (isLast) await tryFeatures(folder, command);
      });
    }
    await step(`the fallback on ${title} ${before}`, async () => {
      const command = [join(await installed(name, before), file), ...how, 'smoke.mjs'];
      await smokeFallback(folder, command, /is too old: it takes \w+ \d\.\d or later/);
    });
  }
  await step('the fallback on deno without --allow-ffi', async () => {
    const { name, file, versions } = runtimes.deno;
    const allowed = ['read', 'write', 'env', 'run', 'sys'].map((one) => `--allow-${one}`);
    const deno = join(await installed(name, versions.at(-1)), file);
    const { stdout, stderr } = await sh(folder, deno, ['run', '--no-prompt', ...allowed, 'smoke.mjs']);
    const { out, through, pipeline } = JSON.parse(stdout);
    assert.deepEqual([out, through], [10_000_000, true]);
    assert.match(pipeline, /run again with the --allow-ffi flag/);
    assert.match(stderr, /SpillwayWarning: the C library cannot be called: .*--allow-ffi/);
  });
}

async function types(tarball) {
  await step('types by @arethetypeswrong/cli', async () => {
    await tool(folderFor('types-wrong'), typeChecker, ['attw', tarball]);
  });
  const folder = folderFor('types');
  const all = Object.entries(compilers).map(([name, version]) => `${name}@${version}`);
  await sh(folder, 'npm', ['install', tarball, '@types/node@20', ...all]);
  const files = ['use.ts', 'use.cts', 'use.mts'];
  for (const file of files) writeFileSync(join(folder, file), TYPED);
  const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false'];
  strict.push('--target', 'es2022', '--lib', 'es2022,esnext.disposable');
  const kinds = ['node16 node16', 'nodenext nodenext', 'esnext bundler', 'commonjs node10'];
  for (const [name, version] of Object.entries(compilers))
    for (const kind of kinds) {
      const [module, resolution] = kind.split(' ');
      if (name === 'next' && resolution === 'node10') continue;
      await step(`types by ${version.slice(4)}, ${resolution}`, async () => {
        const compiler = join(folder, 'node_modules', name, 'bin/tsc');
        const how = ['--module', module, '--moduleResolution', resolution];
        await sh(folder, process.execPath, [compiler, ...strict, ...how, ...files]);
      });
    }
}

async function bundles(tarball) {
  const folder = folderFor('bundles', ['smoke.mjs', 'bundle.mjs']);
  const names = ['webpack', 'esbuild', 'rolldown', 'rollup'].flatMap((name) => [name, `${name}-cjs`]);
  const all = Object.entries({ ...bundlers, ...hosts }).map(([name, version]) => `${name}@${version}`);
  await sh(folder, 'npm', ['install', '--ignore-scripts', ...all, tarball]);
  // A bundle that has been moved finds nothing in here.
  const modules = join(home, 'modules', 'node_modules');
  for (const name of ['spillway', '@koromix'])
    cpSync(join(folder, 'node_modules', name), join(modules, name), { recursive: true });
  for (const name of [...names, 'vite', 'ncc'])
    await step(`bundle by ${name}`, async () => {
      const { stdout, stderr } = await sh(folder, process.execPath, ['bundle.mjs', name]);
      assert.doesNotMatch(stdout + stderr, /warn|error/i);
      const file = `smoke.${name.endsWith('-cjs') ? 'cjs' : 'mjs'}`;
      await smoke(join(folder, 'out', name), [process.execPath, file]);
      await tryMoved(join(folder, 'out', name), name, [process.execPath, file], name.startsWith('webpack'));
    });
  await step('single executable of Node', async () => {
    await sh(folder, process.execPath, ['bundle.mjs', 'esbuild-cjs']);
    const out = join(folder, 'out', 'executable');
    mkdirSync(out, { recursive: true });
    const config = {
      main: 'out/esbuild-cjs/smoke.cjs',
      output: `${out}/smoke`,
      disableExperimentalSEAWarning: true,
    };
    writeFileSync(join(folder, 'executable.json'), JSON.stringify(config));
    await tool(folder, executableNode, ['node', '--build-sea', 'executable.json']);
    await smoke(out, [join(out, 'smoke')]);
    await tryMoved(out, 'executable', [join(home, 'moved/executable/smoke')], false);
  });
  await step('bun build --compile', async () => {
    const { name, file } = runtimes.bun;
    const bun = join(await installed(name, runtimes.bun.versions.at(-1)), file);
    const out = join(folder, 'out', 'bun');
    await sh(folder, bun, ['build', '--compile', 'smoke.mjs', '--outfile', join(out, 'smoke')]);
    await smoke(out, [join(out, 'smoke')]);
    await tryMoved(out, 'bun', [join(home, 'moved/bun/smoke')], true);
  });
  await step('jest, a CommonJS test', async () => {
    const test =
      "const { run, RunError } = require('spillway');\n" +
      "test('a failure', () => expect(run('false')).rejects.toThrow(RunError));\n";
    writeFileSync(join(folder, 'some.test.js'), test);
    await sh(folder, process.execPath, ['node_modules/jest/bin/jest.js', '--rootDir', '.', 'some.test.js']);
  });
  await step('tsx, a .cts file', async () => {
    const text =
      "import { run } from 'spillway';\nrun('echo', ['cts']).then(({ stdout }) => console.log(stdout));\n";
    writeFileSync(join(folder, 'some.cts'), text);
    const { stdout } = await sh(folder, process.execPath, ['node_modules/tsx/dist/cli.mjs', 'some.cts']);
    assert.equal(stdout, 'cts');
  });

  /** First without the packages that it needs, then with them beside it. */
  async function tryMoved(from, name, command, knowsItsSource) {
    const moved = join(home, 'moved', name);
    cpSync(from, moved, { recursive: true });
    // webpack and Bun write down where the module was; on another machine there is nothing.
    if (!knowsItsSource) await smokeFallback(moved, command, NOT_FOUND);
    cpSync(modules, join(moved, 'node_modules'), { recursive: true });
    await smoke(moved, command);
  }
}

/** The page of `spillway lab`, as a reader sees it. */
async function pages(tarball) {
  const name = 'the page of spillway lab, in Chromium';
  const browsers = ['chromium', 'chromium-browser', 'google-chrome'];
  const browser = browsers.map((one) => which(one)).find((path) => path !== undefined);
  if (!browser) return skip(name, `none of ${browsers.join(', ')} is installed`);
  await step(name, async () => {
    const folder = folderFor('pages', ['look.mjs']);
    await sh(folder, 'npm', ['install', tarball, browsing]);
    const experiments = ['bytes-until-full', 'atomicity', 'read-size', 'wait-before-read', 'start-cost'];
    const args = ['exec', '--', 'spillway', 'lab', ...experiments, '--report', 'lab.html'];
    await sh(folder, 'npm', args, { stdout: 'ignore' });
    const { stdout } = await sh(folder, process.execPath, ['look.mjs', browser, 'lab.html']);
    const { problems, pictures } = JSON.parse(stdout);
    assert.deepEqual(problems, []);
    assert.ok(pictures > 5, `${pictures} pictures`);
    return `${pictures} pictures, light and dark`;
  });
}

/** Tests that start servers of their own. */
async function tests() {
  const vitest = async (args, env) => {
    const words = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=dot', ...args];
    await sh(root, process.execPath, words, { timeout: '10m', env });
  };
  await step('tests: sync over ssh, and of a daemon', () => vitest([], { SPILLWAY_SERVERS: '1' }));
  const name = 'tests: jobs on PostgreSQL';
  if (!postgresPrograms) return skip(name, 'PostgreSQL is not installed');
  await step(name, () => vitest(['--config', 'packages/spillway-jobs/vitest.config.ts'], {}));
}

async function tryAll() {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return skip(
      'everything',
      `the binaries are for linux x64, and this is ${process.platform} ${process.arch}`,
    );
  const tarball = await packInto(home);
  await installs(tarball);
  await releases(tarball);
  await otherRuntimes(tarball);
  await types(tarball);
  await bundles(tarball);
  await pages(tarball);
  await tests();
  if (isWanted('queues')) await tryQueues(tarball, { home, folderFor, step, skip });
  skip('macOS, Windows, musl, arm64', 'not part of this script; npm run stress emulates arm64');
}

try {
  await tryAll();
} finally {
  rmSync(home, { recursive: true, force: true });
}
if (failures > 0) {
  console.log(`${failures} failed`);
  process.exitCode = 1;
}
