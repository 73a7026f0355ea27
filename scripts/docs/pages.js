/**
 * Writes docs/api.md and docs/cli.md from the source. With `--check` it writes nothing, and fails when a page
 * is not what it would write.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiPage } from './api.js';
import { cliPage } from './cli.js';
import { compile, root } from './compiled.js';

const isCheck = process.argv.includes('--check');
const compiled = await compile();
try {
  settle('docs/api.md', apiPage(compiled));
  settle('docs/cli.md', cliPage(compiled));
} finally {
  compiled.remove();
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
