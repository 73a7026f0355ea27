/**
 * Runs once before all tests: many of them start programs that use dist/, which an edit of src/ does not
 * change.
 */
import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const BUILT = 'packages/spillway/dist/index.js';

/** Throws when what was built is not what the sources say; `npm test` builds before it starts the tests. */
export default function requireBuild(): void {
  const built = timeOf(join(root, BUILT));
  if (built === undefined) throw new Error(`${BUILT} does not exist, and tests need it; do: npm run build`);
  const newer = sources().find((path) => (timeOf(path) ?? 0) > built);
  if (newer !== undefined)
    throw new Error(`${relative(root, newer)} is newer than ${BUILT}, which tests use; do: npm run build`);
}

function sources(): string[] {
  const source = join(root, 'packages/spillway/src');
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).map((name) => join(source, name));
  const scripts = ['bundle', 'taken-at-load'].map((name) => join(root, `scripts/${name}.js`));
  return [...scripts, ...files.filter((name) => name.endsWith('.ts'))];
}

function timeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}
