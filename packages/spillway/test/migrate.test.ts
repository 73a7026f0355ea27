/** Every line of docs/migrate.md that is Spillway's runs, and gives what the page says. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import * as channel from '../src/channel.js';
import * as spillway from '../src/index.js';
import { checkForLeaks, scratchDirectory } from './helpers/leaks.js';

checkForLeaks();

const root = fileURLToPath(new URL('../../../', import.meta.url));
const before = process.cwd();

const SCRIPT = `import { inherited } from 'spillway/channel';
const numbers = inherited('ipc');
await numbers.send((await numbers.receive()) ** 2);
`;

beforeEach(() => {
  const modules = join(scratchDirectory(), 'node_modules');
  mkdirSync(modules);
  symlinkSync(join(root, 'packages/spillway'), join(modules, 'spillway'));
  writeFileSync(join(scratchDirectory(), 'in.txt'), 'pears\napples\n');
  writeFileSync(join(scratchDirectory(), 'script.mjs'), SCRIPT);
  process.chdir(scratchDirectory());
});
afterAll(() => process.chdir(before));

interface Line {
  readonly theirs: string;
  readonly ours: string;
  /** What the line gives, as JavaScript; undefined where the page does not say. */
  readonly gives: string | undefined;
}

/** The words of a cell that are code, in one or two backquotes. */
const CODE = /(?<!`)(`{1,2})(?!`)(.+?)(?<!`)\1(?!`)/g;

/** The tables of the page, by the heading above them. */
const tables = new Map<string, Line[]>();
let heading = '';
for (const line of readFileSync(join(root, 'docs/migrate.md'), 'utf8').split('\n')) {
  if (line.startsWith('## ')) heading = line.slice(3);
  if (!line.startsWith('| ') || !line.includes('`')) continue;
  const [, theirs = '', ours = ''] = line.replaceAll('\\|', '\0').split('|');
  if (ours.trim() === 'Spillway') continue;
  const [code, gives] = [...ours.replaceAll('\0', '|').matchAll(CODE)].map(([, , text = '']) => text.trim());
  if (code === undefined) throw new Error(`no code in the line ${line}`);
  tables.set(heading, [...(tables.get(heading) ?? []), { theirs: theirs.trim(), ours: code, gives }]);
}

const AsyncFunction = (async () => {}).constructor as new (
  ...text: string[]
) => (...values: unknown[]) => Promise<unknown>;

describe.each([...tables])('%s', (_, lines) => {
  it.each(lines)('$theirs', async ({ ours, gives }) => {
    const lines: unknown[] = [];
    const chunks: unknown[] = [];
    const names = {
      ...spillway,
      ...channel,
      name: 'a b',
      seen: (line: unknown) => lines.push(line),
      onChunk: (chunk: unknown) => chunks.push(chunk),
    };
    const isStatement = /^(?:const|for) /.test(ours);
    const text = isStatement ? ours.replace(/; ours\.close\(\)$/, '$&; return answer') : `return ${ours}`;
    const value = await new AsyncFunction(...Object.keys(names), text)(...Object.values(names));
    if (gives !== undefined) expect(value).toEqual(await new AsyncFunction(`return ${gives}`)());
    if (ours.includes('answer')) expect(value).toBe(4);
    if (ours.includes('seen')) expect(lines).toEqual(['1', '2', '3']);
    if (ours.includes('onChunk')) expect(Buffer.concat(chunks as Buffer[]).toString()).toBe('1\n2\n3\n');
  });
});

describe('docs/migrate.md', () => {
  it('has a table for each of four libraries', () => {
    expect([...tables.keys()]).toEqual(['From node:child_process', 'From execa', 'From zx', 'From tinyexec']);
    expect([...tables.values()].flat().length).toBeGreaterThan(70);
  });
});
