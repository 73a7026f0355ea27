/**
 * Bundles the compiled modules of the library into few files. Node needs half a millisecond to load each
 * module: for fifty small modules that is more than everything they do. The sources stay small, and the
 * import stays under 30 ms.
 *
 * `tsc` has written modules to build/ and their types to dist/; this writes dist/index.js, dist/pipe.js,
 * dist/channel.js, dist/doctor/index.js, dist/doctor/on-signal.js and dist/cli/main.js.
 */
import { copyFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('../packages/spillway/', import.meta.url));

const bundle = await rolldown({
  input: {
    index: `${root}build/index.js`,
    pipe: `${root}build/pipe.js`,
    channel: `${root}build/channel.js`,
    'doctor/index': `${root}build/doctor/index.js`,
    'doctor/on-signal': `${root}build/doctor/on-signal.js`,
    'cli/main': `${root}build/cli/main.js`,
  },
  platform: 'node',
  external: ['@viz-js/viz', /^node:/],
  // Loading the library's modules has no effect, except for a few constants.
  treeshake: true,
});
await bundle.write({
  dir: `${root}dist`,
  format: 'esm',
  entryFileNames: '[name].js',
  // At the depth of dist/cli, so that a module finds package.json by the same relative path.
  chunkFileNames: 'chunks/[name].js',
  sourcemap: true,
  // One file for the modules that several entries share, not one for each set of entries that share them.
  codeSplitting: {
    groups: [{ name: 'base', test: /\/build\/(?:base|system|pipe)\b/, minShareCount: 2 }],
  },
});
await bundle.close();

// commander is bundled into the command line. Its licence asks for a copy of itself.
const commander = new URL('LICENSE', import.meta.resolve('commander'));
copyFileSync(commander, `${root}dist/cli/LICENSE.commander`);
