/**
 * Bundles the compiled modules of the library into few files. Node needs half a millisecond to load each
 * module: for fifty small modules that is more than everything they do. The sources stay small, and the
 * import stays under 30 ms.
 *
 * `tsc` has written modules and their types to build/; this writes to dist/:
 * - cjs/: the library for Node, and the command line. There is one library, because its guard, its reaper
 *   and its classes must exist once. CommonJS, because Jest, tsx and older releases of Node cannot `require`
 *   an ES module, and because a program that loads none starts 10 ms earlier.
 * - index.js and its sisters: what `import` finds in Node. They hand on what cjs/ exports.
 * - esm/: the library for bundlers, which find it by the condition "module" and leave out what is not used.
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { takenAtLoad } from './taken-at-load.js';

const root = fileURLToPath(new URL('../packages/spillway/', import.meta.url));
const entries = ['index', 'pipe', 'channel', 'doctor/index', 'doctor/on-signal', 'sync/index'];

const settings = {
  platform: 'node',
  external: ['@viz-js/viz', /^node:/],
  // Loading the library's modules has no effect, except for a few constants.
  treeshake: true,
};
const output = {
  dir: `${root}dist`,
  // They are a quarter of the text, and reading them takes a millisecond of the import. The types have them.
  comments: false,
  // One file for the modules that several entries share, not one for each set of entries that share them.
  codeSplitting: {
    groups: [
      { name: 'base', test: /\/build\/(?:base|system|pipe)\b/, minShareCount: 2 },
      { name: 'commands', test: /\/build\/(?:process|stream|run|script)\b/, minShareCount: 2 },
    ],
  },
};
const inputOf = (names) => Object.fromEntries(names.map((name) => [name, `${root}build/${name}.js`]));

const forNode = await rolldown({
  ...settings,
  input: inputOf([...entries, 'cli/main']),
  plugins: [withoutChildProcess()],
});
await forNode.write({
  ...output,
  format: 'cjs',
  entryFileNames: 'cjs/[name].cjs',
  chunkFileNames: 'cjs/chunks/[name].cjs',
});
await forNode.close();
// The bundler's own helpers never change.
for (const file of readdirSync(`${root}dist/cjs`, { recursive: true, encoding: 'utf8' }))
  if (file.endsWith('.cjs') && !file.endsWith('rolldown-runtime.cjs'))
    writeDist(`cjs/${file}`, takenAtLoad(withOwnPath(readFileSync(`${root}dist/cjs/${file}`, 'utf8'))));

const forBundlers = await rolldown({ ...settings, input: inputOf(entries) });
await forBundlers.write({
  ...output,
  format: 'esm',
  entryFileNames: 'esm/[name].js',
  chunkFileNames: 'chunks/[name].js',
});
await forBundlers.close();

/** Each module's types are those of a CommonJS module: importing them is allowed to both kinds. */
for (const file of readdirSync(`${root}build/types`, { recursive: true, encoding: 'utf8' })) {
  if (!file.endsWith('.d.ts')) continue;
  const text = readFileSync(`${root}build/types/${file}`, 'utf8');
  writeDist(
    `cjs/${file.replace(/\.d\.ts$/, '.d.cts')}`,
    // The entries ask for Node's types, which TypeScript 7 does not take up by itself.
    (entries.includes(file.replace(/\.d\.ts$/, '')) ? '/// <reference types="node" />\n' : '') +
      text.replace(/(\bfrom |\bimport\()(['"])(\.[^'"]+)\.js\2/g, '$1$2$3.cjs$2'),
  );
}

for (const name of entries) {
  const folder = posix.relative(dirname(name), 'cjs').replace(/^(?!\.)/, './');
  const file = `${folder}/${name}`;
  // Loading on-signal has an effect here; it exports nothing.
  const names = name === 'doctor/on-signal' ? [] : namesIn(`${root}dist/cjs/${name}.cjs`);
  // Node searches a CommonJS file that is imported for the names of its exports. In a short one in between
  // it finds none, and does not search the long one. Bundlers can follow it, unlike createRequire.
  const inBetween = `${posix.basename(name)}.import.cjs`;
  writeDist(
    `cjs/${posix.dirname(name)}/${inBetween}`,
    `const all = require('./${posix.basename(name)}.cjs');\n\nmodule.exports = all;\n`,
  );
  const from = `'${file.replace(/[^/]+$/, inBetween)}'`;
  const list = names.map((one) => `  ${one},\n`).join('');
  writeDist(
    `${name}.js`,
    names.length > 0 ? `import all from ${from};\n\nexport const {\n${list}} = all;\n` : `import ${from};\n`,
  );
  writeDist(`${name}.d.ts`, names.length > 0 ? `export * from '${file}.cjs';\n` : 'export {};\n');
}

// Both are bundled into the command line. Their licences ask for a copy of themselves.
copyFileSync(new URL('LICENSE', import.meta.resolve('commander')), `${root}dist/cjs/cli/LICENSE.commander`);
copyFileSync(new URL('../LICENSE', import.meta.resolve('croner')), `${root}dist/cjs/cli/LICENSE.croner`);

/** commander would start subcommands that are programs of their own; it loads a dozen modules for that. */
function withoutChildProcess() {
  const nothing = '\0nothing';
  return {
    name: 'without-child-process',
    resolveId: (id, importer) =>
      id === 'node:child_process' && importer?.includes('/commander/') ? nothing : undefined,
    load: (id) => (id === nothing ? 'export default {};' : undefined),
  };
}

/** A module that another bundler makes an ES module again has no `__filename`. */
function withOwnPath(text) {
  return text.replaceAll(
    'require("url").pathToFileURL(__filename).href',
    '(typeof __filename === "undefined" ? undefined : __filename)',
  );
}

function namesIn(path) {
  return Object.keys(createRequire(import.meta.url)(path));
}

function writeDist(name, text) {
  mkdirSync(dirname(`${root}dist/${name}`), { recursive: true });
  writeFileSync(`${root}dist/${name}`, text);
}
