/**
 * Releases the package in the working directory: tests, version, notes, commit, tag, push.
 *
 * usage: node release.js 1.2.0
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { $, RunError, retry, which } from 'spillway';

const { positionals } = parseArgs({ allowPositionals: true });
const [version] = positionals;
const $$ = $.with({ echo: true, timeout: '10m' });

try {
  if (!/^\d+\.\d+\.\d+$/.test(version ?? '')) throw new Error('usage: node release.js 1.2.0');
  for (const program of ['git', 'npm']) if (!which(program)) throw new Error(`${program} is missing`);
  await requireClean();
  await $$({ prefix: 'test │ ', stdout: 'ignore', idleTimeout: '2m' })`npm test`;
  const notes = await notesSinceLastTag();
  await setVersion();
  await $$`git commit --quiet --all --message ${`Release ${version}`}`;
  await $$({ input: `${version}\n\n${notes}\n` })`git tag --annotate v${version} --file -`;
  // The network may fail; a tag that the remote refuses would be refused again.
  await retry(
    { times: 4, delay: '1s', when: isWorthAnotherTry },
    () => $$({ timeout: '1m' })`git push --atomic origin HEAD v${version}`,
  );
  console.log(`released ${version}:\n${notes}`);
} catch (error) {
  console.error(error instanceof RunError ? error.message : `release: ${error.message}`);
  process.exitCode = 1;
}

async function requireClean() {
  const changes = await $`git status --porcelain`.text();
  if (changes !== '') throw new Error(`not committed:\n${changes}`);
  if (await $`git rev-parse --quiet --verify refs/tags/v${version}`.ok())
    throw new Error(`the tag v${version} is there already`);
}

/** One line for each commit since the last tag, or since the beginning. */
async function notesSinceLastTag() {
  const last = await $({ check: false })`git describe --tags --abbrev=0`;
  const range = last.ok ? [`${last.stdout}..HEAD`] : [];
  return await $`git log --format=${'- %s'} --invert-grep --grep=${'^Release '} ${range}`.text();
}

async function setVersion() {
  const described = JSON.parse(await readFile('package.json', 'utf8'));
  await writeFile('package.json', `${JSON.stringify({ ...described, version }, null, 2)}\n`);
}

function isWorthAnotherTry(error) {
  return error instanceof RunError && !/rejected|denied/.test(error.stderr);
}
