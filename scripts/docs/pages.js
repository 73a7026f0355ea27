/**
 * Writes docs/api.md and docs/cli.md from the source. With `--check` it writes nothing, and fails when a page
 * is not what it would write, and when a link of any page is dead.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiPage } from './api.js';
import { cliPage } from './cli.js';
import { compile, root } from './compiled.js';
import { deadLinks } from './links.js';

const isCheck = process.argv.includes('--check');
const compiled = await compile();
try {
  settle('docs/api.md', apiPage(compiled));
  settle('docs/cli.md', cliPage(compiled));
} finally {
  compiled.remove();
}
for (const link of deadLinks(root)) {
  console.error(link);
  process.exitCode = 1;
}

function settle(name, text) {
  const path = join(root, name);
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  if (before === text) return;
  if (!isCheck) {
    writeFileSync(path, text);
    return;
  }
  const [old, now] = [before.split('\n'), text.split('\n')];
  const differs = now.findIndex((line, index) => line !== old[index]);
  const at = differs < 0 ? now.length : differs;
  console.error(`${name}:${at + 1} is not what the source says; run "npm run docs:pages"`);
  console.error(`- ${old[at] ?? ''}\n+ ${now[at] ?? ''}`);
  process.exitCode = 1;
}
