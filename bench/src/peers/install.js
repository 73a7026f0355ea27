import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/**
 * The peers that come from npm, at the versions that bench/peers/package-lock.json names. A binary is
 * missing where its package has none for this platform.
 *
 * @typedef {object} Peers
 * @property {Record<string, string>} versions of the packages that are there
 * @property {string} [problem] why they could not be installed
 * @property {(name: string, file: string) => string | undefined} file in a package, if it is there
 */

const folder = new URL('../../peers/', import.meta.url);

/** @type {Promise<Peers> | undefined} */
let installing;

/**
 * Installs them when a figure asks for the first time: they take 400 MB, and `npm ci` of the project knows
 * nothing of them.
 *
 * @param {(text: string) => void} progress
 */
export function installedPeers(progress) {
  installing ??= install(progress);
  return installing;
}

/** @param {(text: string) => void} progress @returns {Promise<Peers>} */
async function install(progress) {
  const { packages } = JSON.parse(await readFile(new URL('package-lock.json', folder), 'utf8'));
  const { dependencies, optionalDependencies } = packages[''];
  /** @type {Record<string, string>} */
  const wanted = {};
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies }))
    wanted[name] = packages[`node_modules/${name}`].version;

  let versions = await installedVersions();
  /** @type {string | undefined} */
  let problem;
  if (Object.entries(wanted).some(([name, version]) => versions[name] !== version)) {
    progress('installing the peers in bench/peers: 400 MB');
    problem = await npmCi();
    versions = await installedVersions();
  }
  return {
    versions,
    ...(problem === undefined ? {} : { problem }),
    file: (name, file) =>
      versions[name] === wanted[name]
        ? fileURLToPath(new URL(`node_modules/${name}/${file}`, folder))
        : undefined,
  };
}

/** @returns {Promise<string | undefined>} what went wrong */
async function npmCi() {
  // The engine of execa 10 is that of its contender, and not of this process.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  try {
    await promisify(execFile)('npm', args, { cwd: fileURLToPath(folder) });
    return undefined;
  } catch (error) {
    const { stderr, message } = /** @type {Error & { stderr?: string }} */ (error);
    return `npm ci in bench/peers failed: ${(stderr || message).trim().split('\n')[0]}`;
  }
}

/** @returns {Promise<Record<string, string>>} from the list that npm writes when it is done */
async function installedVersions() {
  const list = new URL('node_modules/.package-lock.json', folder);
  const text = await readFile(list, 'utf8').catch(() => '{ "packages": {} }');
  const packages = Object.entries(JSON.parse(text).packages);
  return Object.fromEntries(
    packages.map(([path, { version }]) => [path.replace('node_modules/', ''), String(version)]),
  );
}
