/** Every JavaScript example in README.md and docs/ runs, and prints what its comments say. */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { run } from '../src/index.js';
import { checkForLeaks, scratchDirectory } from './helpers/leaks.js';
import { sideBySide } from './helpers/side-by-side.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)];

checkForLeaks();

const it = sideBySide(3);

for (const page of pages.filter((name) => name.endsWith('.md'))) {
  const examples = [...readFileSync(join(root, page), 'utf8').matchAll(/^```js\n(.*?)^```$/gms)].map(
    ([, code]) => code as string,
  );
  describe.skipIf(examples.length === 0)(page, () => {
    it.each(examples.map((code, index) => [index + 1, code] as const))(
      'example %i runs and prints what its comments say',
      async (_, code) => {
        const directory = join(scratchDirectory(), 'example');
        mkdirSync(join(directory, 'node_modules'), { recursive: true });
        for (const name of ['spillway', 'spillway-jobs'])
          symlinkSync(join(root, 'packages', name), join(directory, 'node_modules', name));
        writeFileSync(join(directory, 'example.mjs'), code);
        const { stdout } = await run(process.execPath, ['example.mjs'], { cwd: directory, timeout: '60s' });
        expect(stdout).toMatch(expectation(code));
      },
    );
  });
}

/** One line for each `// …` behind a console.log; an ellipsis stands for anything, `… ms` for any time. */
function expectation(code: string): RegExp {
  const lines = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) =>
    (text as string).replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/…(?: m?s\b)?/g, '[\\s\\S]*'),
  );
  return new RegExp(`^${lines.join('\n')}$`);
}
