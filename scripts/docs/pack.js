/**
 * Before `npm pack`: copies the pages into the package, in the same places beside each other as here, so that
 * no link of its README is dead. After it, with `--remove`, takes them away.
 */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const to = join(root, 'packages/spillway');

/** What README.md and docs/ link to. */
const COPIED = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'bench/RESULTS.md',
  'bench/plots',
  'docs',
  'examples/attempt',
  'examples/python',
  'examples/scripts',
  'examples/shell',
];

// Whole folders: an earlier call may have copied what is no more.
const tops = new Set(COPIED.map((name) => name.split('/')[0]));
for (const name of tops) rmSync(join(to, name), { recursive: true, force: true });
if (!process.argv.includes('--remove'))
  for (const name of COPIED) {
    mkdirSync(dirname(join(to, name)), { recursive: true });
    cpSync(join(root, name), join(to, name), { recursive: true });
  }
